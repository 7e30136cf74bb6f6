// Page: playing, pausing and stepping, and what is drawn when.

const SPEEDS = [
  ["1 step a second", 1], ["5 steps a second", 5], ["1 step a frame", 60],
  ["1 epoch a frame", "epoch"], ["as fast as it goes", "most"],
];
const STEP_TIME = 12; // milliseconds of a frame that steps may take
const MAP_TIME = 12; // milliseconds of a frame that its maps may take
const MAX_WAITS = 6; // frames without maps between two with them

const model = new Model();
let past = new Past();
let grid = null;
let isPlaying = false;
let since = 0; // when the last step was made, at the slow speeds
const view = { axes: play.axes, target: 0, shown: { train: true, val: true }, mode: "forward", row: 0, speed: "epoch", waits: 0 };

const diagram = new Diagram(byId("diagram"), {
  onSelect: (layer, unit) => {
    diagram.select({ layer, unit });
    showNumbers();
  },
  onChange: change,
  onTip: showTip,
});

function change(apply) {
  const before = model.training;
  model.apply(apply);
  if (before !== model.training) past = new Past();
  rebuild();
}

/** After any change of the network or its data. */
function rebuild() {
  const focused = document.activeElement?.getAttribute("aria-label");
  const { layers } = model.training.network;
  if (diagram.selected.layer >= layers.length || diagram.selected.unit >= layers[diagram.selected.layer].sizes.units)
    diagram.selected = { layer: 0, unit: 0 };
  grid = new Grid(model, view.axes.filter((feature) => !model.choice.left.has(feature)));
  diagram.build(model);
  buildControls(byId("controls"), model, change);
  buildLegend();
  note();
  draw();
  if (focused) document.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}

/** Note the losses of now in the curves. */
function note() {
  const { training } = model;
  const point = { step: training.step, epoch: training.epoch + training.position / training.stepsPerEpoch };
  point.train = training.evaluate("train").loss;
  point.val = play.rows.val ? training.evaluate("val").loss : null;
  point.norms = training.last ? training.gradientNorms() : null;
  past.add(point);
  view.point = point;
}

/** Draw everything; while playing, a wide network's maps only as often as there is time for them. */
function draw() {
  if (!isPlaying || view.waits-- <= 0) {
    const before = performance.now();
    grid.run();
    diagram.draw(grid);
    drawBoundary(byId("boundary"), model, grid, view);
    view.waits = Math.min(Math.round((performance.now() - before) / MAP_TIME), MAX_WAITS);
  }
  drawLoss(byId("loss"), past);
  drawLines(byId("norms"), past.points, normLines(model), true);
  showWhere();
  if (!isPlaying) showNumbers();
}

function showWhere() {
  const { training } = model;
  const { train, val } = view.point;
  byId("where").replaceChildren(...[
    ["step", String(training.step)], ["epoch", written(view.point.epoch, 4)], ["loss", written(train, 4)],
    ...(val === null ? [] : [["validation", written(val, 4)]]), ...accuracyOf("train"),
  ].map(([name, value]) => element("span", {}, `${name} `, element("b", {}, value))));
}

/** The share of training rows that are told right, where there are classes. */
function accuracyOf(name) {
  const { task, off } = play.outputs;
  if (task === "regression" || task === "multilabel") return [];
  const { y } = model.training.evaluations[name].scopes.at(-1);
  const { t, count } = model.inputs.rows[name];
  const width = y.columns;
  const told = (data, row) => {
    if (width === 1) return Number(data[row] > (1 + off) / 2);
    let best = 0;
    for (let k = 1; k < width; k++) if (data[row * width + k] > data[row * width + best]) best = k;
    return best;
  };
  let right = 0;
  for (let row = 0; row < count; row++) right += told(y.data, row) === told(t, row);
  return [["accuracy", `${((100 * right) / count).toFixed(1)}%`]];
}

function stepOnce() {
  pause();
  model.training.makeStep();
  note();
  draw();
}

function frame(now) {
  if (!isPlaying) return;
  advance(now);
  draw();
  if (!Number.isFinite(view.point.train)) {
    byId("message").textContent = "The loss is no number any more: the steps were too large. Reset, with a lower learning rate.";
    pause();
    return;
  }
  requestAnimationFrame(frame);
}

/** The steps of one frame. */
function advance(now) {
  const { training } = model;
  const end = performance.now() + STEP_TIME;
  if (view.speed === "most") {
    do training.makeStep(); while (performance.now() < end);
    return note();
  }
  if (view.speed === "epoch") {
    do training.makeStep(); while (training.position > 0 && performance.now() < end);
    return note();
  }
  if (now - since < 1000 / view.speed - 4) return undefined;
  since = now;
  training.makeStep();
  return note();
}

function start() {
  if (isPlaying) return;
  isPlaying = true;
  byId("message").textContent = "";
  showPlaying();
  requestAnimationFrame(frame);
}

function pause() {
  if (!isPlaying) return;
  isPlaying = false;
  showPlaying();
  draw();
}

function showPlaying() {
  byId("play_button").textContent = isPlaying ? "❚❚ pause" : "▶ play";
  byId("play_button").setAttribute("aria-pressed", String(isPlaying));
  document.body.classList.toggle("playing", isPlaying);
}

function reset() {
  pause();
  model.restart();
  past = new Past();
  byId("message").textContent = "";
  rebuild();
}

/** Everything as the config has it. */
function giveBack() {
  model.choice = givenChoice();
  reset();
}
