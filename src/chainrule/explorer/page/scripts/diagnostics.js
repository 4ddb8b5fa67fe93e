// Where a nan or inf came from, and which steps cost most.

function drawDiagnostics(box) {
  const found = DATA.diagnostics;
  const panels = [nonfinitePanel(found), heavyPanel("heavy_time", found.slow, duration), heavyPanel("heavy_memory", found.large, bytes)];
  box.replaceChildren(el("div", { class: "stack" }, panels[0], el("div", { class: "grid" }, ...panels.slice(1)), countsPanel(found)));
}

function nonfinitePanel(found) {
  const panel = el("div", { class: "panel" }, el("h3", {}, t("nonfinite")));
  const inputs = range(0, INPUTS).filter((step) => isBroken(STEPS.value[step]));
  const parts = inputs.map((step) => el("div", { class: "alarm" }, el("p", {}, el("b", {}, t("input_not_finite", { name: nameOf(step) })))));
  if (!found.alarms.length && !inputs.length) return filled(panel, {}, [el("p", { class: "ok" }, t("all_finite"))]);
  return filled(panel, {}, [...parts, ...found.alarms.map(alarmPart)]);
}

function alarmPart(alarm) {
  const { sweep, step } = alarm;
  const name = sweep === "forward" ? "" : DATA[sweep][alarm.column].name;
  const [source, line] = DATA.places[lineOf(step)] || [0, "–"];
  const text = DATA.sources[source] ? DATA.sources[source].lines[line - DATA.sources[source].first] : "";
  return el("div", { class: "alarm", "data-sweep": sweep, "data-line": line },
    el("p", {}, el("b", {}, t(`first_${sweep}`, { step: nameOf(step), line, name }))),
    el("p", { class: "code" }, markup((text || "").trim())),
    el("p", { class: "mono" }, `${nameOf(step)} = ${inNames(step)} = ${inNumbers(step)} = ${shown(STEPS.value[step])}`),
    alarm.text ? el("p", { class: "mono" }, alarm.text) : null,
    el("p", {}, el("button", { class: "small", onclick: () => goThere(step, sweep, alarm.column) }, t("go_there"))));
}

function goThere(step, sweep, column = 0) {
  show("steps");
  if (sweep === "forward") return goTo(step - INPUTS + 1);
  STATE.mode = sweep === "tangents" ? "forward" : "reverse";
  STATE[sweep === "tangents" ? "by" : "of"] = column;
  byId("by").value = STATE.by;
  byId("of").value = STATE.of;
  goTo(RAN + 1 + (sweep === "tangents" ? step - INPUTS + 1 : COUNT - step));
}

function heavyPanel(key, rows, write) {
  const panel = el("div", { class: "panel" }, el("h3", {}, t(key)));
  if (!rows.length) return filled(panel, {}, [el("p", { class: "note" }, t("not_measured"))]);
  const most = Math.max(...rows.map((row) => row.amount)) || 1;
  const head = el("tr", {}, el("th", {}, t("col_line")), el("th", {}, t("col_operation")), el("th", { class: "n" }, t("col_times")), el("th", { class: "n" }, t(`${key}_column`)), el("th", { class: "barcell" }));
  const body = rows.map((row) => pressable(el("tr", { class: "go" },
    el("td", { class: "m" }, DATA.places[row.place] ? String(DATA.places[row.place][1]) : ""), el("td", { class: "m" }, row.text), el("td", { class: "n" }, `${row.count}×`),
    el("td", { class: "n" }, write(row.amount)), el("td", { class: "barcell" }, el("span", { class: "bar", style: `width:${(100 * row.amount) / most}%` }))), () => goThere(row.step, "forward")));
  return filled(panel, {}, [el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)))]);
}

function countsPanel(found) {
  return el("p", { class: "hint" }, t("run_counts", { steps: RAN, bytes: bytes(found.bytes), seconds: duration(found.seconds) }));
}
