// The evaluation trace: the steps that the graph shows, as a table.

function drawTable(state) {
  const layout = drawn.layout;
  if (!layout) return;
  const second = state.mode === "forward" ? "tangent" : "adjoint";
  const head = el("tr", {}, el("th", {}, t("col_step")), el("th", {}, t("col_operation")), el("th", {}, t("col_line")),
    el("th", { class: "n" }, t("col_value")), el("th", { class: "n" }, t(`col_${second}`)));
  const rows = layout.nodes.map(({ item }) => (item.step === undefined ? foldRow(item) : stepRow(item.step, state)));
  byId("table").replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
  scrollInside(byId("table").parentElement, byId("table").querySelector("tr.now"));
}

function foldRow(item) {
  const [title, below] = titleOf(item);
  return el("tr", { class: "go", onclick: () => openFold(item) }, el("td", {}, "⋯"), el("td", { colspan: 4 }, `${title} · ${below}`));
}

function stepRow(step, state) {
  const known = step < INPUTS || step < state.computed;
  const place = DATA.places[lineOf(step)];
  const two = state.mode === "forward" ? (state.second && hasTangent(step, state) ? tangentAt(step) : null) : adjointSoFar(step, state);
  return el("tr", { class: step === state.step ? "go now" : "go", onclick: () => pick(step) },
    el("td", { class: "m" }, nameOf(step)), el("td", { class: "m" }, step < INPUTS ? t("input") : inNames(step)),
    el("td", { class: "m" }, place ? String(place[1]) : ""), el("td", { class: "n" }, known ? shown(STEPS.value[step], 10) : ""),
    el("td", { class: `n ${state.mode === "forward" ? "tangent" : "adjoint"}` }, two === null ? "" : shown(two, 10)));
}
