// Training: batches, gradients and updates, step by step as `nncli train` makes them.

/** Which rows each step takes. */
class Batches {
  constructor(rows, size, sampling, random) {
    Object.assign(this, { rows, sampling, random });
    this.size = Math.min(size, rows);
    this.isInPlace = this.size === rows && sampling !== "with_replacement";
    this.perPass = sampling === "shuffle" ? Math.ceil(rows / this.size) : 1;
  }

  /** The rows of step 0, 1, ... of an epoch, in order. */
  draw(step) {
    const { rows, size, sampling, random } = this;
    if (this.isInPlace) return Int32Array.from({ length: rows }, (_, row) => row);
    if (sampling === "with_replacement")
      return Int32Array.from({ length: size }, () => random.integer(rows - 1));
    if (sampling === "without_replacement") return random.choice(rows, size);
    const place = step % this.perPass;
    if (place === 0 || !this.order) this.order = random.permutation(rows);
    return this.order.subarray(place * size, (place + 1) * size);
  }
}

/** What an optimizer does to theta with a gradient. */
class Update {
  constructor({ name, keys, clip, stepsBefore = 0 }, theta, gradient) {
    const code = play.fragments.optimizers[name];
    Object.assign(this, { name, keys, code, stepsBefore });
    const vector = (data) => new Matrix(data, 1, data.length);
    const given = { theta: vector(theta), g: vector(gradient) };
    this.scope = scopeOf(code.shapes, { parameters: theta.length }, given);
    this.slots = {};
    for (const [slot, start] of Object.entries(code.slots)) {
      this.slots[slot] = this.scope[slot].data.fill(valueOf(start, keys));
    }
    this.calls = compiled(code.update, this.scope, keys);
    if (clip === null || clip === undefined) return;
    const clipCode = play.fragments.clip;
    const clipScope = scopeOf(clipCode.shapes, {}, { g: given.g });
    this.calls.unshift(...compiled(clipCode.update, clipScope, { limit: clip }));
  }

  /** Make step 1, 2, ... at a rate. */
  step(number, rate) {
    const scalars = optimizerScalars[this.name](partOf(this.keys), this.stepsBefore + number, rate);
    for (const [name, value] of Object.entries(scalars)) this.scope[name].data[0] = value;
    run(this.calls);
  }
}

/** Keys as a part has them: betas_0 and betas_1 are betas. */
function partOf(keys) {
  const part = { ...keys };
  for (const [name, value] of Object.entries(keys)) {
    const found = /^(.+)_(\d)$/.exec(name);
    if (found) (part[found[1]] ??= [])[Number(found[2])] = value;
  }
  return part;
}

/** The factor of the learning rate at t; after the run's end it stays. */
function scheduleFactor({ name, keys, total, warmup }, t) {
  if (t < warmup) return (t + 1) / warmup;
  const after = Math.max(total - warmup, 1);
  return scheduleFactors[name](keys, Math.min(t - warmup, after), after, Math.max(after - 1, 1));
}

/**
 * A run under way. settings: {inputs, layers, loss, optimizer, schedule, batchSize, sampling,
 * stepsPerEpoch}; rows: {train, val}; start: {theta, slots, step, epoch, shuffle, dropout}.
 */
class Training {
  constructor(settings, rows, start) {
    Object.assign(this, { settings, rows });
    const { inputs, layers, loss } = settings;
    this.network = new Network(inputs, layers, loss);
    this.theta = Float64Array.from(start.theta);
    this.step = start.step;
    this.epoch = start.epoch;
    this.position = 0;
    this.shuffle = new Generator(start.shuffle);
    this.dropout = new Generator(start.dropout);
    this.gradient = new Float64Array(this.network.trainable);
    this.trained = this.theta.subarray(0, this.network.trainable);
    this.passes = new Map();
    this.before = { theta: this.theta.slice(), gradient: this.gradient.slice(), slots: {} };
    this.renew();
    for (const [name, slot] of Object.entries(start.slots)) this.update.slots[name]?.set(slot);
  }

  /** Take up settings that leave the network as it is; slots start anew with another optimizer. */
  renew() {
    const { train } = this.rows;
    const { optimizer, batchSize, sampling, loss, layers } = this.settings;
    const kept = this.update && this.update.name === optimizer.name ? this.update.slots : {};
    this.network = new Network(this.settings.inputs, layers, loss);
    this.update = new Update(optimizer, this.trained, this.gradient);
    for (const [name, slot] of Object.entries(kept)) this.update.slots[name]?.set(slot);
    const { slots } = this.update;
    this.before.slots = Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, slot.slice()]));
    this.last = null; // its arrays are those of settings before
    if (this.batches?.size !== Math.min(batchSize, train.count)) {
      this.batches = new Batches(train.count, batchSize, sampling, this.shuffle);
      this.position = 0;
    }
    this.passes.clear();
    this.evaluations = {};
  }

  get stepsPerEpoch() {
    return this.settings.stepsPerEpoch ?? this.batches.perPass;
  }

  get learningRate() {
    const { optimizer, schedule } = this.settings;
    const t = schedule.interval === "step" ? this.step : this.epoch;
    return optimizer.keys.learning_rate * scheduleFactor(schedule, t);
  }

  passesOf(rows) {
    if (!this.passes.has(rows)) {
      const { network, theta, gradient, dropout } = this;
      const weighted = Boolean(this.rows.train.w);
      const options = { gradient, weighted, uniform: () => dropout.uniform() };
      this.passes.set(rows, new Passes(network, theta, rows, options));
    }
    return this.passes.get(rows);
  }

  /** One gradient and one update. */
  makeStep() {
    const index = this.batches.draw(this.position);
    const passes = this.passesOf(index.length);
    passes.take(this.rows.train, index);
    run(passes.forward);
    run(passes.backward);
    this.before.theta.set(this.theta);
    this.before.gradient.set(this.gradient);
    for (const [name, slot] of Object.entries(this.update.slots)) this.before.slots[name].set(slot);
    const rate = this.learningRate;
    this.step += 1;
    this.update.step(this.step, rate);
    this.last = { index, passes, rate, number: this.step, epoch: this.epoch + 1 };
    this.position += 1;
    if (this.position === this.stepsPerEpoch) {
      this.position = 0;
      this.epoch += 1;
    }
  }

  /** Outputs and objective of a set of rows at the weights of now: {passes, loss}. */
  evaluate(name) {
    const set = this.rows[name];
    const passes = (this.evaluations[name] ??= new Passes(this.network, this.theta, set.count));
    passes.take(set);
    run(passes.forward);
    return { passes, loss: passes.loss() };
  }

  /** What the last gradient was multiplied by, to be no longer than the limit. */
  get clipping() {
    const { clip } = this.settings.optimizer;
    const norm = Math.hypot(...this.before.gradient);
    return clip ? clip / Math.max(norm, clip) : 1;
  }

  /** The length of each layer's gradient in the last step, of those that learn. */
  gradientNorms() {
    return this.network.layers.map((_, index) => {
      const own = Object.values(this.network.views(index, this.before.gradient)).filter(Boolean);
      return own.length ? Math.hypot(...own.map((matrix) => Math.hypot(...matrix.data))) : null;
    });
  }
}
