// The chain rule written out in numbers for the current step.

function drawRule(state) {
  const box = byId("rule");
  box.replaceChildren(...ruleParts(state));
}

function ruleParts(state) {
  if (state.step < INPUTS) return startParts(state);
  if (!state.second) return valueRule(state.step);
  return state.mode === "forward" ? forwardRule(state.step) : reverseRule(state.step, state);
}

function equation(...parts) {
  return el("p", { class: "eq" }, ...parts);
}

function lead(key, values) {
  return el("p", { class: "lead" }, t(key, values));
}

function coloured(text, kind) {
  return el("b", { class: kind }, text);
}

function startParts(state) {
  if (state.finished) return finalParts(state);
  const inputs = range(0, Math.min(INPUTS, 12)).map((step) => equation(`${nameOf(step)} = ${cut(full(STEPS.value[step]), 160)}`));
  if (!state.second) return [lead("rule_inputs"), ...inputs];
  if (state.mode === "reverse") return [lead(isSum(state.of) ? "rule_seed_sum" : "rule_seed_reverse"), equation(`${barred(outputName(state))} = `, coloured(full(adjointAt(state.output)), "adjoint"))];
  const seeds = range(0, Math.min(INPUTS, 12)).map((step) =>
    equation(`${nameOf(step)} = ${cut(shown(STEPS.value[step]), 60)}`, coloured(dualText("", tangentAt(step)), "tangent")));
  return [lead("rule_seed_forward", { name: labelOfInput(state.by) }), ...seeds];
}

function outputName(state) {
  return state.output >= 0 ? nameOf(state.output) : "";
}

// What has come out at the end of the reverse sweep: the gradient.
function finalParts(state) {
  if (state.mode === "forward") return endOfForward(state);
  const rows = range(0, Math.min(INPUTS, 200)).map((step) => el("p", { class: "eq", "data-gradient": nameOf(step) },
    `∂${resultName(state)}/∂${nameOf(step)} = `, coloured(cut(full(adjointAt(step)), 400), "adjoint")));
  return [lead("rule_gradient"), ...rows];
}

function endOfForward(state) {
  const by = labelOfInput(state.by);
  const rows = DATA.outputs.filter((output) => output.node >= 0).map((output) => el("p", { class: "eq", "data-tangent": output.name },
    `${output.name} = ${shown(STEPS.value[output.node])}`, coloured(dualText("", tangentAt(output.node)), "tangent")));
  return [lead("rule_end_forward", { name: by }), ...rows];
}

function resultName(state) {
  const name = DATA.adjoints[state.of]?.name ?? "";
  const f = DATA.name.length <= 24 && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(DATA.name) ? DATA.name : "f";
  return `${isSum(state.of) ? "Σ" : ""}${f}${name.replace("result", "")}`;
}

function valueRule(step) {
  const value = STEPS.value[step];
  const parts = [lead("rule_value", { name: nameOf(step) }), equation(`${nameOf(step)} = ${inNames(step)}`)];
  if (STEPS.args[step].length) parts.push(equation(`${" ".repeat(nameOf(step).length)} = ${inNumbers(step)}`));
  parts.push(equation(`${" ".repeat(nameOf(step).length)} = `, el("b", isBroken(value) ? { class: "bad" } : {}, full(value))));
  return parts;
}

function edgesOf(step) {
  return STEPS.args[step].map((arg, k) => [arg, k]).filter(([, k]) => flows(step, k));
}

function dotted(name) {
  return `${name[0]}\u0307${name.slice(1)}`;
}

function forwardRule(step) {
  const edges = edgesOf(step);
  const name = nameOf(step);
  if (!edges.length) return [lead("rule_constant", { name })];
  const pad = `${" ".repeat(name.length)} = `;
  const formula = edges.map(([arg]) => `∂${name}/∂${nameOf(arg)} · ${dotted(nameOf(arg))}`).join(" + ");
  const parts = [lead("rule_forward", { name }), equation(`${dotted(name)} = ${formula}`)];
  if (edges.every(([arg, k]) => !isArray(tangentAt(arg)) && typeof partialOf(step, k) === "number")) {
    const numbers = edges.map(([arg, k]) => `${inParentheses(number(partialOf(step, k)))} · ${inParentheses(number(tangentAt(arg)))}`);
    parts.push(equation(pad, numbers.join(" + ")));
  } else {
    parts.push(equation(pad, edges.map(([arg, k]) => `${partialText(step, k)} · ${inShort(tangentAt(arg))}`).join(" + ")));
  }
  parts.push(equation(pad, coloured(full(tangentAt(step)), "tangent")));
  parts.push(equation(el("span", { class: "faint" }, `${t("dual")}: `), shown(STEPS.value[step]), coloured(dualText("", tangentAt(step)), "tangent")));
  return parts;
}

// A number, or of an array its shape.
function inShort(value) {
  return isArray(value) ? `[${value.shape.join("×")}]` : inParentheses(number(value));
}

function reverseRule(step, state) {
  const name = nameOf(step);
  const edges = edgesOf(step);
  if (!hasAdjoint(step)) return [lead("rule_no_influence", { name })];
  const parts = [lead("rule_reverse_from", { name }), equation(`${barred(name)} = ${gathered(step, state)}`, coloured(full(adjointAt(step)), "adjoint"))];
  if (!edges.length) return [...parts, lead("rule_constant", { name })];
  parts.push(lead("rule_reverse_to"));
  for (const [arg, k] of edges) parts.push(sentAlong(step, arg, k, state));
  return parts;
}

// The sum over the steps that use this one.
function gathered(step, state) {
  const users = USERS[step].filter(([user, k]) => flows(user, k) && hasAdjoint(user));
  const parts = users.map(([user, k]) => contribution(user, k));
  if (step === state.output) parts.unshift(1);
  if (parts.length < 2 || parts.length > 8 || parts.includes(null)) return "";
  return `${parts.map((part) => inParentheses(number(part))).join(" + ")} = `;
}

function sentAlong(step, arg, k, state) {
  const [name, to] = [nameOf(step), nameOf(arg)];
  const sent = contribution(step, k);
  const head = `${barred(to)} += ${barred(name)} · ∂${name}/∂${to}`;
  if (sent === null) return equation(`${head} = ${barred(name)} · ${partialText(step, k)}`);
  const numbers = `${inParentheses(number(adjointAt(step)))} · ${inParentheses(number(partialOf(step, k)))}`;
  const so = adjointSoFar(arg, state);
  const total = USERS[arg].length > 1 && typeof so === "number" ? `   → ${barred(to)} = ${number(so)}` : "";
  return equation(`${head} = ${numbers} = `, coloured(number(sent), "adjoint"), el("span", { class: "faint" }, total));
}
