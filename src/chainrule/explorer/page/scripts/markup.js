// Elements, and numbers as text.

const SVG = "http://www.w3.org/2000/svg";

function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

// Something that the mouse and the keyboard can press.
function pressable(node, action) {
  node.tabIndex = 0;
  node.addEventListener("click", action);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter") action();
  });
  return node;
}

// Text that our own Python made and escaped: highlighted code and MathML.
function markup(text, name = "span") {
  const node = el(name);
  node.innerHTML = text;
  return node;
}

// A value is a number, the text of one that JSON has no word for ("nan", "inf", "1 + 2i"), or an array:
// {shape, norm, data (if it is small), broken (if it holds a nan or an inf)}.
function isArray(value) {
  return value !== null && typeof value === "object";
}

function number(value, digits = 6) {
  if (value === null || value === undefined) return "·";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return value.replaceAll("-", "−").replaceAll("inf", "∞"); // also a complex number
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value).replace("-", "−");
  const rounded = Number(value.toPrecision(digits));
  const text = Math.abs(rounded) < 1e-3 ? rounded.toExponential().replace(/(\.\d*?)0+e/, "$1e") : String(rounded);
  return text.replace("e+", "e").replaceAll("-", "−");
}

function shown(value, digits = 6) {
  if (!isArray(value)) return number(value, digits);
  if (value.data && value.data.length <= 3) return `[${value.data.map((x) => number(x, 4)).join(", ")}]`;
  const shape = `[${value.shape.join("×")}]`;
  return value.norm === null || value.norm === undefined ? shape : `${shape} ‖${number(value.norm, 4)}‖`;
}

function full(value) {
  if (!isArray(value)) return number(value, 15);
  const inner = value.data ? ` [${value.data.map((x) => number(x, 6)).join(", ")}]` : "";
  const norm = value.norm === null || value.norm === undefined ? "" : `, ‖·‖ = ${number(value.norm)}`;
  return `${t("array_of", { shape: value.shape.join("×") })}${norm}${inner}`;
}

function isBroken(value) {
  if (isArray(value)) return Boolean(value.broken);
  return typeof value === "string" && /nan|inf/.test(value);
}

function inParentheses(text) {
  return text.startsWith("−") || text.includes(" ") ? `(${text})` : text;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const units = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  const [scale, unit] = units.find(([least]) => seconds >= least) || [1e-9, "ns"];
  return `${Number((seconds / scale).toPrecision(3))} ${unit}`;
}

function bytes(count) {
  if (count === null || count === undefined) return "–";
  const units = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];
  const [scale, unit] = units.find(([least]) => count >= least) || [1, "B"];
  return `${Number((count / scale).toPrecision(3))} ${unit}`;
}
