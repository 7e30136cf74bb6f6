// Network: layers in a row on one vector theta, as nncli lays them out, and passes through them.

/**
 * Where the numbers of a network lie. layers: [{name, fragment, keys, units, frozen, bias,
 * regularizer}]; an entry of `frozen` names a tensor that doesn't learn.
 */
class Network {
  constructor(inputs, layers, loss) {
    Object.assign(this, { inputs, loss });
    let width = inputs;
    this.layers = layers.map((layer) => {
      const fragment = play.fragments.layers[layer.fragment];
      const sizes = { inputs: width, units: layer.units ?? width };
      width = sizes.units;
      return { ...layer, code: fragment, sizes };
    });
    this.outputs = width;
    this.tensors = this.laidOut();
    this.lossCode = play.fragments.losses[loss.name];
    this.isMatched = this.lossCode.matched === this.layers.at(-1).activation;
    this.firstTrained = this.layers.findIndex((_, index) =>
      this.tensors.some((tensor) => tensor.layer === index && tensor.zone === 0));
  }

  /** Trained tensors first, then frozen ones, then states; in each the order of the layers. */
  laidOut() {
    const tensors = this.layers.flatMap((layer, index) => this.tensorsOf(layer, index));
    this.size = 0;
    for (const zone of [0, 1, 2]) {
      for (const tensor of tensors) {
        if (tensor.zone !== zone) continue;
        tensor.start = this.size;
        this.size += tensor.rows * tensor.columns;
      }
      if (zone === 0) this.trainable = this.size;
    }
    return tensors;
  }

  tensorsOf(layer, index) {
    const { params, state, shapes } = layer.code;
    return [...params, ...state].filter((name) => name !== "b" || layer.bias !== false).map((name) => {
      const [columns, rows = 1] = shapes[name].map((axis) => layer.sizes[axis]).reverse();
      const isFrozen = layer.frozen?.includes(name);
      const zone = state.includes(name) ? 2 : isFrozen ? 1 : 0;
      return { layer: index, name, rows, columns, zone };
    });
  }

  /** Each tensor of a layer as a view into theta or a gradient; null where that doesn't reach. */
  views(index, flat) {
    const own = this.tensors.filter((tensor) => tensor.layer === index);
    return Object.fromEntries(own.map(({ name, rows, columns, start }) => {
      const end = start + rows * columns;
      return [name, end <= flat.length ? new Matrix(flat.subarray(start, end), rows, columns) : null];
    }));
  }

  penalty(theta) {
    let total = 0;
    this.layers.forEach((layer, index) => {
      if (!layer.regularizer) return;
      const { l1 = 0, l2 = 0 } = layer.regularizer.keys;
      for (const weight of this.views(index, theta).W.data)
        total += l1 * Math.abs(weight) + l2 * weight * weight;
    });
    return total;
  }
}

/** Passes of so many rows: scopes[k] has the arrays of layer k by their names. */
class Passes {
  constructor(network, theta, rows, { gradient = null, weighted = false, uniform = null } = {}) {
    Object.assign(this, { network, theta, rows, gradient, weighted });
    this.x = Matrix.zeros(rows, network.inputs);
    this.targets = Matrix.zeros(rows, network.outputs);
    this.weights = new Matrix(new Float64Array(rows).fill(1), 1, rows);
    const ones = new Matrix(new Float64Array(rows).fill(1), 1, rows);
    this.scopes = [];
    network.layers.forEach((layer, index) => this.scopes.push(this.scope(layer, index, ones)));
    this.compile(uniform);
  }

  scope(layer, index, ones) {
    const { network, rows, gradient } = this;
    const before = this.scopes[index - 1];
    const learns = gradient && index >= network.firstTrained;
    const slopes = gradient ? network.views(index, gradient) : {};
    const own = network.views(index, this.theta);
    const given = { x: before ? before.y : this.x, ones, ...own };
    for (const name of layer.code.params) given[`d${name}`] = slopes[name] ?? null;
    if (layer.bias === false) given.b = null;
    if (!learns) given.dy = null;
    given.dx = learns && before && index > network.firstTrained ? before.dy : null;
    return scopeOf(layer.code.shapes, { rows, ...layer.sizes }, given);
  }

  compile(uniform) {
    const { network, scopes, gradient } = this;
    const keys = network.layers.map((layer) => ({ ...layer.keys, ...layer.sizes, rows: this.rows }));
    const code = (index, name) =>
      compiled(network.layers[index].code[name], scopes[index], keys[index], uniform);
    const all = [...scopes.keys()];
    this.forward = all.flatMap((index) => code(index, gradient ? "forward" : "evaluate"));
    this.compileLoss();
    if (!gradient) return;
    const last = all.length - 1;
    const inner = all.slice(network.firstTrained, last).reverse();
    this.backward = [
      ...this.lossGradient,
      ...code(last, network.isMatched ? "affine" : "backward"),
      ...inner.flatMap((index) => code(index, "backward")),
      ...all.flatMap((index) => this.penaltyBackward(index)),
    ];
  }

  compileLoss() {
    const { network, rows } = this;
    const { loss, lossCode: code, outputs: units } = network;
    const keys = { ...loss.keys, rows, units };
    keys.factor = this.factor = valueOf(code.factor, keys);
    const { scratch, ...last } = this.scopes.at(-1);
    this.lossScope = scopeOf(code.shapes, { rows, units, inputs: 1 }, { ...last, t: this.targets });
    const terms = network.isMatched ? "terms_from_scores" : "terms";
    this.termCalls = compiled(code[terms], this.lossScope, keys);
    this.terms = this.lossScope[code[`${terms}_result`]];
    const gradient = network.isMatched ? "score_gradient" : "gradient";
    this.lossGradient = compiled(code[gradient], this.lossScope, keys);
    const slope = network.isMatched ? last.dz ?? last.dy : last.dy;
    if (this.weighted && slope)
      this.lossGradient.push(callOf("multiply", slope, [slope, this.weights.transposed]));
  }

  penaltyBackward(index) {
    const { regularizer } = this.network.layers[index];
    if (!regularizer) return [];
    const { W, dW } = this.scopes[index];
    const scope = { W, dW, penalty: dW && Matrix.zeros(W.rows, W.columns) };
    return compiled(play.fragments.regularizers[regularizer.name].backward, scope, regularizer.keys);
  }

  /** Take these rows of a set. */
  take(set, index) {
    const { x, targets } = this;
    for (let row = 0; row < this.rows; row++) {
      const from = index ? index[row] : row;
      for (let k = 0; k < x.columns; k++) x.data[row * x.columns + k] = set.x[from * x.columns + k];
      for (let k = 0; k < targets.columns; k++)
        targets.data[row * targets.columns + k] = set.t[from * targets.columns + k];
      if (set.w) this.weights.data[row] = set.w[from];
    }
  }

  /** The objective of the rows last passed forward, penalties included. */
  loss() {
    run(this.termCalls);
    const { terms, rows, weights } = this;
    const width = terms.size / rows;
    let total = 0;
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += terms.data[row * width + k];
      total += sum * weights.data[row];
    }
    return total * this.factor + this.network.penalty(this.theta);
  }
}
