// The formula of the function and of its derivatives, before and after simplification, and the tree of the expression.

function drawFormula(box) {
  const formula = DATA.formula;
  if (!formula.ok) {
    box.replaceChildren(el("div", { class: "panel" }, el("h3", {}, t("no_formula")), el("div", { class: "note" }, reasonOf(formula.reason), ...hintOf(formula))));
    return;
  }
  const panels = [formulaPanel(t("formula_of", { name: DATA.name }), [formula.expression])];
  for (const derivative of formula.derivatives) {
    panels.push(formulaPanel(t("derivative_by", { name: derivative.name }), derivative.stages));
  }
  if (formula.left) panels.push(el("p", { class: "hint" }, t("more_derivatives", { count: formula.left })));
  const picture = formula.graph ? treePanel(formula.graph) : null;
  const column = el("div", { class: "stack" }, ...panels);
  box.replaceChildren(el("div", { class: picture ? "grid two" : "stack" }, ...(picture ? [picture] : []), column));
  if (picture) drawTree(picture.querySelector("svg"), formula.graph);
}

// A reason is text of the library, in English, with the place in the source.
function reasonOf(reason) {
  return el("pre", { class: "mono", style: "white-space:pre-wrap;margin:0" }, reason);
}

function hintOf(formula) {
  return formula.hint ? [el("p", { style: "margin-top:8px" }, t(formula.hint))] : [];
}

function formulaPanel(title, stages) {
  const panel = el("div", { class: "panel" }, el("h3", {}, title));
  for (const stage of stages) {
    if (stage.kind !== "function") panel.append(el("p", { class: "stagehead" }, t(`stage_${stage.kind}`)));
    const body = stage.mathml ? markup(stage.mathml, "div") : el("p", {}, t("too_large"));
    body.className = stage.mathml ? "formula" : "note";
    panel.append(body, sizesOf(stage));
  }
  return panel;
}

function sizesOf(stage) {
  const line = el("p", { class: "sizes" });
  line.append(`${t("size_tree")} `, el("b", {}, stage.tree), ` · ${t("size_dag")} `, el("b", {}, stage.dag));
  return line;
}

// ---- The expression as a tree (every use drawn again) or as a graph (equal parts once)

let asTree = true;

function treePanel(graph) {
  const both = graph.tree !== null;
  const button = both
    ? el("button", { class: "small", "aria-pressed": String(asTree), onclick: () => { asTree = !asTree; drawFormula(panel("formula").querySelector(".body")); } },
      t(asTree ? "show_dag" : "show_tree"))
    : null;
  const picture = svg("svg", { class: "tree", role: "img", "aria-label": `${t("expression_tree")}: ${DATA.formula.expression.text}` });
  const sizes = sizesOf(DATA.formula.expression);
  return el("div", { class: "panel" }, el("h3", {}, t(both && asTree ? "expression_tree" : "expression_dag"), button), picture, sizes);
}

function drawTree(picture, graph) {
  const { nodes, edges, width, height } = asTree && graph.tree ? treeLayout(graph.tree) : dagLayout(graph.dag);
  const [wide, high] = [Math.max(width, 300), Math.max(height, 200)];
  picture.setAttribute("viewBox", `${(width - wide) / 2} ${(height - high) / 2} ${wide} ${high}`);
  picture.replaceChildren(
    ...edges.map((points) => svg("g", { class: "edge" }, svg("path", { d: CURVE(points) }))),
    ...nodes.map(({ x, y, label, isLeaf }) => svg("g", { class: `node ${isLeaf ? "input" : ""}`, transform: `translate(${x},${y})` },
      svg("rect", { x: -broad(label) / 2, y: -14, width: broad(label), height: 28, rx: isLeaf ? 6 : 14 }),
      svg("text", { "text-anchor": "middle", y: 4 }, label))));
}

function broad(label) {
  return Math.max(30, widthOf(label) * LETTER + 16);
}

// A tree keeps its operands in their order.
function treeLayout({ labels, operands }) {
  const root = d3.hierarchy(0, (i) => operands[i]);
  d3.tree().nodeSize([1, 62]).separation((a, b) => (broad(labels[a.data]) + broad(labels[b.data])) / 2 + 12)(root);
  const nodes = root.descendants();
  const left = Math.min(...nodes.map((node) => node.x - broad(labels[node.data]) / 2)) - 8;
  const right = Math.max(...nodes.map((node) => node.x + broad(labels[node.data]) / 2)) + 8;
  const place = (node) => ({ x: node.x - left, y: node.y + 22 });
  return {
    width: right - left, height: 62 * root.height + 44,
    nodes: nodes.map((node) => ({ ...place(node), label: labels[node.data], isLeaf: !operands[node.data].length })),
    edges: root.links().map(({ source, target }) => {
      const [from, to] = [place(source), place(target)];
      return [from, { x: from.x, y: (from.y + to.y) / 2 }, { x: to.x, y: (from.y + to.y) / 2 }, to];
    }),
  };
}

function dagLayout({ labels, operands }) {
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: "TB", nodesep: 14, ranksep: 30, marginx: 8, marginy: 8 });
  labels.forEach((label, i) => layout.setNode(String(i), { width: broad(label), height: 28 }));
  operands.forEach((list, i) => list.forEach((operand, k) => layout.setEdge(String(i), String(operand), {}, `${i}.${k}`)));
  dagre.layout(layout);
  const { width, height } = layout.graph();
  return {
    width, height,
    nodes: labels.map((label, i) => ({ x: layout.node(String(i)).x, y: layout.node(String(i)).y, label, isLeaf: !operands[i].length })),
    edges: layout.edges().map((edge) => layout.edge(edge).points),
  };
}
