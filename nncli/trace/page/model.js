// Model: the trace as it was written down, and what follows from it.

const trace = JSON.parse(document.getElementById("trace").textContent);
const positions = trace.steps.flatMap((step) => step.tensors.map((tensor) => ({ step, tensor })));
const symbols = new Set(positions.map(({ tensor }) => tensor.symbol));
const lossColumn = trace.layers.length + 1;

/** Columns of the drawing: the input, each layer, the loss. */
const columns = [
  { name: "input", kind: "", names: trace.inputs },
  ...trace.layers.map((layer, index) => ({
    name: layer.name,
    kind: [layer.kind, layer.activation].filter(Boolean).join(", "),
    names: unitNames(layer, index === trace.layers.length - 1),
    isDense: layer.kind === "dense",
    isByUnit: layer.kind !== "conv2d" && layer.inputs === layer.outputs,
  })),
  { name: "loss", kind: trace.loss.split(":")[0], names: ["loss"] },
];

function unitNames(layer, isLast) {
  if (isLast && trace.outputs.length === layer.outputs) return trace.outputs;
  return Array.from({ length: layer.outputs }, (_, unit) => String(unit)); // as in z1[0,0]
}

/** The column that a tensor belongs to; -1 of those that belong to none. */
function columnOf(tensor) {
  const owner = tensor.name.split("/")[0];
  if (owner === "targets") return lossColumn - 1;
  if (owner === "penalty") return lossColumn;
  return columns.findIndex((column) => column.name === owner);
}

/** Whether it has a number for each unit, of each row or of all. */
function isOfUnits(tensor) {
  return isOfImages(tensor) || (tensor.axes.at(-1) === "unit" && !isOfWeights(tensor));
}

/** Whether a unit is a place in an image. */
function isOfImages(tensor) {
  return tensor.axes[0] === "row" && tensor.axes.at(-1) === "channel";
}

function isOfWeights(tensor) {
  return tensor.axes[0] === "input";
}

/** What a tensor is called in a list: an update has an old and a new W1. */
function label(tensor) {
  const stage = tensor.phase === "update" ? tensor.name.split("/").at(-1) : "";
  const word = { after: "new ", gradient: "clipped " }[stage] ?? "";
  return [word, symbolInHtml(tensor.symbol)];
}

/** The place of an index among the numbers in the page; -1 if it isn't in it. */
function place(tensor, index) {
  let flat = 0;
  for (const [axis, kept] of tensor.kept.entries()) {
    const at = kept.indexOf(index[axis]);
    if (at < 0) return -1;
    flat = flat * kept.length + at;
  }
  return flat;
}

/** The number at an index: a question mark while it is asked for, null if it isn't in the page. */
function valueAt(tensor, index) {
  if (isAsked(tensor, index)) return "?";
  return tensor.values[place(tensor, index)] ?? null;
}

/** All indices that are in the page, in the order of the numbers. */
function indicesOf(tensor) {
  return tensor.kept.reduce((found, kept) => found.flatMap((at) => kept.map((last) => [...at, last])), [[]]);
}

/** The index of a unit's number in a tensor, in a row of the batch. */
function unitIndex(tensor, row, unit) {
  if (isOfImages(tensor)) {
    const [, , places, channels] = tensor.shape;
    const place = Math.floor(unit / channels);
    return [row, Math.floor(place / places), place % places, unit % channels];
  }
  return tensor.axes[0] === "row" ? [row, unit] : [unit];
}

/** The unit that an index belongs to. */
function unitOf(tensor, index) {
  if (!isOfImages(tensor)) return index.at(-1);
  const [, , places, channels] = tensor.shape;
  return (index[1] * places + index[2]) * channels + index[3];
}

/** The largest size of a number, to which the others are compared. */
function largest(values) {
  const sizes = values.filter((value) => typeof value === "number").map(Math.abs);
  return sizes.reduce((most, size) => Math.max(most, size), 0) || 1;
}

/** Of the numbers of a step up to a position: those of a column. */
function soFar(position, column) {
  const { step, tensor } = positions[position];
  const known = step.tensors.slice(0, step.tensors.indexOf(tensor) + 1);
  return known.filter((each) => columnOf(each) === column);
}

/** What the units of a column hold at a position: its latest batch of numbers. */
function held(position, column) {
  const { tensor } = positions[position];
  const isShown = columnOf(tensor) === column && isOfUnits(tensor) && tensor.name !== "targets";
  if (isShown) return tensor;
  const batches = soFar(position, column).filter((each) => each.axes[0] === "row");
  return batches.filter((each) => each.name !== "targets").at(-1) ?? null;
}

/** What the lines into a column stand for at a position: the tensor shown, or the weights. */
function weighed(position, column) {
  const { tensor } = positions[position];
  if (columnOf(tensor) === column && isOfWeights(tensor)) return tensor;
  return parameter(position, column, "W") ?? positions[position].step.tensors.find((each) =>
    columnOf(each) === column && isOfWeights(each)) ?? null;
}

/** W or b of a column as it is at a position: after its update the new one. */
function parameter(position, column, letter) {
  const named = (each) => {
    const [, own, stage] = each.name.split("/");
    return own === letter && (stage === undefined || stage === "after");
  };
  const known = soFar(position, column).filter(named).at(-1);
  return known ?? positions[position].step.tensors.find((each) =>
    columnOf(each) === column && named(each)) ?? null;
}

/** The step's loss, once it is known. */
function lossSoFar(position) {
  const loss = soFar(position, lossColumn).find(({ name }) => name === "loss");
  return loss ? valueAt(loss, []) : null;
}

/** The tensor of that name in a position's step, and its position. */
function named(position, name) {
  const { step } = positions[position];
  const at = positions.findIndex((each) => each.step === step && each.tensor.name === name);
  return { tensor: positions[at]?.tensor, at };
}

/** The tensors that a position's numbers are made of. */
function operands(position) {
  const names = Object.values(positions[position].tensor.operands);
  return [...new Set(names)].map((name) => named(position, name).tensor);
}

/** The positions whose numbers are made of this one's. */
function usedIn(position) {
  const { step, tensor } = positions[position];
  return [...positions.keys()].filter((at) => positions[at].step === step &&
    Object.values(positions[at].tensor.operands).includes(tensor.name));
}

/** What a parameter was before its update: the tensor it goes on from. */
function formerly(position) {
  const { tensor } = positions[position];
  return tensor.name.endsWith("/after") ? named(position, tensor.operands.W).tensor : undefined;
}

/** An index in words: row 144, unit 2. */
function inWords(tensor, index, step) {
  const column = columnOf(tensor);
  const words = tensor.axes.map((axis, at) => heading(axis, index[at], column, step));
  return words.join(tensor.axes[0] === "input" ? " → " : ", ");
}

function heading(axis, index, column, step) {
  if (axis === "row") return `row ${step.rows[index]}`;
  if (axis !== "input" && axis !== "unit") return `${axis} ${index}`;
  const { names } = columns[axis === "input" ? column - 1 : column];
  return /^\d+$/.test(names[index]) ? `unit ${names[index]}` : names[index];
}
