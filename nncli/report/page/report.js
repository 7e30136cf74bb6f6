"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("points").textContent);
  const metric = document.getElementById("metric");
  if (!metric) return;
  const log = document.getElementById("log");
  const readout = document.getElementById("readout");
  const panels = [...document.querySelectorAll(".panel")];
  const of = (number) => panels.filter((panel) => panel.dataset.metric === String(number));
  const shown = () => panels.find((panel) => !panel.hidden);
  let cursor = null;

  function show(isLog) {
    const own = of(metric.value);
    const chosen = own.find((panel) => panel.dataset.log === (isLog ? "1" : "0")) || own[0];
    for (const panel of panels) panel.hidden = panel !== chosen;
    log.checked = chosen.dataset.log === "1";
    log.disabled = own.length < 2;
    prepare();
  }

  function prepare() {
    if (cursor) cursor.remove();
    cursor = null;
    readout.textContent = "Point at the chart, or focus it and use ← and →, to read its values.";
    const plot = shown().querySelector(".plot");
    if (!plot || plot.tabIndex === 0) return;
    plot.tabIndex = 0;
    plot.setAttribute("role", "slider");
    plot.setAttribute("aria-valuemin", epochs()[0]);
    plot.setAttribute("aria-valuemax", epochs().at(-1));
    plot.setAttribute("aria-valuenow", epochs().at(-1));
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const [low, high] = [epochs()[0], epochs().at(-1)];
      read(nearest(epochs(), low + (high - low) * (event.clientX - box.left) / box.width));
    });
    plot.addEventListener("keydown", (event) => {
      const all = epochs();
      const now = all.indexOf(Number(plot.getAttribute("aria-valuenow")));
      const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      read(all[Math.min(Math.max(to, 0), all.length - 1)]);
    });
  }

  const lines = () => charts[metric.value].lines;
  const epochs = () => [...new Set(lines().flatMap((line) => line.epochs))].sort((a, b) => a - b);
  const nearest = (all, value) =>
    all.reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best));

  function read(epoch) {
    const plot = shown().querySelector(".plot");
    const told = lines().map((line) => {
      const at = line.epochs.indexOf(epoch);
      return at < 0 || line.values[at] === null ? null : `${line.name} ${line.values[at]}`;
    });
    const text = `epoch ${epoch}: ${told.filter(Boolean).join(", ")}`;
    readout.textContent = text;
    plot.setAttribute("aria-valuenow", epoch);
    plot.setAttribute("aria-valuetext", text);
    if (!cursor) {
      cursor = document.createElement("div");
      cursor.className = "cursor";
      plot.append(cursor);
    }
    const all = epochs();
    const range = all.at(-1) - all[0];
    cursor.style.left = `${range ? (100 * (epoch - all[0])) / range : 50}%`;
  }

  document.getElementById("controls").hidden = false;
  metric.addEventListener("change", () =>
    show(of(metric.value).find((panel) => panel.dataset.default === "1")?.dataset.log === "1"));
  log.addEventListener("change", () => show(log.checked));
  show(shown().dataset.log === "1");
})();
