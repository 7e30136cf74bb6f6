// Numbers: every formula of a unit at the step that was made last, forward, backward and update.

const MAX_WEIGHTS = 8; // of a unit, whose gradients and updates are shown

/** {layer, unit, row, mode} -> [{name, formula, numbers, value}]. */
function workedLines(model, { layer, unit, row, mode }) {
  const worked = new Worked(model, layer, unit, row);
  return worked[mode]();
}

class Worked {
  constructor(model, layer, unit, row) {
    Object.assign(this, { model, index: layer, unit, row, training: model.training });
    this.last = this.training.last;
    this.network = this.training.network;
    this.layer = this.network.layers[layer];
    this.operands = this.operandsOf(layer);
  }

  /** The arrays of a layer, with its parameters as they were before the update. */
  operandsOf(index) {
    const { network, training, last } = this;
    const layer = network.layers[index];
    const scope = last.passes.scopes[index];
    const symbol = (name) => `${name}${index + 1}`;
    const matrices = { ...scope, a: scope.y, da: scope.dy, z: scope.z ?? scope.y, dz: scope.dz ?? scope.dy };
    Object.assign(matrices, network.views(index, training.before.theta));
    for (const [name, matrix] of Object.entries(network.views(index, training.before.gradient)))
      matrices[`d${name}`] = matrix;
    const operands = { ...layer.keys, ...layer.regularizer?.keys };
    for (const [name, matrix] of Object.entries(matrices))
      if (matrix instanceof Matrix) operands[name] = { symbol: symbol(name), matrix };
    operands.x = { symbol: index ? `a${index}` : "x", matrix: scope.x };
    operands.dx = { symbol: index ? `da${index}` : "dx", matrix: scope.dx };
    return operands;
  }

  line(name, template, operands, at, place = "") {
    const own = this.operands[name];
    return {
      name: `${own.symbol}${place}`,
      formula: inSymbols(template, operands),
      numbers: inNumbers(template, operands, at),
      value: entry(own.matrix, ...at),
    };
  }

  forward() {
    const { layer, row, unit } = this;
    const lines = [];
    for (const [name, template] of Object.entries(layer.code.formulas)) {
      if (!template || !this.operands[name]?.matrix) continue;
      lines.push(this.line(name, layer.bias === false ? template.replace(" + {b}", "") : template, this.operands, [row, unit]));
    }
    if (this.index === this.network.layers.length - 1) lines.push(this.lossLine());
    return lines;
  }

  get lossOperands() {
    const { passes } = this.last;
    const { a } = this.operandsOf(this.network.layers.length - 1);
    return { ...this.network.loss.keys, a, t: { symbol: "t", matrix: passes.targets }, w: { symbol: "w", matrix: passes.weights.transposed } };
  }

  weighed(template) {
    return this.last.passes.weighted ? `(${template}) * {w}` : template;
  }

  lossLine() {
    const { passes } = this.last;
    const term = this.weighed(this.network.lossCode.formula);
    const template = scaledTemplate(`sum of ${term} over rows and outputs`, passes.factor);
    const penalty = this.network.penalty(this.training.before.theta);
    run(passes.termCalls);
    const after = this.network.penalty(this.training.theta);
    const value = passes.loss() - after + penalty;
    const more = penalty ? " + penalty" : "";
    return {
      name: "loss",
      formula: inSymbols(template, this.lossOperands) + more,
      numbers: inNumbers(template, this.lossOperands, [0, 0]) + (penalty ? ` + ${written(penalty, 4)}` : ""),
      value,
    };
  }

