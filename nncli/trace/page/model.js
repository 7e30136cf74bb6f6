// Model: the data of the trace, and functions of them.

const trace = JSON.parse(document.getElementById("trace").textContent);
const positions = trace.steps.flatMap((step) => step.tensors.map((tensor) => ({ step, tensor })));
const symbols = new Set(positions.map(({ tensor }) => tensor.symbol));
const lossColumn = trace.layers.length + 1;

/** The columns of the drawing: the input, each layer, the loss. */
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

/** The column that a tensor belongs to; -1 if none. */
function columnOf(tensor) {
  const owner = tensor.name.split("/")[0];
  if (owner === "targets") return lossColumn - 1;
  if (owner === "penalty") return lossColumn;
  if (owner === "dx") return 0;
  return columns.findIndex((column) => column.name === owner);
}

/** Whether a tensor has a number for each unit, with or without a row axis. */
function isOfUnits(tensor) {
  return tensor.axes.at(-1) === "unit" && !isOfWeights(tensor);
}

function isOfWeights(tensor) {
  return tensor.axes[0] === "input";
}

/** A tensor's name in a list: an update has an old and a new W1. */
function label(tensor) {
  const stage = tensor.phase === "update" ? tensor.name.split("/").at(-1) : "";
  const word = { after: "new ", gradient: "clipped " }[stage] ?? "";
  return [word, symbolInHtml(tensor.symbol)];
}

/** The place of an index among the numbers on the page; -1 if it isn't on it. */
function place(tensor, index) {
  let flat = 0;
  for (const [axis, kept] of tensor.kept.entries()) {
    const at = kept.indexOf(index[axis]);
    if (at < 0) return -1;
    flat = flat * kept.length + at;
  }
  return flat;
}

/** The number at an index: a question mark while it is asked for, null if it isn't on the page. */
function valueAt(tensor, index) {
  if (isAsked(tensor, index)) return "?";
  return tensor.values[place(tensor, index)] ?? null;
}

/** All indices that are on the page, in the order of the numbers. */
function indicesOf(tensor) {
  return tensor.kept.reduce((found, kept) => found.flatMap((at) => kept.map((last) => [...at, last])), [[]]);
}

/** The index of a unit's number in a tensor, for a row of the batch. */
function unitIndex(tensor, row, unit) {
  return tensor.axes[0] === "row" ? [row, unit] : [unit];
}

/** The largest magnitude, to which the others are compared; 1 if all are 0. */
function largest(values) {
  const sizes = values.filter((value) => typeof value === "number").map(Math.abs);
  return sizes.reduce((most, size) => Math.max(most, size), 0) || 1;
}

/** The tensors of a column, of a position's step up to the position. */
function soFar(position, column) {
  const { step, tensor } = positions[position];
  const known = step.tensors.slice(0, step.tensors.indexOf(tensor) + 1);
  return known.filter((each) => columnOf(each) === column);
}

/** The tensor whose numbers the units of a column show at a position; null if none yet. */
function held(position, column) {
  const { tensor } = positions[position];
  const isShown = columnOf(tensor) === column && isOfUnits(tensor) && tensor.name !== "targets";
  if (isShown) return tensor;
  const batches = soFar(position, column).filter((each) => each.axes[0] === "row");
  return batches.filter((each) => each.name !== "targets").at(-1) ?? null;
}

/** The tensor whose numbers the lines into a column show: the position's own, or the weights. */
function weighed(position, column) {
  const { tensor } = positions[position];
  if (columnOf(tensor) === column && isOfWeights(tensor)) return tensor;
  return parameter(position, column, "W") ?? positions[position].step.tensors.find((each) =>
    columnOf(each) === column && isOfWeights(each)) ?? null;
}

/** W or b of a column at a position: the new one after its update. */
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

/** The tensor of a name in a position's step, and its position. */
function named(position, name) {
  const { step } = positions[position];
  const at = positions.findIndex((each) => each.step === step && each.tensor.name === name);
  return { tensor: positions[at]?.tensor, at };
}

/** The tensors that a position's numbers are computed from. */
function operands(position) {
  const names = Object.values(positions[position].tensor.operands);
  return [...new Set(names)].map((name) => named(position, name).tensor);
}

/** The positions whose numbers are computed from a position's. */
function usedIn(position) {
  const { step, tensor } = positions[position];
  return [...positions.keys()].filter((at) => positions[at].step === step &&
    Object.values(positions[at].tensor.operands).includes(tensor.name));
}

/** The old value of the parameter whose update a position is; undefined at other positions. */
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
