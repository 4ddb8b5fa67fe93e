// Which part of a long run is drawn: what stands round the current step in full, the rest folded by call, loop and
// iteration. A group is [kind, place, first step, step after the last, groups inside, number].

const SMALL = 26; // as many steps are drawn without folding
const NEAR = 8; // steps of a long straight stretch that are drawn on either side of the current one
const MOST = 400; // as many steps are drawn when all is unfolded

const [KIND, PLACE, FROM, TO, INSIDE, NUMBER] = [0, 1, 2, 3, 4, 5];

class Folding {
  constructor(groups) {
    this.groups = groups;
    this.opened = new Set();
    this.all = false;
  }

  // Return the items to draw: {step} or {from, to, kind, place, first, last}.
  items(current) {
    if (this.all && RAN <= MOST) return range(INPUTS, COUNT).map((step) => ({ step }));
    const items = [];
    this.visit(["run", -1, INPUTS, COUNT, this.groups, 0], current, items);
    return DATA.outputs.reduce((all, { node }) => taken(all, node), merged(items));
  }

  visit(group, current, items) {
    if (group[TO] - group[FROM] <= SMALL) {
      for (let step = group[FROM]; step < group[TO]; step++) items.push({ step });
      return;
    }
    let at = group[FROM];
    for (const inner of group[INSIDE] || []) {
      this.straight(at, inner[FROM], current, items);
      at = inner[TO];
      const isHere = current >= inner[FROM] && current < inner[TO];
      if (isHere || this.opened.has(`${inner[FROM]}-${inner[TO]}`) || inner[TO] - inner[FROM] <= 2) this.visit(inner, current, items);
      else items.push(folded(inner));
    }
    this.straight(at, group[TO], current, items);
  }

  // Steps that stand in the group itself; of very many those near the current one.
  straight(from, to, current, items) {
    const [low, high] = to - from <= SMALL ? [from, to] : [Math.max(from, current - NEAR), Math.min(to, current + NEAR + 1)];
    if (low >= high) {
      if (to > from) items.push(stretch(from, to));
      return;
    }
    if (low > from) items.push(stretch(from, low));
    for (let step = low; step < high; step++) items.push({ step });
    if (to > high) items.push(stretch(high, to));
  }
}

function folded(group) {
  return { from: group[FROM], to: group[TO], kind: group[KIND], place: group[PLACE], first: group[NUMBER], last: group[NUMBER] };
}

function stretch(from, to) {
  return { from, to, kind: "steps", place: lineOf(from), first: 0, last: 0 };
}

// Neighbouring iterations of one loop become one item.
function merged(items) {
  const result = [];
  for (const item of items) {
    const before = result[result.length - 1];
    const joins = before && before.kind === "iteration" && item.kind === "iteration" &&
      before.place === item.place && before.to === item.from && before.last + 1 === item.first;
    if (joins) Object.assign(before, { to: item.to, last: item.last });
    else result.push({ ...item });
  }
  return result;
}

// A result is drawn even where the steps around it are folded.
function taken(items, step) {
  return items.flatMap((item) => {
    if (item.step !== undefined || step < item.from || step >= item.to) return [item];
    const before = step > item.from ? [{ ...item, to: step }] : [];
    return [...before, { step }, ...(step + 1 < item.to ? [stretch(step + 1, item.to)] : [])];
  });
}

function range(from, to) {
  return Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);
}

function titleOf(item) {
  const [source, line] = DATA.places[item.place] || [0, 0];
  const name = (DATA.sources[source] || {}).name;
  const count = t("many_steps", { count: item.to - item.from });
  if (item.kind === "iteration") {
    const key = item.first === item.last ? "fold_iteration" : "fold_iterations";
    return [t(key, { first: item.first, last: item.last }), `${t("line", { line })} · ${count}`];
  }
  if (item.kind === "call") return [t("fold_call", { name }), count];
  if (item.kind === "loop") return [t("fold_loop", { line }), count];
  return [t("fold_steps"), `${t("line", { line })} · ${count}`];
}
