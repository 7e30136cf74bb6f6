// Model: what is chosen on the page, and the training that follows from it.

const clone = (value) => structuredClone(value);

/** What may be changed, as the config has it. */
function givenChoice() {
  const { layers, optimizer, batchSize } = play.settings;
  return {
    layers: layers.map((layer, index) => ({ ...clone(layer), given: index })),
    optimizer: clone(optimizer),
    batchSize,
    noise: 0,
    left: new Set(),
    added: new Set(),
  };
}

/** A network's shape: with another, weights of before have no place. */
function shapeOf(choice) {
  const layers = choice.layers.map(({ type, fragment, units }) => [type, fragment, units]);
  return JSON.stringify([layers, [...choice.left].sort(), [...choice.added].sort()]);
}

class Model {
  constructor() {
    this.choice = givenChoice();
    this.givenShape = shapeOf(this.choice);
    this.seed = 0;
    this.restart();
  }

  get isGivenShape() {
    return shapeOf(this.choice) === this.givenShape;
  }

  get settings() {
    const { layers, optimizer, batchSize } = this.choice;
    return { ...play.settings, inputs: this.inputs.count, layers: named(layers), optimizer, batchSize };
  }

  /** Begin anew: from the config's own weights, or from drawn ones where the network is another. */
  restart() {
    this.inputs = new Inputs({ ...this.choice, seed: this.seed });
    this.shape = shapeOf(this.choice);
    const { settings } = this;
    const start = this.isGivenShape ? play.start : this.drawn(settings);
    this.training = new Training(settings, this.inputs.rows, start);
  }

  /** Take up a change: training goes on where the weights still fit, and else begins anew. */
  apply(change) {
    change(this.choice);
    if (shapeOf(this.choice) !== this.shape) return this.restart();
    this.inputs = new Inputs({ ...this.choice, seed: this.seed });
    this.training.rows = this.inputs.rows;
    this.training.settings = this.settings;
    this.training.renew();
    return undefined;
  }

  drawn(settings) {
    const network = new Network(settings.inputs, settings.layers, settings.loss);
    const theta = new Float64Array(network.size);
    const random = Generator.of(this.seed);
    for (const tensor of network.tensors) {
      const how = settings.layers[tensor.layer].starts?.[tensor.name];
      const own = theta.subarray(tensor.start, tensor.start + tensor.rows * tensor.columns);
      if (how) fill(own, how, tensor, random);
    }
    const { shuffle, dropout } = play.start;
    return { theta, slots: {}, step: 0, epoch: 0, shuffle, dropout };
  }
}

/** Layers named hidden_1, hidden_2, ..., output, as nncli has them. */
function named(layers) {
  const last = layers.length - 1;
  return layers.map((layer, index) => ({ ...layer, name: index === last ? "output" : `hidden_${index + 1}` }));
}

function fill(own, how, tensor, random) {
  const [[kind, rule]] = Object.entries(how);
  if (kind === "constant") return own.fill(rule);
  const fanIn = tensor.rows === 1 ? tensor.columns : tensor.rows;
  const variance = typeof rule === "string" ? initialVariances[rule](null, fanIn, tensor.columns) : null;
  if (kind === "normal") {
    const [mean, std] = variance === null ? rule : [0, Math.sqrt(variance)];
    return own.forEach((_, k) => (own[k] = mean + std * random.normal()));
  }
  const limit = variance === null ? null : Math.sqrt(3 * variance);
  const [low, high] = limit === null ? rule : [-limit, limit];
  return own.forEach((_, k) => (own[k] = low + (high - low) * random.uniform()));
}

/** A dense layer of so many units, with an activation as `play.choices` has them. */
function denseLayer(units, activation, regularizer) {
  const layer = { type: "dense", units, bias: true };
  activate(layer, activation);
  if (regularizer) layer.regularizer = clone(regularizer);
  return layer;
}

function activate(layer, activation) {
  layer.fragment = activation.name;
  layer.activation = activation.type;
  layer.keys = { ...activation.keys };
  layer.starts = clone(activation.starts);
  delete layer.given;
}
