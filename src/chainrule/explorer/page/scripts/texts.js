// The interface in the reader's language: one table of strings, and what on the page shows them.

const TEXTS = JSON.parse(document.getElementById("texts").textContent);
let language = "en";

function t(key, values = {}) {
  const entry = TEXTS[key];
  if (!entry) return key;
  const text = entry[language] ?? entry.en;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

function preferredLanguage() {
  const wanted = stored("language") || DATA.language || (navigator.language || "en").slice(0, 2);
  return ["en", "zh", "ja"].includes(wanted) ? wanted : "en";
}

function translate() {
  document.documentElement.lang = { en: "en", zh: "zh-CN", ja: "ja" }[language];
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", t(node.dataset.aria));
  for (const node of document.querySelectorAll("[data-title]")) {
    node.title = t(node.dataset.title);
    node.setAttribute("aria-label", node.title);
  }
}

// What the reader chose last; a page opened from disk may not be allowed to keep it.
function stored(key) {
  try {
    return localStorage.getItem(`chainrule-${key}`);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(`chainrule-${key}`, value);
  } catch {
    // nothing depends on it
  }
}
