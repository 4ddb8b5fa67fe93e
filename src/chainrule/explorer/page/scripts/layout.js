// Where the items of the graph go: dagre, asked for both directions; the one that fits the panel better is kept.

const LETTER = 7.25; // the width of a letter of the graph's typeface
const LAYOUTS = new Map();

// Return {nodes: [{item, x, y, width, height}], edges: [{from, to, step, k, points, x, y}], width, height}.
function laidOut(items, mode, panel) {
  const key = `${items.map((item) => item.step ?? `${item.from}-${item.to}`).join()}|${mode}|${language}|${Math.round(panel.width / 80)}x${Math.round(panel.height / 80)}`;
  if (!LAYOUTS.has(key)) {
    if (LAYOUTS.size > 60) LAYOUTS.clear();
    LAYOUTS.set(key, better(items, mode, panel));
  }
  return LAYOUTS.get(key);
}

function better(items, mode, panel) {
  const down = arranged(items, mode, "TB");
  if (scaleOf(down, panel) > 0.75 || items.length > 120) return down;
  const along = arranged(items, mode, "LR");
  return scaleOf(along, panel) > scaleOf(down, panel) * 1.15 ? along : down;
}

function scaleOf(layout, panel) {
  return Math.min(panel.width / layout.width, panel.height / layout.height);
}

function arranged(items, mode, direction) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 22, ranksep: direction === "TB" ? 34 : 54, edgesep: 10, marginx: 14, marginy: 14 });
  const owner = new Int32Array(COUNT).fill(-1);
  items.forEach((item, i) => {
    for (let step = item.step ?? item.from; step < (item.to ?? item.step + 1); step++) owner[step] = i;
    graph.setNode(String(i), sizeOf(item, mode));
  });
  const edges = edgesBetween(items, owner);
  edges.forEach((edge, i) => {
    const label = edge.k < 0 ? "" : partialText(edge.step, edge.k);
    graph.setEdge(String(edge.from), String(edge.to), { width: label.length * 6.7 + 6, height: 15, labelpos: "c", edge: i }, String(i));
  });
  dagre.layout(graph);
  const { width, height } = graph.graph();
  return {
    width: Math.max(width, 60), height: Math.max(height, 60),
    nodes: items.map((item, i) => ({ item, ...graph.node(String(i)) })),
    edges: edges.map((edge, i) => ({ ...edge, ...graph.edge(String(edge.from), String(edge.to), String(i)) })),
  };
}

// An edge for each operand of each step drawn; between folded items one for all.
function edgesBetween(items, owner) {
  const edges = [];
  items.forEach((item, to) => {
    if (item.step !== undefined) {
      STEPS.args[item.step].forEach((arg, k) => {
        if (owner[arg] >= 0 && (items[owner[arg]].step !== undefined || isFirstUse(item.step, k, owner))) {
          edges.push({ from: owner[arg], to, step: item.step, k });
        }
      });
      return;
    }
    const sources = new Set();
    for (let step = item.from; step < item.to; step++) {
      for (const arg of STEPS.args[step]) if (owner[arg] >= 0 && owner[arg] !== to) sources.add(owner[arg]);
    }
    for (const from of sources) edges.push({ from, to, step: -1, k: -1 });
  });
  return edges;
}

// Two operands out of one folded item are drawn as two edges only if they are two steps.
function isFirstUse(step, k, owner) {
  const args = STEPS.args[step];
  return !args.slice(0, k).some((arg) => owner[arg] === owner[args[k]] && arg === args[k]);
}

function linesOf(item, mode) {
  if (item.step === undefined) return titleOf(item);
  const step = item.step;
  const first = step < INPUTS ? nameOf(step) : `${nameOf(step)} = ${inNames(step)}`;
  const value = shown(STEPS.value[step], 5);
  if (mode === "forward") return [first, dualText(value, tangentAt(step))];
  return [first, value, `${barred(nameOf(step))} = ${shown(adjointAt(step), 5)}`];
}

function sizeOf(item, mode) {
  const lines = linesOf(item, mode);
  const letters = Math.max(...lines.map(widthOf), 5);
  return { width: Math.min(Math.ceil(letters * LETTER) + 22, 340), height: lines.length * 16 + 14 };
}

// Letters of Chinese and Japanese take twice the room.
function widthOf(text) {
  let width = 0;
  for (const letter of text) width += letter > "\u2e7f" ? 1.75 : letter === "\u0304" ? 0 : 1;
  return width;
}

function cut(text, letters = 43) {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

function barred(name) {
  return `${name[0]}\u0304${name.slice(1)}`;
}

function dualText(value, tangent) {
  const text = shown(tangent, 5);
  if (isArray(tangent)) return `${value} + (${text})ε`;
  return text.startsWith("−") ? `${value} − ${text.slice(1)}ε` : `${value} + ${text}ε`;
}
