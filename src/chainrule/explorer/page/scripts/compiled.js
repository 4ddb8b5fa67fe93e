// The compiled programs beside the source; lines that belong together are marked together.

function drawCompiled(box) {
  const programs = DATA.compiled.programs;
  const panels = [linkedSource(), ...programs.map(programPanel)];
  if (DATA.compiled.reason) {
    panels.push(el("div", { class: "panel" }, el("h3", {}, t("not_compiled")), el("div", { class: "note" }, reasonOf(DATA.compiled.reason))));
  }
  if (programs.length > 1 || DATA.compiled.saved.length) panels.push(savedPanel());
  box.replaceChildren(el("p", { class: "hint" }, t("compiled_hint")), el("div", { class: "grid programs" }, ...panels));
  link(box);
}

function linkedSource() {
  const code = el("div", { class: "code" });
  DATA.sources.forEach((source, number) => {
    if (DATA.sources.length > 1) code.append(el("div", { class: "file" }, `${source.name} · ${source.file}`));
    source.lines.forEach((line, i) => code.append(linkedRow(line, source.first + i, `${number}:${source.first + i}`)));
  });
  if (!ROWS.size) code.append(noSource());
  return el("div", { class: "panel" }, el("h3", {}, t("source")), el("div", { class: "codebox", tabindex: "0", "aria-label": t("source") }, code));
}

function linkedRow(line, numbered, at) {
  const row = codeRow(line, numbered);
  if (at) row.dataset.at = at;
  return row;
}

function programPanel(program) {
  const code = el("div", { class: "code" });
  program.lines.forEach((line, i) => {
    if (i === program.reverse) code.append(el("div", { class: "sweep" }, t("sweep_reverse")));
    if (i === program.forward && i < program.reverse) code.append(el("div", { class: "sweep" }, t("sweep_forward")));
    const row = linkedRow(line.html, i + 1, line.at);
    row.dataset.emitted = "";
    code.append(row);
  });
  const title = t(`program_${program.kind}`);
  return el("div", { class: "panel" }, el("h3", {}, title), el("div", { class: "codebox", tabindex: "0", "aria-label": title }, code));
}

function savedPanel() {
  const saved = DATA.compiled.saved;
  const panel = el("div", { class: "panel wide" }, el("h3", {}, t("saved")));
  if (!saved.length) return filled(panel, {}, [el("p", { class: "note" }, t("saved_nothing"))]);
  const head = el("tr", {}, ...["col_saved", "col_line", "col_where", "col_why"].map((key) => el("th", {}, t(key))));
  const rows = saved.map((item) => el("tr", { class: "go", "data-at": item.at }, el("td", { class: "m" }, item.what), el("td", { class: "m" }, item.line ? String(item.line) : ""),
    el("td", {}, t(`how_${item.how}`)), el("td", {}, t(item.why) === item.why ? item.why : t(item.why))));
  return filled(panel, {}, [el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)))]);
}

// Pointing at a line marks the lines made of it; a click keeps the mark.
function link(box) {
  const emitted = new Set([...box.querySelectorAll("[data-emitted]")].map((row) => row.dataset.at));
  for (const row of box.querySelectorAll("[data-at]")) if (!emitted.has(row.dataset.at)) delete row.dataset.at;
  let kept = "";
  const mark = (at) => {
    for (const row of box.querySelectorAll("[data-at]")) row.classList.toggle("hit", row.dataset.at === at);
  };
  for (const row of box.querySelectorAll("[data-at]")) {
    row.classList.add("can");
    row.addEventListener("mouseenter", () => mark(row.dataset.at));
    row.addEventListener("mouseleave", () => mark(kept));
    row.addEventListener("focus", () => mark(row.dataset.at));
    pressable(row, () => {
      kept = kept === row.dataset.at ? "" : row.dataset.at;
      mark(kept);
      for (const other of box.querySelectorAll(".codebox")) {
        if (!other.contains(row)) scrollInside(other, other.querySelector(".hit"));
      }
    });
  }
}
