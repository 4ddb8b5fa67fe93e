// The graph of the steps: drawn from a layout, and brought up to date as the sweep goes on.

const GRAPH = byId("graph");
const FOLDING = new Folding(DATA.groups);
const CURVE = d3.line().x((p) => p.x).y((p) => p.y).curve(d3.curveBasis);
const MANY = 24; // inputs
const drawn = { layout: null, nodes: [], edges: [], nodeOf: new Map() };

const ZOOM = d3.zoom().scaleExtent([0.08, 4]).on("zoom", (event) => {
  GRAPH.querySelector(".viewport")?.setAttribute("transform", event.transform);
});
d3.select(GRAPH).call(ZOOM).on("dblclick.zoom", null);

function drawGraph(state) {
  const panel = GRAPH.getBoundingClientRect();
  const size = { width: Math.max(panel.width, 200), height: Math.max(panel.height, 200) };
  const steps = FOLDING.items(state.focus);
  const items = [...inputsFor(steps), ...steps];
  const layout = laidOut(items, state.mode, size);
  if (layout !== drawn.layout) {
    renew(layout);
    showWhole(size);
  }
  update(state);
  follow(state, size);
}

// All inputs, or if they are many those that the steps drawn use.
function inputsFor(items) {
  if (INPUTS <= MANY) return range(0, INPUTS).map((step) => ({ step }));
  const used = new Set(items.flatMap((item) => (item.step === undefined ? [] : STEPS.args[item.step])));
  return [...used].filter((step) => step < INPUTS).sort((a, b) => a - b).slice(0, MANY).map((step) => ({ step }));
}

function renew(layout) {
  const edges = layout.edges.map(edgeElement);
  const nodes = layout.nodes.map(nodeElement);
  Object.assign(drawn, { layout, edges, nodes, nodeOf: new Map() });
  layout.nodes.forEach((node, i) => {
    if (node.item.step !== undefined) drawn.nodeOf.set(node.item.step, nodes[i]);
  });
  const marker = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7.2, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
    svg("path", { class: "arrow", d: "M0 0.8 8 4 0 7.2z" }));
  const viewport = svg("g", { class: "viewport" }, ...edges.map((edge) => edge.element), ...nodes.map((node) => node.element));
  const hadFocus = GRAPH.contains(document.activeElement);
  GRAPH.replaceChildren(svg("defs", {}, marker), viewport);
  if (hadFocus) (drawn.nodeOf.get(STATE.focus) ?? nodes[0])?.element.focus({ preventScroll: true });
}

function edgeElement(edge) {
  const path = svg("path", { d: CURVE(edge.points), "marker-end": "url(#arrow)" });
  const text = svg("text", { x: edge.x, y: edge.y });
  const plate = svg("rect", { class: "plate", x: edge.x - edge.width / 2, y: edge.y - 7.5, width: edge.width, height: 15, rx: 3 });
  return { edge, path, text, plate, element: svg("g", { class: "edge" }, path, plate, text) };
}

function nodeElement(node) {
  const { item, x, y, width, height } = node;
  const texts = linesOf(item, "reverse").map((_, i) => svg("text", { x: 0, y: -height / 2 + 19 + 16 * i, "text-anchor": "middle" }));
  const boxes = [svg("rect", { x: -width / 2, y: -height / 2, width, height, rx: 7 })];
  if (item.step === undefined) boxes.unshift(svg("rect", { class: "behind", x: -width / 2 + 4, y: -height / 2 + 4, width, height, rx: 7 }));
  const choose = () => (item.step === undefined ? openFold(item) : pick(item.step));
  const element = svg("g", {
    class: "node", transform: `translate(${x},${y})`, tabindex: "0", role: "button",
    onclick: choose,
    onkeydown: (event) => {
      if (event.key === "Enter") choose();
    },
  }, svg("title"), ...boxes, ...texts);
  if (item.step !== undefined) element.dataset.step = item.step;
  else element.dataset.fold = `${item.from}-${item.to}`;
  return { item, texts, element, title: element.firstChild };
}

function openFold(item) {
  goToStep(item.from); // the drawing follows the current step, and what stands there unfolds
}

// ---- What is known at this moment of the sweep

