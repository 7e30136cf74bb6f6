// Controls: what may be changed, offered as lists and numbers.

const RATES = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const STRENGTHS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const DROPS = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5];
const NOISES = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 1];
const SIZES = [1, 2, 4, 8, 10, 16, 32, 64, 128, 256];

/** Fill the form with what is chosen; change(f) applies f to the choice. */
function buildControls(form, model, change) {
  const { choice } = model;
  form.replaceChildren(
    rateControl(choice, change), optimizerControl(choice, change), ...keyControls(choice, change),
    sizeControl(choice, change), ...penaltyControls(choice, change), dropControl(choice, change),
    noiseControl(choice, change), layerControl(choice, change), ...featureControls(choice, change),
  );
}

/** A labelled list; options: [[text, value]]; pick(value). */
function listed(label, options, current, pick) {
  const select = element("select", { "aria-label": label, change: () => pick(options[select.selectedIndex][1]) },
    ...options.map(([text, value]) => element("option", { selected: value === current }, text)));
  return element("label", { class: "control" }, label, select);
}

/** Numbers to choose from, with the one of now among them. */
function numbersWith(list, own) {
  return [...new Set([...list, own])].sort((a, b) => a - b).map((value) => [String(value), value]);
}

function rateControl({ optimizer }, change) {
  const rate = optimizer.keys.learning_rate;
  return listed("learning rate", numbersWith(RATES, rate), rate,
    (value) => change((choice) => (choice.optimizer.keys.learning_rate = value)));
}

function optimizerControl({ optimizer }, change) {
  const given = play.settings.optimizer;
  const offered = [given, ...play.choices.optimizers.filter(({ name }) => name !== given.name)];
  const options = offered.map((each) => [each.name, each.name]);
  return listed("optimizer", options, optimizer.name, (name) => change((choice) => {
    const found = clone(offered.find((each) => each.name === name));
    found.keys.learning_rate = choice.optimizer.keys.learning_rate;
    choice.optimizer = { ...found, clip: choice.optimizer.clip };
  }));
}

/** The optimizer's other keys as numbers. */
function keyControls({ optimizer }, change) {
  return Object.entries(optimizer.keys).filter(([name]) => name !== "learning_rate").map(([name, value]) => {
    const input = element("input", { type: "number", step: "any", min: 0, value, "aria-label": name, change: () => {
      const number = Number(input.value);
      if (input.value !== "" && number > 0 && (number < 1 || !/momentum|betas|rho/.test(name))) change((choice) => (choice.optimizer.keys[name] = number));
      else input.value = value;
    } });
    return element("label", { class: "control" }, name.replace("_", " "), input);
  });
}

function sizeControl({ batchSize }, change) {
  const rows = play.rows.train.count;
  const sizes = [...new Set([...SIZES.filter((size) => size < rows), Math.min(batchSize, rows), rows])].sort((a, b) => a - b);
  const options = sizes.map((size) => [size === rows ? `all ${rows}` : String(size), size]);
  return listed("batch size", options, Math.min(batchSize, rows), (value) => change((choice) => (choice.batchSize = value)));
}

function penaltyControls({ layers }, change) {
  const own = layers.find(({ regularizer }) => regularizer)?.regularizer;
  const set = (regularizer) => change((choice) => {
    for (const layer of choice.layers.slice(0, -1)) {
      if (layer.type !== "dense") continue;
      if (regularizer) layer.regularizer = clone(regularizer);
      else delete layer.regularizer;
    }
  });
  const offered = play.choices.regularizers;
  const kinds = listed("regularization", [["none", ""], ...offered.map(({ name }) => [name, name])], own?.name ?? "",
    (name) => set(offered.find((each) => each.name === name)));
  if (!own) return [kinds];
  const strength = Object.values(own.keys)[0];
  const strengths = listed("its strength", numbersWith(STRENGTHS, strength), strength, (value) => {
    const keys = Object.fromEntries(Object.keys(own.keys).map((key) => [key, value]));
    set({ ...own, keys });
  });
  return [kinds, strengths];
}

/** Dropout behind each hidden dense layer. */
function dropControl({ layers }, change) {
  const rate = layers.find(({ type }) => type === "dropout")?.keys.rate ?? 0;
  return listed("dropout", numbersWith(DROPS, rate), rate, (value) => change((choice) => {
    const own = choice.layers.filter(({ type }) => type === "dropout");
    if (value > 0 && own.length) return own.forEach((layer) => (layer.keys.rate = value));
    choice.layers = choice.layers.filter(({ type }) => type !== "dropout").flatMap((layer, index, all) => {
      if (value === 0 || layer.type !== "dense" || index === all.length - 1) return [layer];
      return [layer, { type: "dropout", fragment: play.choices.dropout[0].name, keys: { rate: value } }];
    });
    return undefined;
  }));
}

function noiseControl({ noise }, change) {
  return listed("noise on inputs", numbersWith(NOISES, noise), noise, (value) => change((choice) => (choice.noise = value)));
}

function layerControl({ layers }, change) {
  const add = () => change((choice) => {
    const hidden = choice.layers.slice(0, -1).filter(({ type }) => type === "dense").at(-1);
    const own = hidden && play.choices.activations.find(({ type }) => type === hidden.activation);
    const layer = denseLayer(hidden?.units ?? 4, own ?? play.choices.activations.find(({ type }) => type === "relu"), hidden?.regularizer);
    choice.layers.splice(-1, 0, layer);
  });
  return element("button", { type: "button", class: "control", disabled: layers.length > 8, click: add }, "+ hidden layer");
}

/** Features of the config to leave out, and derived ones to add. */
function featureControls({ left, added }, change) {
  const chip = (label, isOn, toggle) => {
    const box = element("input", { type: "checkbox", checked: isOn, change: () => change((choice) => toggle(choice, box.checked)) });
    return element("label", { class: "chip" }, box, label);
  };
  const own = play.features.length > 1 && play.features.length <= 12 ? play.features.map(({ name }, index) =>
    chip(name, !left.has(index), (choice, isOn) => {
      if (isOn) choice.left.delete(index);
      else if (choice.left.size < play.features.length - 1 || choice.added.size) choice.left.add(index);
    })) : [];
  const more = derived.map(({ key, label }) => chip(label, added.has(key), (choice, isOn) => (isOn ? choice.added.add(key) : choice.added.delete(key))));
  if (own.length + more.length === 0) return [];
  return [element("fieldset", {}, element("legend", {}, "features"), ...own, ...more)];
}
