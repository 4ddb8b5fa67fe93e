// Which part of a long run is drawn: what stands round the current step in full, the rest folded by call, loop and
// iteration. A group is [kind, place, first step, step after the last, groups inside, number, name]; in the data there
// stands the number of the group around it in the place of the groups inside.

const SMALL = 26; // as many steps are drawn without folding
const LEVELS = 5; // so many groups round the current step show their own steps; those further out are folded
const NEAR = 8; // steps of a long straight stretch that are drawn on either side of the current one
const MOST = 400; // as many steps are drawn when all is unfolded

const [KIND, PLACE, FROM, TO, INSIDE, NUMBER, LABEL] = [0, 1, 2, 3, 4, 5, 6];
const RESULTS = 8; // results that are drawn in any case

class Folding {
  constructor(groups) {
    this.whole = ["run", -1, INPUTS, COUNT, [], 0];
    this.all = false;
    const made = groups.map((group) => Object.assign([...group], { [INSIDE]: [] }));
    groups.forEach((group, i) => (made[group[INSIDE]] ?? this.whole)[INSIDE].push(made[i]));
  }

  // Return the items to draw: {step} or {from, to, kind, place, first, last}.
  items(current) {
    if (this.all && RAN <= MOST) return range(INPUTS, COUNT).map((step) => ({ step }));
    const items = [];
    const way = wayTo(current, this.whole);
    way.forEach((group, i) => this.before(group, way[i + 1], current, items, way.length - i > LEVELS));
    for (let i = way.length - 1; i >= 0; i--) this.after(way[i], way[i + 1], current, items, way.length - i > LEVELS);
    return DATA.outputs.slice(0, RESULTS).reduce((all, { node }) => taken(all, node), merged(items));
  }

  // What a group has before the next group on the way to the current step; of the innermost group everything.
  before(group, next, current, items, isFar) {
    if (next) this.part(group, group[FROM], next[FROM], current, items, isFar);
    else if (group[TO] - group[FROM] <= SMALL) items.push(...range(group[FROM], group[TO]).map((step) => ({ step })));
    else this.part(group, group[FROM], group[TO], current, items, false);
  }

  after(group, next, current, items, isFar) {
    if (next) this.part(group, next[TO], group[TO], current, items, isFar);
  }

  // The groups and the steps of a group from one step to another; far from the current step all as one.
  part(group, from, to, current, items, isFar) {
    if (isFar) {
      if (to > from) items.push(stretch(from, to));
      return;
    }
    let at = from;
    for (const inner of group[INSIDE]) {
      if (inner[FROM] < from || inner[TO] > to) continue;
      this.straight(at, inner[FROM], current, items);
      if (inner[TO] - inner[FROM] <= 2) items.push(...range(inner[FROM], inner[TO]).map((step) => ({ step })));
      else items.push(folded(inner));
      at = inner[TO];
    }
    this.straight(at, to, current, items);
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

// The groups round a step, from the outermost to the innermost.
function wayTo(step, whole) {
  const way = [whole];
  for (;;) {
    const group = way[way.length - 1];
    if (group[TO] - group[FROM] <= SMALL) return way;
    const next = group[INSIDE].find((inner) => step >= inner[FROM] && step < inner[TO]);
    if (!next) return way;
    way.push(next);
  }
}

function folded(group) {
  return { from: group[FROM], to: group[TO], kind: group[KIND], place: group[PLACE], first: group[NUMBER], last: group[NUMBER], label: group[LABEL] };
}

function stretch(from, to) {
  return { from, to, kind: "steps", place: lineOf(from), first: 0, last: 0 };
}

// Neighbouring iterations of one loop become one item, and so do neighbouring stretches.
function merged(items) {
  const result = [];
  for (const item of items) {
    const before = result[result.length - 1];
    const touches = before && before.to === item.from && before.kind === item.kind;
    const follows = touches && before.kind === "iteration" && before.place === item.place && before.last + 1 === item.first;
    if (follows || (touches && item.kind === "steps")) Object.assign(before, { to: item.to, last: item.last });
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
  const name = item.label;
  const count = t("many_steps", { count: item.to - item.from });
  if (item.kind === "iteration") {
    const key = item.first === item.last ? "fold_iteration" : "fold_iterations";
    return [t(key, { first: item.first, last: item.last }), `${t("line", { line })} · ${count}`];
  }
  if (item.kind === "call") return [t("fold_call", { name }), count];
  if (item.kind === "loop") return [t("fold_loop", { line }), count];
  return [t("fold_steps"), `${t("line", { line })} · ${count}`];
}