  backward() {
    const { index, layer, network, row, unit } = this;
    if (index < network.firstTrained) return [];
    const formulas = layer.code.backward_formulas;
    const lines = [];
    const isLast = index === network.layers.length - 1;
    if (isLast) lines.push(this.startLine());
    else {
      const template = network.layers[index + 1].code.backward_formulas.dx;
      if (template) lines.push(this.line("da", template, this.operandsOf(index + 1), [row, unit]));
    }
    if (formulas.dz && !(isLast && network.isMatched) && this.operands.dz?.matrix && this.layer.code.shapes.dz)
      lines.push(this.line("dz", formulas.dz, this.operands, [row, unit]));
    for (const name of layer.code.params) {
      if (this.operands[`d${name}`]?.matrix) lines.push(...this.gradientLines(name));
    }
    return lines;
  }

  startLine() {
    const { network, row, unit } = this;
    const code = network.lossCode;
    const [name, formula] = network.isMatched ? ["dz", code.score_gradient_formula] : ["da", code.gradient_formula];
    const template = scaledTemplate(this.weighed(formula), this.last.passes.factor);
    return this.line(name, template, this.lossOperands, [row, unit]);
  }

  /** Of a kernel one for each weight that leads to the unit. */
  gradientLines(name) {
    const template = this.layer.code.backward_formulas[`d${name}`];
    if (!template) return [];
    const { matrix } = this.operands[`d${name}`];
    const penalty = name === "W" && this.layer.regularizer;
    const more = penalty ? ` + ${play.fragments.regularizers[penalty.name].gradient_formula}` : "";
    return this.places(name, matrix).map(([at, place]) => this.line(`d${name}`, template + more, this.operands, at, place));
  }

  places(name, matrix) {
    if (this.layer.code.shapes[name].length === 1) return [[[0, this.unit], `[${this.unit}]`]];
    const count = Math.min(matrix.rows, MAX_WEIGHTS);
    return Array.from({ length: count }, (_, k) => [[k, this.unit], `[${k}, ${this.unit}]`]);
  }

  /** The optimizer's formulas, weight by weight. */
  update() {
    return this.network.tensors
      .filter((tensor) => tensor.layer === this.index && tensor.zone === 0)
      .flatMap((tensor) => {
        const matrix = this.operands[tensor.name].matrix;
        return this.places(tensor.name, matrix).flatMap(([at, place]) => this.updateLines(tensor, at, place));
      });
  }

  updateLines(tensor, [row, column], place) {
    const { training, last } = this;
    const { update, before } = training;
    const flat = tensor.start + row * tensor.columns + column;
    const symbol = `${tensor.name}${this.index + 1}${place}`;
    const keys = partOf(update.keys);
    const slotsOf = (slots) => Object.fromEntries(Object.entries(slots).map(([name, data]) => [name, data[flat]]));
    const step = update.stepsBefore + last.number;
    const old = optimizerShown[update.name](keys, slotsOf(before.slots), step - 1);
    const now = { ...optimizerShown[update.name](keys, slotsOf(update.slots), step), theta: training.theta[flat] };
    const gradient = before.gradient[flat] * training.clipping;
    const lines = [];
    if (training.clipping < 1) lines.push({ name: `g, of d${symbol}`, formula: "clipped to the limit", numbers: `${written(before.gradient[flat], 4)} * ${written(training.clipping, 4)}`, value: gradient });
    const one = (name, value) => ({ symbol: name, matrix: Matrix.number(value) });
    const operands = { ...update.keys, W: one(symbol, before.theta[flat]), g: one(`d${symbol}`, gradient), lr: one("lr", last.rate), step };
    for (const [name, value] of Object.entries(old)) operands[name] = one(SLOT_LETTERS[name] ?? name, value);
    for (const [name, template] of Object.entries(update.code.formulas)) {
      const own = name === "theta" ? symbol : SLOT_LETTERS[name] ?? name;
      lines.push({ name: `${own}`, isNew: true, formula: inSymbols(template, operands), numbers: inNumbers(template, operands, [0, 0]), value: now[name] });
      operands[name] = one(own, now[name]);
    }
    return lines;
  }
}

const SLOT_LETTERS = { velocity: "v", squares: "s" };
