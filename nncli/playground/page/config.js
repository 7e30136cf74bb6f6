// Config: what is chosen on the page as a config for nncli, and as the command that trains it.

/** The config's own tree with what is changed on the page. */
function changedTree(model) {
  const tree = clone(play.tree);
  for (const [path, value] of changes(model)) {
    let block = tree;
    for (const key of path.slice(0, -1)) {
      if (typeof block[key] === "string") block[key] = { type: block[key] };
      block = block[key] ??= {};
    }
    block[path.at(-1)] = value;
  }
  return tree;
}

/** [[path of keys, value], ...]: what differs from the config. */
function changes({ choice }) {
  const found = [];
  const given = givenChoice();
  const hidden = choice.layers.slice(0, -1);
  if (hidden.length !== given.layers.length - 1 || hidden.some((layer, k) => !isGiven(layer, k)))
    found.push([["network", "hidden"], hidden.map(layerBlock)]);
  if (JSON.stringify(choice.optimizer) !== JSON.stringify(given.optimizer))
    found.push([["optimizer"], partBlock(choice.optimizer)]);
  if (choice.batchSize !== given.batchSize)
    found.push([["training", "batch_size"], choice.batchSize >= play.rows.train.count ? "full" : choice.batchSize]);
  const own = play.tree.data ?? {};
  const excluded = own.features?.exclude ?? [];
  const left = [...choice.left].map((index) => play.features[index].name);
  if (left.length) found.push([["data", "features", "exclude"], [...excluded, ...left]]);
  const added = derived.filter(({ key }) => choice.added.has(key));
  if (added.length) {
    const formulas = Object.fromEntries(added.map(({ key, formula }) => [key, formula]));
    found.push([["data", "features", "derive"], { ...own.features?.derive, ...formulas }]);
  }
  return found;
}

/** Whether a layer is as the config has it, at its place. */
function isGiven(layer, index) {
  if (layer.given !== index) return false;
  return JSON.stringify(layer) === JSON.stringify({ ...play.settings.layers[index], given: index });
}

function layerBlock(layer) {
  const { given, type, units, activation, keys, regularizer } = layer;
  const own = given === undefined ? null : play.hidden[given];
  if (type !== "dense") return Object.keys(keys).length ? { ...blockOf(own, type), ...keys } : own ?? type;
  const block = { ...blockOf(own, type), units };
  if (given === undefined) block.activation = partBlock({ type: activation, keys });
  delete block.kernel_regularizer;
  if (regularizer) block.kernel_regularizer = partBlock(regularizer);
  return block;
}

const blockOf = (own, type) => (typeof own === "object" && own ? own : { type });

function partBlock({ type, keys, options }) {
  const part = { ...options };
  for (const [name, value] of Object.entries(partOf(keys))) if (!/_\d$/.test(name)) part[name] = value;
  return Object.keys(part).length ? { type, ...part } : type;
}

/** A tree as YAML: blocks by lines, what has no blocks inside in one. */
function yaml(value, indent = "") {
  return Object.entries(value).map(([key, item]) => {
    const name = `${indent}${scalar(key)}:`;
    if (isBlock(item) && !isFlat(item)) return `${name}\n${yaml(item, `${indent}  `)}`;
    if (Array.isArray(item) && item.some((each) => typeof each === "object"))
      return `${name}\n${item.map((each) => `${indent}  - ${flow(each)}\n`).join("")}`;
    return `${name} ${flow(item)}\n`;
  }).join("");
}

const isBlock = (item) => typeof item === "object" && item !== null && !Array.isArray(item);
const isFlat = (block) => "type" in block || Object.keys(block).length === 0;

function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isBlock(value)) return scalar(value);
  return `{${Object.entries(value).map(([key, item]) => `${scalar(key)}: ${flow(item)}`).join(", ")}}`;
}

function scalar(value) {
  if (typeof value !== "string") return String(value);
  const isPlain = /^[A-Za-z][\w ./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|inf|nan|y|n)$/i.test(value);
  return isPlain && !value.endsWith(" ") ? value : JSON.stringify(value);
}

/** The config's text, with a line on what it can't say. */
function configText(model) {
  const lines = [`# ${play.name}, as played; save it beside ${play.file}`];
  if (!model.isGivenShape) lines.push("# its weights start from draws of their own, not from those of the page");
  if (model.choice.noise) lines.push(`# noise ${model.choice.noise} was added to the training inputs once, on the page; no config key does this (the layer gaussian_noise adds noise at every step)`);
  return `${lines.join("\n")}\n${yaml(changedTree(model))}`;
}

/** The command that trains the same from the config's own file. */
function commandText(model) {
  const sets = changes(model).map(([path, value]) => `--set ${shellWord(`${path.join(".")}=${flow(value)}`)}`);
  const given = play.assignments.map((each) => `--set ${each}`);
  return [...play.command, ...given, ...sets].join(" ");
}

const shellWord = (word) => (/^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
