// Tabs, language and theme; then everything is drawn.

const TABS = ["steps", "formula", "compiled", "methods", "diagnostics"];
const PARTS = { formula: drawFormula, compiled: drawCompiled, methods: drawMethods, diagnostics: drawDiagnostics };

function show(tab, focus = false) {
  for (const name of TABS) {
    const button = byId(`tab-${name}`);
    button.setAttribute("aria-selected", String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
    panel(name).hidden = name !== tab;
    if (name === tab && focus) button.focus();
  }
  if (tab === "steps") draw();
  else PARTS[tab](panel(tab).querySelector(".body"));
}

function panel(tab) {
  return byId(`panel-${tab}`);
}

function shownTab() {
  return TABS.find((name) => !panel(name).hidden) || "steps";
}

function buildTabs() {
  TABS.forEach((name, i) => {
    const button = byId(`tab-${name}`);
    button.addEventListener("click", () => show(name));
    button.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (move) show(TABS[(i + move + TABS.length) % TABS.length], true);
    });
  });
}

function setLanguage(chosen) {
  language = chosen;
  byId("language").value = chosen;
  translate();
  labelColumns();
  LAYOUTS.clear();
  show(shownTab());
}

const DARK = matchMedia("(prefers-color-scheme: dark)");

function setTheme(chosen) {
  const dark = chosen === "dark" || (chosen === "auto" && DARK.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").value = chosen;
}

let returning = null; // where the reader was before the page was printed

// Paper shows all parts. Nobody can step on there: where no step was taken yet, the end of the sweep is printed.
function toPaper() {
  returning = { tab: shownTab(), position: STATE.position };
  Object.entries(PARTS).forEach(([name, drawPart]) => drawPart(panel(name).querySelector(".body")));
  panel("steps").hidden = false;
  goTo(STATE.position || lastPosition());
  forPaper(true);
}

function fromPaper() {
  forPaper(false);
  goTo(returning.position);
  show(returning.tab);
}

function start() {
  byId("call").textContent = DATA.call;
  byId("result").textContent = `= ${DATA.value}`;
  buildTabs();
  buildControls();
  buildSource();
  setTheme(stored("theme") || "auto");
  byId("theme").addEventListener("change", (event) => { store("theme", event.target.value); setTheme(event.target.value); });
  DARK.addEventListener("change", () => setTheme(byId("theme").value));
  byId("language").addEventListener("change", (event) => { store("language", event.target.value); setLanguage(event.target.value); });
  document.addEventListener("keydown", onKey);
  addEventListener("resize", () => shownTab() === "steps" && draw());
  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", fromPaper);
  const wanted = location.hash.slice(1);
  for (const name of TABS) panel(name).hidden = name !== (TABS.includes(wanted) ? wanted : "steps");
  setLanguage(preferredLanguage());
  document.documentElement.dataset.ready = "yes";
}

start();