function update(state) {
  GRAPH.setAttribute("class", state.second ? state.mode : "values");
  const operands = new Set(state.step >= INPUTS ? STEPS.args[state.step] : []);
  for (const node of drawn.nodes) updateNode(node, state, operands);
  for (const { edge, path, text, plate, element } of drawn.edges) {
    const still = state.second && state.mode === "reverse" && edge.step >= 0 && !hasAdjoint(edge.step);
    const hot = edge.step >= 0 && edge.step === state.step && !still;
    const known = edge.step >= 0 && state.second && flows(edge.step, edge.k);
    const idle = edge.step >= 0 && !flows(edge.step, edge.k);
    element.setAttribute("class", `edge${hot && !(idle && state.second) ? " hot" : ""}${idle ? " idle" : ""}`);
    text.textContent = known ? partialText(edge.step, edge.k) : "";
    plate.setAttribute("visibility", known ? "visible" : "hidden");
    const backwards = hot && state.second && state.mode === "reverse";
    path.setAttribute(backwards ? "marker-start" : "marker-end", "url(#arrow)");
    path.removeAttribute(backwards ? "marker-end" : "marker-start");
  }
}

function updateNode(node, state, operands) {
  const { item, texts, element, title } = node;
  if (item.step === undefined) return updateFold(node, state);
  const step = item.step;
  const known = step < INPUTS || step < state.computed;
  const classes = ["node", step < INPUTS ? "input" : "", known ? "" : "pending", step === state.step ? "now" : "",
    operands.has(step) ? "operand" : "", step === state.output ? "output" : "", step === state.picked ? "picked" : "",
    isBroken(STEPS.value[step]) && known ? "broken" : ""];
  element.setAttribute("class", classes.filter(Boolean).join(" "));
  texts[0].textContent = cut(linesOf(item, state.mode)[0]);
  texts[0].setAttribute("class", "how");
  texts[1].setAttribute("class", "value");
  texts[1].replaceChildren(...valueParts(step, state, known));
  texts[2].textContent = state.mode === "reverse" ? cut(adjointText(step, state)) : "";
  texts[2].setAttribute("class", "two reverse");
  const label = `${linesOf(item, state.mode)[0]}${known ? ` = ${full(STEPS.value[step])}` : ""}`;
  const isEmpty = state.mode === "reverse" && texts[2].textContent === "";
  for (const text of texts) text.setAttribute("dy", isEmpty ? 8 : 0);
  title.textContent = label;
  element.setAttribute("aria-label", `${label} ${texts[2].textContent}`);
}

function valueParts(step, state, known) {
  if (!known) return ["…"];
  const value = shown(STEPS.value[step], 5);
  if (state.mode !== "forward" || !state.second || !hasTangent(step, state)) return [cut(value)];
  const text = dualText("", tangentAt(step));
  return [cut(value, 30), svg("tspan", { class: "two forward" }, cut(text, 34))];
}

function adjointText(step, state) {
  const adjoint = adjointSoFar(step, state);
  if (adjoint === null) return "";
  return `${barred(nameOf(step))} = ${shown(adjoint, 5)}`;
}

function updateFold(node, state) {
  const { item, texts, element, title } = node;
  const pending = item.from >= state.computed;
  element.setAttribute("class", `node fold${pending ? " pending" : ""}`);
  const lines = titleOf(item);
  texts.forEach((text, i) => {
    text.textContent = cut(lines[i] || "");
    text.setAttribute("class", i ? "how" : "");
  });
  title.textContent = `${lines.join(", ")}. ${t("unfold_hint")}`;
  element.setAttribute("aria-label", title.textContent);
}

// ---- What part of the drawing is seen

function showWhole(size) {
  const { width, height } = drawn.layout;
  const fitting = Math.min(size.width / width, size.height / height, 1.35);
  const scale = fitting < 0.5 ? 0.6 : fitting; // a part that can be read rather than a whole that cannot
  const top = Math.max((size.height - height * scale) / 2, 0);
  d3.select(GRAPH).call(ZOOM.transform, d3.zoomIdentity.translate((size.width - width * scale) / 2, top).scale(scale));
}

// On paper the whole drawing is seen, whatever the screen shows.
function forPaper(isOn) {
  if (!drawn.layout) return;
  const { width, height } = drawn.layout;
  if (isOn) GRAPH.setAttribute("viewBox", `0 0 ${width} ${height}`);
  else GRAPH.removeAttribute("viewBox");
  GRAPH.querySelector(".viewport").setAttribute("transform", isOn ? "" : d3.zoomTransform(GRAPH));
}

function follow(state, size) {
  const at = drawn.layout.nodes.find((node) => node.item.step === state.step);
  if (!at) return;
  const view = d3.zoomTransform(GRAPH);
  const [x, y] = view.apply([at.x, at.y]);
  const [w, h] = [(at.width * view.k) / 2, (at.height * view.k) / 2];
  if (x - w >= 0 && y - h >= 0 && x + w <= size.width && y + h <= size.height) return;
  const moved = d3.zoomIdentity.translate(size.width / 2 - at.x * view.k, size.height / 2 - at.y * view.k).scale(view.k);
  d3.select(GRAPH).call(ZOOM.transform, moved);
}
