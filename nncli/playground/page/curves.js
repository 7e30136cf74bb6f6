// Curves: loss and gradient norms over the steps made so far.

const MAX_POINTS = 600;

class Past {
  constructor() {
    this.points = [];
    this.stride = 1;
    this.calls = 0;
  }

  /** Note {step, epoch, train, val, norms}; once there are many, every second goes. */
  add(point) {
    if (this.calls++ % this.stride) return;
    this.points.push(point);
    if (this.points.length <= MAX_POINTS) return;
    this.points = this.points.filter((_, index) => index % 2 === 0);
    this.stride *= 2;
  }
}

/** Lines over epochs; lines: [{label, colour, of(point), dash}]; isLog: whether upwards is a power. */
function drawLines(canvas, points, lines, isLog) {
  const { context, width, height } = sheetOf(canvas);
  const box = { x: 46, y: 8, width: width - 54, height: height - 30 };
  const scaled = (value) => (isLog ? Math.log10(Math.max(value, 1e-12)) : value);
  const values = lines.flatMap(({ of }) => points.map(of)).filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = colours.soft;
  context.strokeStyle = colours.rule;
  context.strokeRect(box.x, box.y, box.width, box.height);
  if (values.length === 0) return;
  let [low, high] = values.reduce(([l, h], value) => [Math.min(l, scaled(value)), Math.max(h, scaled(value))], [Infinity, -Infinity]);
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const end = points.at(-1).epoch;
  const start = points[0].epoch;
  const place = (point, value) => [
    box.x + ((point.epoch - start) / (end - start || 1)) * box.width,
    box.y + box.height - ((scaled(value) - low) / (high - low)) * box.height,
  ];
  for (const { of, colour, dash = [] } of lines) {
    context.beginPath();
    for (const point of points) {
      const value = of(point);
      if (Number.isFinite(value)) context.lineTo(...place(point, value));
    }
    if (points.length === 1) context.lineTo(box.x + 4, place(points[0], of(points[0]))[1]); // the start, as a tick
    context.strokeStyle = colour;
    context.setLineDash(points.length > 1 ? dash : []);
    context.lineWidth = 1.8;
    context.stroke();
  }
  context.setLineDash([]);
  context.textAlign = "right";
  const own = (value) => written(isLog ? 10 ** value : value, 2);
  context.fillText(own(high), box.x - 4, box.y + 10);
  context.fillText(own(low), box.x - 4, box.y + box.height);
  if (end > start) context.fillText(written(end), box.x + box.width, box.y + box.height + 15);
  context.textAlign = "left";
  context.fillText(written(start), box.x, box.y + box.height + 15);
  context.textAlign = "center";
  context.fillText("epoch", box.x + box.width / 2, box.y + box.height + 15);
}

function drawLoss(canvas, past) {
  const lines = [{ of: ({ train }) => train, colour: colours.ink }];
  if (play.rows.val) lines.push({ of: ({ val }) => val, colour: colours.accent, dash: [5, 3] });
  drawLines(canvas, past.points, lines, false);
}

/** A line for each layer that learns, from orange (first) to blue (last). */
function normLines(model) {
  const { layers } = model.training.network;
  const learning = layers.map((layer, index) => ({ layer, index })).filter(({ index }) => model.training.gradientNorms()[index] !== null);
  return learning.map(({ layer, index }, place) => {
    const share = learning.length > 1 ? place / (learning.length - 1) : 1;
    const colour = colours.negative.map((part, k) => part + (colours.positive[k] - part) * share);
    return { label: layer.name, colour: css(colour), of: ({ norms }) => norms?.[index] };
  });
}
