// Where the sweep stands, and the controls that move it. Positions run from 0 (nothing computed) over the forward sweep
// to RAN, and on through the second sweep to its end.

const STATE = { mode: "reverse", by: 0, of: 0, position: 0, picked: -1, step: -1, second: false, computed: INPUTS, sent: COUNT, output: -1, carried: 0, focus: 0, finished: false };
let timer = 0;

function hasSecond() {
  return STATE.mode === "forward" ? DATA.tangents.length > 0 : DATA.adjoints.length > 0;
}

// The end of the second sweep; one position more at its start shows the seed.
function lastPosition() {
  return hasSecond() ? 2 * RAN + 2 : RAN;
}

function settle() {
  const { position } = STATE;
  const second = position > RAN;
  const done = second ? position - RAN - 1 : position; // steps done in this sweep
  const reverse = STATE.mode === "reverse";
  STATE.second = second;
  STATE.finished = second && done > RAN;
  STATE.computed = second ? COUNT : INPUTS + done;
  STATE.output = DATA.adjoints[STATE.of]?.node ?? -1;
  STATE.sent = second && reverse ? COUNT - Math.min(done, RAN) : COUNT;
  STATE.carried = second && !reverse ? INPUTS + Math.min(done, RAN) : INPUTS;
  if (!second) STATE.step = done ? INPUTS + done - 1 : -1;
  else if (done === 0 || STATE.finished) STATE.step = -1;
  else STATE.step = reverse ? COUNT - done : INPUTS + done - 1;
  STATE.focus = STATE.step >= INPUTS ? STATE.step : focusAtRest(reverse);
}

// What is drawn in full before the first and after the last step of a sweep.
function focusAtRest(reverse) {
  const atEnd = STATE.second && reverse !== STATE.finished;
  return atEnd ? Math.max(STATE.output, INPUTS) : INPUTS;
}

function hasTangent(step, state) {
  return step < state.carried;
}

function goTo(position) {
  STATE.position = Math.min(Math.max(position, 0), lastPosition());
  STATE.picked = -1;
  draw();
}

// Go to a step in the sweep that is under way.
function goToStep(step) {
  if (step < INPUTS) return pick(step);
  const done = STATE.mode === "reverse" ? COUNT - step : step - INPUTS + 1;
  goTo(STATE.second ? RAN + 1 + done : step - INPUTS + 1);
}

function pick(step) {
  STATE.picked = STATE.picked === step ? -1 : step;
  drawSource(STATE);
  update(STATE);
  drawRuleOf(STATE.picked);
}

// The rule of a step that the reader points at, if the sweep has been there.
function drawRuleOf(step) {
  const known = step >= INPUTS && step < STATE.computed;
  drawRule(known ? { ...STATE, step } : STATE);
}

function draw() {
  settle();
  const slider = byId("slider");
  slider.max = lastPosition();
  slider.value = STATE.position;
  slider.setAttribute("aria-valuetext", positionText());
  byId("position").textContent = `${STATE.position} / ${lastPosition()}`;
  byId("phase-one").classList.toggle("on", !STATE.second);
  const two = byId("phase-two");
  two.hidden = !hasSecond();
  two.className = `${STATE.second ? "on" : ""} ${STATE.mode}`;
  two.textContent = t(STATE.mode === "forward" ? "phase_forward" : "phase_reverse");
  drawControls();
  if (!panel("steps").hidden) {
    drawGraph(STATE);
    drawSource(STATE);
    drawTable(STATE);
  }
  drawRule(STATE);
}

function positionText() {
  const phase = t(!STATE.second ? "phase_values" : STATE.mode === "forward" ? "phase_forward" : "phase_reverse");
  return STATE.step >= 0 ? `${phase}: ${nameOf(STATE.step)} = ${inNames(STATE.step)}` : phase;
}

function drawControls() {
  for (const mode of ["forward", "reverse"]) byId(`mode-${mode}`).setAttribute("aria-checked", String(STATE.mode === mode));
  byId("by-label").hidden = STATE.mode !== "forward" || !DATA.tangents.length;
  byId("of-label").hidden = STATE.mode !== "reverse" || DATA.adjoints.length < 2;
  drawLegend();
}

