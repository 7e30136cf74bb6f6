// Page: the reader's position, and the controls that change it.

const state = { position: 0, row: 0, index: [], zoom: 1, first: new Map() };

/** Go to a position, counted from 0 and limited to the ends. index: of the number to choose. */
function go(position, index) {
  state.position = Math.min(Math.max(position, 0), positions.length - 1);
  const { tensor, step } = positions[state.position];
  const isThere = index?.length === tensor.axes.length && place(tensor, index) >= 0;
  if (isThere && tensor.axes[0] === "row") [state.row] = index;
  if (!(state.row < step.rows.length)) state.row = 0;
  const chosen = isThere ? index : nextAsked() ?? firstIndex(tensor);
  const fragment = addressOf(state.position, isThere ? index.join() : "");
  if (location.hash !== fragment) history.replaceState(null, "", fragment);
  document.body.dataset.phase = tensor.phase;
  redraw(chosen);
}

function firstIndex(tensor) {
  return tensor.axes.map((axis) => (axis === "row" ? state.row : 0));
}

function draw() {
  const focused = document.activeElement?.closest?.("#network [data-unit]")?.dataset;
  tip.hidden = true;
  drawNetwork(state.position, state.row);
  choose(state.index);
  if (focused) unitDrawing(focused.column, focused.unit)?.focus();
}

function unitDrawing(column, unit) {
  const where = `[data-column="${column}"][data-unit="${unit}"]`;
  return document.querySelector(`#network .unit${where}`);
}

/** Choose a number of the position; draws its unit if it isn't drawn. */
function choose(index) {
  state.index = index;
  if (isFolded()) drawNetwork(state.position, state.row);
  markPanel(state.position, index, state.row);
  markNetwork(state.position, index);
}

function drawControls() {
  const { step, tensor } = positions[state.position];
  const at = state.position;
  const where = [`step ${step.number}`, `epoch ${step.epoch}`, batchInWords(step.rows)];
  const loss = lossSoFar(at);
  if (loss !== null) where.push(`loss ${written(loss, 6)}`);
  document.getElementById("where").textContent = where.join(" · ");
  document.getElementById("position").replaceChildren(
    element("b", {}, `${at + 1} of ${positions.length}`), ": ",
    ...formulaInHtml(tensor.formula || tensor.symbol, symbols),
  );
  document.getElementById("back").disabled = at === 0;
  document.getElementById("forward").disabled = at === positions.length - 1;
  offer("steps", trace.steps.map((each) => each.number), trace.steps.indexOf(step));
  offer("rows", step.rows, state.row, step.tensors[0].kept[0]);
  document.getElementById("strip").replaceChildren(...strip(step));
}

function batchInWords(rows) {
  const noun = rows.length === 1 ? "row" : "rows";
  return rows.length <= 8 ? `${noun} ${rows.join(", ")}` : `${rows.length} rows`;
}

/** Fill a menu; it is hidden if it has less than two options. */
function offer(id, names, chosen, kept = [...names.keys()]) {
  const label = document.getElementById(id);
  const options = kept.map((at) => element("option", { value: at }, names[at]));
  label.querySelector("select").replaceChildren(...options);
  label.querySelector("select").value = chosen;
  label.hidden = kept.length < 2;
}

/** A small link for every position of a step, by phase. */
function strip(step) {
  return ["forward", "backward", "update"].map((phase) => {
    const links = positions.flatMap(({ tensor, step: its }, at) => {
      if (its !== step || tensor.phase !== phase) return [];
      const current = at === state.position ? { "aria-current": "step" } : {};
      const title = `${at + 1}: ${tensor.formula || tensor.symbol}`;
      return [element("a", { href: `#${at + 1}`, title, tabindex: -1, ...current })];
    });
    const ticks = element("div", { class: "ticks" }, ...links);
    const attributes = { class: "phase", style: `flex-grow: ${links.length}` };
    return element("div", links.length ? attributes : { hidden: "" },
      element("span", {}, phase), ticks);
  });
}

function turnToRow(row) {
  state.row = row;
  document.querySelector("#rows select").value = row;
  const isOfRow = positions[state.position].tensor.axes[0] === "row";
  if (isOfRow) state.index = [row, ...state.index.slice(1)];
  redraw(state.index);
}

