// The methods side by side: a table, the error of differences against the step, the cost against the inputs.

function drawMethods(box) {
  const methods = DATA.methods;
  const charts = [];
  if (methods.errors) charts.push(chartPanel(t("chart_errors"), t("chart_errors_note"), methods.errors, t("axis_step"), t("axis_error")));
  if (methods.work) charts.push(chartPanel(t("chart_work"), t(methods.own ? "chart_own" : "chart_rosenbrock"), methods.work, t("axis_inputs"), t("axis_work")));
  if (methods.times) charts.push(chartPanel(t("chart_times"), t(methods.own ? "chart_own" : "chart_rosenbrock"), methods.times, t("axis_inputs"), t("axis_seconds")));
  box.replaceChildren(el("div", { class: "stack" }, methods.table ? methodTable(methods.table) : noTable(methods.reason), el("div", { class: "grid" }, ...charts)));
  box.querySelectorAll(".chart").forEach((chart) => chart.draw());
}

function noTable(reason) {
  return el("div", { class: "panel" }, el("h3", {}, t("methods_at", { call: DATA.call })), el("div", { class: "note" }, reasonOf(reason)));
}

function methodTable(table) {
  const head = el("tr", {}, el("th", {}, t("col_method")), ...table.components.map((name) => el("th", { class: "n" }, name)),
    el("th", { class: "n" }, t("col_error")), el("th", {}, t("col_work")), el("th", { class: "n" }, t("col_time")), el("th", { class: "n" }, t("col_memory")));
  const rows = table.rows.map((row) => {
    const name = el("td", {}, methodName(row.method));
    if (!row.follows) return el("tr", {}, name, el("td", { colspan: table.components.length + 4, class: "faint" }, row.reason));
    return el("tr", {}, name, ...row.values.map((value) => el("td", { class: "n" }, typeof value === "string" ? value : number(value, 10))),
      el("td", { class: "n" }, row.error), el("td", {}, workText(row.work)), el("td", { class: "n" }, duration(row.seconds)), el("td", { class: "n" }, bytes(row.bytes)));
  });
  const notes = table.notes.map((note) => el("p", { class: "sizes" }, note));
  return el("div", { class: "panel" }, el("h3", {}, t("methods_at", { call: DATA.call })),
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows))), ...notes);
}

function workText({ evaluations, forward, reverse, tree, dag }) {
  const parts = [];
  if (evaluations) parts.push(t(evaluations === 1 ? "work_evaluation" : "work_evaluations", { count: evaluations }));
  if (forward && reverse) parts.push(t("work_both", { forward, reverse }));
  else if (forward) parts.push(t(forward === 1 ? "work_sweep" : "work_sweeps", { count: forward }));
  if (dag) parts.push(t("work_expression", { tree, dag }));
  return parts.join(", ") || "–";
}

function methodName(name) {
  const key = `method_${name.toLowerCase().replace(/ /g, "_")}`;
  return t(key) === key ? name : t(key);
}

// The colours stand in the style sheet, for light and for dark paper.
function colourOf(name) {
  return `var(--${name.toLowerCase().replace(/ /g, "-")})`;
}

function chartPanel(title, note, series, xLabel, yLabel) {
  const chart = el("div", { class: "chart" });
  chart.draw = () => chart.replaceChildren(lines(series, xLabel, yLabel, title));
  const keys = el("ul", { class: "keys" }, ...series.map(({ name, dashed }) => el("li", {}, el("i", { class: dashed ? "best" : "", style: `border-color:${colourOf(name)}` }), methodName(name))));
  return el("div", { class: "panel" }, el("h3", {}, title), chart, keys, el("p", { class: "sizes" }, note), numbersOf(series, xLabel));
}

// The numbers behind a chart, for those who cannot see it.
function numbersOf(series, xLabel) {
  const rows = series.map(({ name, x, y }) => el("tr", {}, el("td", {}, methodName(name)), el("td", { class: "m" }, x.map((at, i) => `${number(at, 2)}: ${number(y[i], 2)}`).join("; "))));
  return el("details", { class: "sizes" }, el("summary", {}, t("numbers")), el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, t("col_method")), el("th", {}, xLabel))), el("tbody", {}, ...rows))));
}

// A chart with logarithmic axes.
function lines(series, xLabel, yLabel, title) {
  const [width, height, left, right, top, bottom] = [520, 320, 62, 14, 10, 44];
  const xs = series.flatMap(({ x }) => x);
  const ys = series.flatMap(({ y }) => y).filter((y) => typeof y === "number" && y > 0);
  const across = d3.scaleLog([Math.min(...xs), Math.max(...xs)], [left, width - right]);
  const up = d3.scaleLog([Math.min(...ys), Math.max(...ys)], [height - bottom, top]).nice();
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  const axis = (scale, make, shift) => {
    const group = svg("g", { class: "axis", transform: shift });
    d3.select(group).call(make(scale).tickValues(powersOfTen(scale)).tickSizeOuter(0).tickFormat(powerText));
    return group;
  };
  picture.append(axis(across, d3.axisBottom, `translate(0,${height - bottom})`), axis(up, d3.axisLeft, `translate(${left},0)`));
  picture.append(svg("text", { class: "label", x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, xLabel));
  picture.append(svg("text", { class: "label", transform: `translate(14,${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, yLabel));
  const path = d3.line().defined((p) => typeof p[1] === "number" && p[1] > 0).x((p) => across(p[0])).y((p) => up(p[1]));
  for (const { name, x, y, dashed } of series) {
    picture.append(svg("path", { class: `series${dashed ? " best" : ""}`, d: path(x.map((at, i) => [at, y[i]])), style: `stroke:${colourOf(name)}` }, svg("title", {}, methodName(name))));
  }
  return picture;
}

// The powers of ten within an axis, at most eight of them.
function powersOfTen(scale) {
  const [low, high] = scale.domain().map((end) => Math.log10(end));
  const every = Math.max(1, Math.ceil((high - low) / 8));
  const first = Math.ceil(low / every - 1e-9) * every;
  const powers = [];
  for (let power = first; power <= high + 1e-9; power += every) powers.push(10 ** power);
  return powers;
}

function powerText(value) {
  const power = Math.round(Math.log10(value));
  return power >= -2 && power <= 4 ? String(Number((10 ** power).toPrecision(1))) : `10${superscript(power)}`;
}

function superscript(value) {
  return String(value).replace(/./g, (letter) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[letter] ?? "⁻");
}
