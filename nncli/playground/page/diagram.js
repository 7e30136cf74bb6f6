// Diagram: the network as columns of units, each with what it sees, and lines for weights.

const UNIT = 36; // its side, in CSS pixels
const GAP = 8; // between units
const HEAD = 92; // room above them for a column's name and controls
const MIN_COLUMN = 100;
const LETTER = 7.5; // of a name of an input, and the most room that they have
const MAX_LABEL = 74;
const WIDE = 600; // of the drawing, where they have half as much again
const MAX_UNITS = 8; // of a column; the rest are a number

class Diagram {
  constructor(frame, { onSelect, onChange, onTip }) {
    Object.assign(this, { frame, onSelect, onChange, onTip });
    this.svg = drawn("svg", { role: "img", "aria-label": "Weights: blue are positive, orange negative; the thicker, the larger" });
    this.selected = { layer: 0, unit: 0 };
  }

  /** Lay everything out anew for a model. */
  build(model) {
    this.model = model;
    const { layers } = model.training.network;
    const widths = [model.inputs.count, ...layers.map(({ sizes }) => sizes.units)];
    const shown = widths.map((width) => Math.min(width, MAX_UNITS));
    const longest = Math.max(...model.inputs.labels.map((label) => label.length));
    const isWide = this.frame.parentElement.clientWidth > WIDE;
    this.margin = Math.min(10 + longest * LETTER, isWide ? 1.5 * MAX_LABEL : MAX_LABEL);
    const room = this.frame.parentElement.clientWidth - this.margin - UNIT - 36;
    const step = Math.max(MIN_COLUMN, room / layers.length);
    const height = HEAD + Math.max(...shown) * (UNIT + GAP) + 26;
    this.x = (column) => this.margin + column * step;
    const most = Math.max(...shown);
    this.y = (column, unit) => HEAD + ((most - shown[column]) * (UNIT + GAP)) / 2 + unit * (UNIT + GAP);
    const width = this.margin + layers.length * step + UNIT + 36;
    filled(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` }, []);
    this.frame.style.height = `${height}px`;
    this.frame.style.width = `${width}px`;
    this.lines = [];
    this.units = [];
    const inputs = this.inputColumn(shown[0], widths[0]);
    const columns = layers.flatMap((layer, index) => this.layerColumn(layer, index, shown, widths));
    this.svg.replaceChildren(...this.lines.map(({ group }) => group));
    this.frame.replaceChildren(this.svg, ...inputs, ...columns);
    this.select(this.selected);
  }

  inputColumn(shown, width) {
    const nodes = [element("div", { class: "head", style: at(4, 0) }, element("b", {}, "inputs"))];
    for (let unit = 0; unit < shown; unit++) {
      const label = this.model.inputs.labels[unit];
      nodes.push(element("span", { class: "label", style: `${at(0, this.y(0, unit))}; width: ${this.margin - 6}px`, title: label }, label));
      nodes.push(this.unitBox(-1, unit, `input ${label}`));
    }
    if (width > shown) nodes.push(this.rest(0, shown, width));
    return nodes;
  }

  layerColumn(layer, index, shown, widths) {
    const column = index + 1;
    const nodes = [this.head(layer, index)];
    const isDense = layer.type === "dense";
    for (let unit = 0; unit < shown[column]; unit++) {
      for (let from = 0; from < shown[index]; from++) {
        if (isDense || from === unit) this.lines.push(this.line(index, from, unit, isDense));
      }
      nodes.push(this.unitBox(index, unit, `unit ${unit} of ${layer.name}`));
    }
    if (widths[column] > shown[column]) nodes.push(this.rest(column, shown[column], widths[column]));
    return nodes;
  }

  rest(column, shown, width) {
    return element("span", { class: "rest", style: at(this.x(column), this.y(column, shown)) }, `+ ${width - shown}`);
  }

  head(layer, index) {
    const { onChange } = this;
    const isOutput = index === this.model.choice.layers.length - 1;
    const isDense = layer.type === "dense";
    const name = isOutput ? "output" : isDense ? `hidden ${index + 1}` : layer.type;
    const title = element("span", { class: "title" }, element("b", { title: name }, name));
    const head = element("div", { class: "head", style: at(this.x(index + 1) - 31, 0) }, title);
    if (isOutput) {
      head.append(element("span", { class: "kind" }, layer.activation));
      return head;
    }
    const remove = element("button", { type: "button", "aria-label": `remove ${layer.name}`, title: "remove this layer",
      click: () => onChange((choice) => choice.layers.splice(index, 1)) }, "×");
    title.append(remove);
    if (!isDense) return head;
    head.append(this.activationChoice(layer, index), this.unitsChoice(layer, index));
    return head;
  }

  activationChoice(layer, index) {
    const own = { type: layer.activation, name: layer.fragment, keys: layer.keys, starts: layer.starts };
    const offered = play.choices.activations.filter(({ type }) => type !== own.type);
    const select = element("select", { "aria-label": `activation of ${layer.name}`,
      change: () => this.onChange((choice) => activate(choice.layers[index], [own, ...offered][select.selectedIndex])) },
      ...[own, ...offered].map(({ type }) => element("option", {}, type)));
    return select;
  }

  unitsChoice(layer, index) {
    const change = (by) => () => this.onChange((choice) => {
      const own = choice.layers[index];
      own.units = Math.max(1, own.units + by);
      if (own.starts?.W === undefined) own.starts = clone(play.choices.activations.find(({ type }) => type === own.activation)?.starts ?? {});
    });
    const button = (text, by, label) => element("button", { type: "button", "aria-label": `${label} unit in ${layer.name}`, click: change(by) }, text);
    return element("span", { class: "units" }, button("−", -1, "one less"), element("span", {}, String(layer.units)), button("+", 1, "one more"));
  }

  unitBox(layer, unit, label) {
    const canvas = element("canvas", {});
    const button = element("button", { type: "button", class: "unit", "aria-label": label,
      style: at(this.x(layer + 1), this.y(layer + 1, unit)), "data-layer": layer, "data-unit": unit,
      pointerenter: () => this.onTip(layer, unit, null, button), pointerleave: () => this.onTip(null),
      focus: () => this.onTip(layer, unit, null, button), blur: () => this.onTip(null),
      click: () => layer >= 0 && this.onSelect(layer, unit) }, canvas);
    this.units.push({ layer, unit, canvas, button });
    return button;
  }

  line(layer, from, unit, isDense) {
    const x1 = this.x(layer) + UNIT;
    const x2 = this.x(layer + 1);
    const y1 = this.y(layer, from) + UNIT / 2;
    const y2 = this.y(layer + 1, unit) + UNIT / 2;
    const bend = (x2 - x1) * 0.45;
    const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    const stroke = drawn("path", { class: "stroke", d });
    const reach = drawn("path", { class: "reach", d });
    const group = drawn("g", { class: "weight",
      pointerenter: () => isDense && this.onTip(layer, unit, from, reach), pointerleave: () => this.onTip(null),
      click: () => isDense && this.onTip(layer, unit, from, reach) }, reach, stroke);
    return { layer, from, unit, stroke, group, isDense };
  }

  select({ layer, unit }) {
    this.selected = { layer, unit };
    for (const box of this.units)
      box.button.setAttribute("aria-pressed", String(box.layer === layer && box.unit === unit));
  }

  /** Draw weights and what units see, as they are now. */
  draw(grid) {
    const { network, theta } = this.model.training;
    const views = network.layers.map((_, index) => network.views(index, theta));
    const largest = views.map(({ W }) => W ? W.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9) : 1);
    for (const { layer, from, unit, stroke, isDense } of this.lines) {
      const weight = isDense ? views[layer].W.at(from, unit) : 0;
      const share = Math.min(Math.abs(weight) / largest[layer], 1);
      const sign = weight < 0 ? colours.negative : colours.positive;
      set(stroke, "stroke", isDense ? css(sign, (0.25 + 0.75 * share).toFixed(2)) : colours.rule);
      set(stroke, "stroke-width", (0.6 + 4.4 * share).toFixed(1));
    }
    if (grid.count) for (const box of this.units) drawUnit(box, grid, network);
  }
}

/** An attribute, where it changes: most weights hardly move from frame to frame. */
function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

const at = (x, y) => `left: ${x.toFixed(1)}px; top: ${y.toFixed(1)}px`;

/** What a unit says all over the axes of the boundary: a map, or a curve. */
function drawUnit({ layer, unit, canvas }, grid, network) {
  const matrix = layer < 0 ? grid.passes.x : grid.passes.scopes[layer].y;
  let most = 1e-9;
  for (let k = 0; k < grid.count; k++) most = Math.max(most, Math.abs(matrix.data[k * matrix.columns + unit]));
  const isOutput = layer === network.layers.length - 1;
  if (!grid.isPlane) return drawUnitCurve(canvas, grid, matrix, unit, most);
  const context = canvas.getContext("2d");
  if (canvas.width !== grid.side) canvas.width = canvas.height = grid.side;
  if (layer < 0) most = Math.max(most, 1.5); // what is held still isn't strong
  const shift = isOutput && play.outputs.task !== "regression" && play.outputs.off === 0 ? 0.5 : 0;
  const scale = shift ? 2 : 1 / most;
  const image = paintPlane(grid, (index) => signPixel((matrix.data[index * matrix.columns + unit] - shift) * scale));
  return context.putImageData(image, 0, 0);
}

function drawUnitCurve(canvas, grid, matrix, unit, most) {
  const { context, width, height } = sheetOf(canvas);
  context.strokeStyle = colours.rule;
  context.beginPath();
  context.moveTo(0, height / 2);
  context.lineTo(width, height / 2);
  context.stroke();
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let k = 0; k < grid.count; k += 4)
    context.lineTo((k / (grid.count - 1)) * width, height / 2 - (matrix.data[k * matrix.columns + unit] / most) * (height / 2 - 3));
  context.stroke();
}