/** Go to the same tensor in another training step. */
function turnToStep(number) {
  const { name } = positions[state.position].tensor;
  const step = trace.steps[number];
  const is = (each) => each.step === step && each.tensor.name === name;
  go(Math.max(positions.findIndex(is), positions.findIndex((each) => each.step === step)));
}

function listen() {
  const clicked = (id, act) => document.getElementById(id).addEventListener("click", act);
  clicked("back", () => go(state.position - 1));
  clicked("forward", () => go(state.position + 1));
  clicked("play", () => (isPlaying() ? pause() : play()));
  clicked("fill", () => { turnQuiz(!quiz.isOn); focusAnswer(); });
  clicked("hint_button", hint);
  clicked("show", show);
  clicked("next", onwards);
  clicked("return", turnBack);
  clicked("print", () => window.print());
  document.getElementById("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    answer();
  });
  document.addEventListener("pointerdown", (event) => {
    if (isPlaying() && !event.target.closest("#player")) pause();
  });
  document.getElementById("panel").addEventListener("click", (event) => {
    const link = event.target.closest("a.origin");
    if (!link) return;
    event.preventDefault();
    follow(link);
  });
  listenToZoom();
  const select = (id) => document.querySelector(`#${id} select`);
  select("rows").addEventListener("change", (event) => turnToRow(+event.target.value));
  select("steps").addEventListener("change", (event) => turnToStep(+event.target.value));
  document.addEventListener("keydown", pressed);
  window.addEventListener("hashchange", () => fromAddress());
  window.addEventListener("resize", draw);

  const network = document.getElementById("network");
  for (const kind of ["pointerover", "focusin"]) {
    network.addEventListener(kind, (event) => {
      const drawing = event.target.closest("[data-unit]");
      if (drawing) pointAt(drawing);
    });
  }
  for (const kind of ["pointerout", "focusout"]) {
    network.addEventListener(kind, () => { tip.hidden = true; });
  }
  const numbers = document.getElementById("scroll");
  const indexAt = (event) => event.target.closest("[data-index]")?.dataset.index.split(",").map(Number);
  for (const kind of ["pointerover", "focusin"]) {
    numbers.addEventListener(kind, (event) => {
      if (indexAt(event) && !quiz.isOn && !isPlaying()) choose(indexAt(event));
    });
  }
  numbers.addEventListener("click", (event) => {
    const index = indexAt(event);
    const { tensor } = positions[state.position];
    if (!index) return;
    if (quiz.isOn) redraw(index);
    if (tensor.axes[0] === "row" && index[0] !== state.row) turnToRow(index[0]);
    history.replaceState(null, "", addressOf(state.position, index.join()));
    focusAnswer();
  });
  numbers.addEventListener("mousedown", (event) => event.preventDefault()); // arrows keep stepping
}

function pressed(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (["SELECT", "INPUT"].includes(event.target.tagName)) return;
  if (event.key === "Escape") tip.hidden = true;
  if (event.key === " " && !event.target.closest("button, a, summary")) {
    event.preventDefault();
    if (isPlaying()) pause();
    else if (!quiz.isOn) play();
    return;
  }
  const next = event.target.dataset?.index ? neighbour(event.target, event.key) : null;
  if (next) {
    event.preventDefault();
    next.focus();
    return;
  }
  const keys = { ArrowLeft: state.position - 1, ArrowRight: state.position + 1, Home: 0,
    End: positions.length - 1 };
  if (!(event.key in keys) || event.target.dataset?.index) return;
  event.preventDefault();
  pause();
  go(keys[event.key]);
}

/** The next cell in the direction of an arrow key; null if there is none. */
function neighbour(from, key) {
  const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!move) return null;
  const rows = [...from.closest("tbody").rows];
  const row = rows[rows.indexOf(from.parentElement) + move[0]];
  const next = row?.cells[from.cellIndex + move[1]];
  return next?.dataset.index ? next : null;
}

document.querySelector("#letters dl").replaceChildren(...trace.letters.flatMap(([letter, words]) =>
  [element("dt", {}, symbolInHtml(letter)), element("dd", {}, words)]));
document.getElementById("parts").textContent = `Loss: ${trace.loss}. Optimizer: ${trace.optimizer}.`;
listen();
fromAddress();
