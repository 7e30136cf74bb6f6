// Boundary: what the network says all over one or two features, with the rows on top.

const MAX_DOTS = 700;

/** Of each target the middle of the training rows', and how far they go from it. */
const targetSpans = play.outputs.targets.map((_, target) => {
  const { t, count } = play.rows.train;
  const own = Array.from({ length: count }, (__, row) => t[(row * t.length) / count + target]);
  const [least, most] = [Math.min(...own), Math.max(...own)];
  return { middle: (least + most) / 2, reach: (most - least) / 2 || 1 };
});

/** Where a number stands among the training rows': from -1, the lowest, to 1, the highest. */
const level = (value, target) => (value - targetSpans[target].middle) / targetSpans[target].reach;

/** What a row of outputs means, as a pixel: the likeliest class, or one number around its middle. */
function outputPixel(outputs, place, count, target) {
  const { task, off } = play.outputs;
  if (task === "regression") return signPixel(level(outputs[place + target], target));
  if (count > 1 && task !== "multilabel") return classesPixel(outputs, place, count);
  return signPixel((2 * (outputs[place + target] - off)) / (1 - off) - 1);
}

const EDGE = { left: 56, right: 10, top: 10, bottom: 34 };

/** Draw all of it. */
function drawBoundary(canvas, model, grid, { target, shown }) {
  const { context, width, height } = sheetOf(canvas);
  const box = { x: EDGE.left, y: EDGE.top, width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
  context.font = "12px system-ui, sans-serif";
  if (grid.count === 0) drawAgreement(context, box, model, target);
  else if (grid.isPlane) drawPlane(context, box, model, grid, target, shown);
  else drawCurve(context, box, model, grid, target, shown);
}

function drawPlane(context, box, model, grid, target, shown) {
  const { y } = grid.passes.scopes.at(-1);
  const count = y.columns;
  const image = paintPlane(grid, (index) => outputPixel(y.data, index * count, count, target));
  putPlane(context, image, box.x, box.y, box.width, box.height);
  const [across, up] = grid.ranges;
  const place = ([x, value]) => [
    box.x + ((x - across[0]) / (across[1] - across[0])) * box.width,
    box.y + box.height - ((value - up[0]) / (up[1] - up[0])) * box.height,
  ];
  for (const [name, row] of shownRows(model, shown)) {
    const set = model.inputs.rows[name];
    const values = grid.axes.map((column) => noisyValue(model, name, row, column));
    drawDot(context, place(values), rowColour(set, row, target), name);
  }
  axisNames(context, box, grid.axes[0], across, grid.axes[1], up);
}

function drawCurve(context, box, model, grid, target, shown) {
  const { y } = grid.passes.scopes.at(-1);
  const [[low, high]] = grid.ranges;
  const [least, most] = valueRange(y, target);
  const place = (x, value) => [
    box.x + ((x - low) / (high - low)) * box.width,
    box.y + box.height - ((value - least) / (most - least || 1)) * box.height,
  ];
  for (const [name, row] of shownRows(model, shown)) {
    const set = model.inputs.rows[name];
    const value = noisyValue(model, name, row, grid.axes[0]);
    const { task } = play.outputs;
    const colour = task === "regression" ? colours.positive : rowColour(set, row, target);
    const own = task === "classification" ? 1 : set.t[row * y.columns + target];
    drawDot(context, place(value, own), colour, name);
  }
  const outputs = play.outputs.task === "regression" || y.columns === 1 ? [target] : [...Array(y.columns).keys()];
  for (const output of outputs) {
    context.beginPath();
    for (let k = 0; k < grid.count; k++)
      context.lineTo(...place(low + ((high - low) * k) / (grid.count - 1), y.data[k * y.columns + output]));
    context.strokeStyle = outputs.length > 1 ? css(classColour(output, y.columns)) : colours.accent;
    context.lineWidth = 2.5;
    context.stroke();
  }
  axisNames(context, box, grid.axes[0], grid.ranges[0], targetAxis(target), [least, most]);
}

/** Predicted against true, where no feature is a plain number. */
function drawAgreement(context, box, model, target) {
  const { passes } = model.training.evaluate("train");
  const { y } = passes.scopes.at(-1);
  const set = model.inputs.rows.train;
  const [least, most] = valueRange(y, target);
  const at = (value) => (value - least) / (most - least || 1);
  context.strokeStyle = colours.rule;
  context.beginPath();
  context.moveTo(box.x, box.y + box.height);
  context.lineTo(box.x + box.width, box.y);
  context.stroke();
  for (const [name, row] of shownRows(model, { train: true }))
    drawDot(context, [
      box.x + at(set.t[row * y.columns + target]) * box.width,
      box.y + box.height - at(y.data[row * y.columns + target]) * box.height,
    ], rowColour(set, row, target), name);
  axisNames(context, box, { ...targetAxis(target), label: "true" }, [least, most], { ...targetAxis(target), label: "predicted" }, [least, most]);
}

function noisyValue(model, name, row, column) {
  const { kept, rows, count } = model.inputs;
  const place = kept.indexOf(column);
  return place < 0 ? play.rows[name].x[row * columns.length + column.place] : rows[name].x[row * count + place];
}

function* shownRows(model, shown) {
  for (const [name, set] of Object.entries(model.inputs.rows)) {
    if (!shown[name]) continue;
    const stride = Math.max(1, Math.ceil(set.count / MAX_DOTS));
    for (let row = 0; row < set.count; row += stride) yield [name, row];
  }
}

function rowColour(set, row, target) {
  const { task, off } = play.outputs;
  const count = set.t.length / set.count;
  const own = set.t.subarray(row * count, (row + 1) * count);
  if (task === "regression") {
    const size = level(own[target], target);
    return mixed(size < 0 ? colours.negative : colours.positive, Math.min(0.25 + Math.abs(size), 1));
  }
  if (count > 1 && task !== "multilabel") return classColour(own.indexOf(Math.max(...own)), count);
  return own[target] > (1 + off) / 2 ? colours.positive : colours.negative;
}

function valueRange(y, target) {
  let [least, most] = [Infinity, -Infinity];
  const take = (value) => {
    if (!Number.isFinite(value)) return;
    least = Math.min(least, value);
    most = Math.max(most, value);
  };
  for (const set of Object.values(play.rows))
    for (let row = 0; row < set.count; row++) take(set.t[row * y.columns + target]);
  const room = (most - least || 1) * 0.25;
  return [least - room, most + room];
}

function drawDot(context, [x, y], colour, name) {
  context.beginPath();
  context.arc(x, y, name === "train" ? 3.2 : 2.6, 0, 7);
  context.fillStyle = css(colour);
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = name === "train" ? css(colours.paper) : colours.ink;
  context.stroke();
}

function targetAxis(target) {
  const { shift, scale, targets, task } = play.outputs;
  if (task !== "regression") return { label: "output", shift: 0, scale: 1 };
  return { label: targets[target], shift: shift[target], scale: scale[target] };
}

function axisNames(context, box, across, [left, right], up, [bottom, top]) {
  context.fillStyle = colours.soft;
  context.textAlign = "center";
  context.fillText(across.label, box.x + box.width / 2, box.y + box.height + 29);
  for (const value of ticks(inUnits(across, left), inUnits(across, right))) {
    const share = (fromUnits(across, value) - left) / (right - left);
    context.fillText(written(value), box.x + share * box.width, box.y + box.height + 14);
  }
  context.textAlign = "right";
  for (const value of ticks(inUnits(up, bottom), inUnits(up, top))) {
    const share = (fromUnits(up, value) - bottom) / (top - bottom);
    context.fillText(written(value), box.x - 5, box.y + (1 - share) * box.height + 4);
  }
  context.save();
  context.translate(11, box.y + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(up.label, 0, 0);
  context.restore();
}

/** Four or so round numbers between two. */
function ticks(from, to) {
  const rough = Math.abs(to - from) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.8);
  const first = Math.ceil(Math.min(from, to) / step - 0.01);
  const last = Math.floor(Math.max(from, to) / step + 0.01);
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}
