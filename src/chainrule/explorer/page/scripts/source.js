// The user's source, and the lines that belong to the current step.

const ROWS = new Map(); // "source:line" to the element of that line

function buildSource() {
  const withSteps = new Set(STEPS.place.filter((place) => place >= 0));
  const placeAt = new Map(DATA.places.map(([source, line], place) => [`${source}:${line}`, place]));
  const box = el("div", { class: "code" });
  DATA.sources.forEach((source, number) => {
    if (DATA.sources.length > 1) box.append(el("div", { class: "file" }, `${source.name} · ${source.file}`));
    source.lines.forEach((line, i) => {
      const key = `${number}:${source.first + i}`;
      const row = codeRow(line, source.first + i);
      const place = placeAt.get(key);
      if (withSteps.has(place)) {
        row.classList.add("can");
        pressable(row, () => goToLine(place));
      }
      ROWS.set(key, row);
      box.append(row);
    });
  });
  if (!ROWS.size) box.append(noSource());
  byId("source").append(box);
}

function noSource() {
  return el("p", { class: "note", "data-t": "no_source" }, t("no_source"));
}

function codeRow(line, numbered) {
  return el("div", { class: "row" }, el("span", { class: "no", "aria-hidden": "true" }, numbered === null ? "" : String(numbered)), markup(line || " "));
}

function rowOf(place) {
  return place < 0 ? undefined : ROWS.get(DATA.places[place].join(":"));
}

function drawSource(state) {
  for (const row of ROWS.values()) row.classList.remove("now", "hit");
  const current = rowOf(state.step >= INPUTS ? lineOf(state.step) : -1);
  const picked = state.picked >= 0 ? rowOf(lineOf(state.picked)) : undefined;
  current?.classList.add("now");
  if (picked) picked.classList.add("hit");
  scrollInside(byId("source"), picked || current);
}

// Scroll a box, and not the page, so that an element is seen.
function scrollInside(box, element) {
  if (!element) return;
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 20;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 20;
}

function goToLine(place) {
  const from = STATE.step + 1;
  let next = STEPS.place.indexOf(place, from);
  if (next < 0) next = STEPS.place.indexOf(place);
  if (next >= 0) goToStep(next);
}