function drawLegend() {
  const kind = STATE.mode === "forward" ? "tangent" : "adjoint";
  const notes = [el("i"), t("legend_now"), el("i", { style: `color:var(--${kind})` }), t(`legend_${kind}`)];
  if (STEPS.value.some(isArray)) notes.push(el("span", { class: "aside" }, t("legend_array")));
  byId("legend").className = `legend ${STATE.second ? STATE.mode : ""}`;
  byId("legend").replaceChildren(...notes);
}

function play(on) {
  clearInterval(timer);
  timer = 0;
  byId("play").setAttribute("aria-pressed", String(on));
  if (!on) return;
  if (STATE.position >= lastPosition()) STATE.position = 0;
  const pace = Math.max(60, Math.min(900, 30000 / lastPosition()));
  timer = setInterval(() => {
    goTo(STATE.position + 1);
    if (STATE.position >= lastPosition()) play(false);
  }, pace);
}

function setMode(mode) {
  STATE.mode = mode;
  goTo(STATE.second ? RAN + 1 : STATE.position); // the second sweep starts anew
}

// Of an array as a whole there is one derivative to show: along the direction of ones, or of the sum of its elements.
function labelOfInput(i) {
  const { name } = DATA.tangents[i];
  const isWhole = isArray(STEPS.value[STEPS.name.indexOf(name)] ?? null);
  return isWhole ? t("along_ones", { name }) : name;
}

function isSum(i) {
  const { name, node } = DATA.adjoints[i];
  return isArray(STEPS.value[node]) && DATA.outputs.some((output) => output.name === name);
}

function labelOfOutput(i) {
  const { name } = DATA.adjoints[i];
  return isSum(i) ? t("sum_of", { name }) : name;
}

function labelColumns() {
  [...byId("by").options].forEach((option, i) => { option.textContent = labelOfInput(i); });
  [...byId("of").options].forEach((option, i) => { option.textContent = labelOfOutput(i); });
}

function buildControls() {
  DATA.tangents.forEach((_, i) => byId("by").append(el("option", { value: i })));
  DATA.adjoints.forEach((_, i) => byId("of").append(el("option", { value: i })));
  byId("by").addEventListener("change", (event) => { STATE.by = Number(event.target.value); LAYOUTS.clear(); goTo(STATE.position); });
  byId("of").addEventListener("change", (event) => { STATE.of = Number(event.target.value); LAYOUTS.clear(); goTo(STATE.position); });
  byId("mode-forward").addEventListener("click", () => setMode("forward"));
  byId("mode-reverse").addEventListener("click", () => setMode("reverse"));
  byId("slider").addEventListener("input", (event) => goTo(Number(event.target.value)));
  const moves = { first: () => 0, back: () => STATE.position - 1, next: () => STATE.position + 1, last: () => lastPosition() };
  for (const [id, to] of Object.entries(moves)) byId(id).addEventListener("click", () => { play(false); goTo(to()); });
  byId("play").addEventListener("click", () => play(!timer));
  byId("fit").addEventListener("click", () => showWhole(GRAPH.getBoundingClientRect()));
  byId("unfold").addEventListener("click", toggleFolding);
  byId("unfold").hidden = RAN <= SMALL || RAN > MOST;
}

function toggleFolding() {
  FOLDING.all = !FOLDING.all;
  byId("unfold").setAttribute("aria-pressed", String(FOLDING.all));
  draw();
}

// Arrow keys step, wherever the focus is, unless it is on something that has its own use for them.
function onKey(event) {
  if (panel("steps").hidden || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.matches("select, input:not(#slider), textarea, [role=tab]")) return;
  const far = Math.max(1, Math.round(lastPosition() / 20));
  const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -far, PageDown: far };
  if (event.key in moves) goTo(STATE.position + moves[event.key]);
  else if (event.key === "Home") goTo(0);
  else if (event.key === "End") goTo(lastPosition());
  else if (event.key === " " && !event.target.matches("button, summary, [role=button]")) play(!timer);
  else if (event.key === "f") setMode("forward");
  else if (event.key === "r") setMode("reverse");
  else return;
  event.preventDefault();
}
