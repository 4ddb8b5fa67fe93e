// The steps that ran: inputs first, then operations, in the order of the run.

const DATA = JSON.parse(document.getElementById("data").textContent);
const STEPS = DATA.steps;
const INPUTS = STEPS.inputs;
const COUNT = STEPS.value.length;
const RAN = COUNT - INPUTS;

// For each step, the steps that use it, in order, with the position at which they do.
const USERS = Array.from({ length: COUNT }, () => []);
STEPS.args.forEach((args, step) => args.forEach((arg, k) => USERS[arg].push([step, k])));

function nameOf(step) {
  return STEPS.name[step];
}

function lineOf(step) {
  return STEPS.place[step];
}

function inNames(step) {
  return STEPS.text[step];
}

// The operation with the values of its operands in the place of their names.
function inNumbers(step) {
  const values = new Map(STEPS.args[step].map((arg) => [nameOf(arg), shown(STEPS.value[arg])]));
  if (!values.size) return STEPS.text[step];
  const names = [...values.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_.])(${names.join("|")})(?![\\p{L}\\p{N}_(])`, "gu");
  return STEPS.text[step].replace(pattern, (name, _, at, whole) => {
    const alone = whole[at - 1] === "(" && whole[at + name.length] === ")";
    return alone ? values.get(name) : inParentheses(values.get(name));
  });
}

// The local partial of an edge: a number, an array, "map" (a linear map that has no partial by elements), or null
// (nothing flows along this edge: a comparison, an index).
function partialOf(step, k) {
  return STEPS.partial[step][k];
}

function flows(step, k) {
  return STEPS.partial[step][k] !== null;
}

function partialText(step, k) {
  const partial = partialOf(step, k);
  if (partial === null) return "";
  if (partial === "map") return t("map");
  if (isArray(partial)) return partial.data && partial.data.length <= 3 ? shown(partial) : `[${partial.shape.join("×")}]`;
  return number(partial, 4);
}

// ---- The second sweep

function tangentAt(step) {
  return DATA.tangents[STATE.by] ? DATA.tangents[STATE.by].values[step] ?? 0 : 0;
}

function adjointAt(step) {
  return DATA.adjoints[STATE.of] ? DATA.adjoints[STATE.of].values[step] ?? 0 : 0;
}

// Whether the result depends on a step, along edges with a derivative.
function hasAdjoint(step) {
  return (DATA.adjoints[STATE.of]?.values[step] ?? null) !== null;
}

function contribution(step, k) {
  const [adjoint, partial] = [adjointAt(step), partialOf(step, k)];
  return typeof adjoint === "number" && typeof partial === "number" ? adjoint * partial : null;
}

// What has arrived at a step so far: null (nothing yet), part of its adjoint, or all of it.
function adjointSoFar(step, state) {
  if (!state.second || state.mode !== "reverse") return null;
  if (!hasAdjoint(step)) return state.finished && step < INPUTS ? 0 : null;
  const users = USERS[step].filter(([user, k]) => flows(user, k) && hasAdjoint(user));
  const sent = users.filter(([user]) => user >= state.sent);
  const waiting = sent.length < users.length;
  if (!waiting) return sent.length || step === state.output || step < INPUTS || step >= state.sent ? adjointAt(step) : null;
  if (!sent.length) return null;
  const parts = sent.map(([user, k]) => contribution(user, k));
  return parts.includes(null) ? null : parts.reduce((sum, part) => sum + part, step === state.output ? 1 : 0);
}
