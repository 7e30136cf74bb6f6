// Network: the drawing, with a column of units for the input, each layer and the loss, and lines.

const BIAS_ROOM = 13; // room between units that a bias needs

/** Draw the network at a position, for a row of the batch. */
function drawNetwork(position, row) {
  const frame = document.getElementById("network");
  const view = { position, row, ...planned(frame.clientWidth), used: operands(position) };
  const svg = frame.querySelector("svg");
  const all = [...columns.keys()];
  const lines = all.slice(1).flatMap((column) => linesInto(view, column));
  svg.replaceChildren(...lines, ...all.flatMap((column) => drawnColumn(view, column)));
  const { width, height } = view.sheet;
  const size = { width: width * state.zoom, height: height * state.zoom };
  filled(svg, { ...size, viewBox: `0 0 ${width} ${height}`, class: view.name }, []);
  const current = columnOf(positions[position].tensor);
  if (current >= 0) frame.scrollLeft = view.x[current] * state.zoom - frame.clientWidth / 2;
  document.getElementById("hint").hidden = size.width <= frame.clientWidth + 1;
}

/** The role of a column's tensor at a position: current, used in its formula, or neither. */
function roleOf(view, column, isKind) {
  const { tensor } = positions[view.position];
  const isOwn = (each) => columnOf(each) === column && isKind(each);
  if (isOwn(tensor)) return "current";
  return view.used.some(isOwn) ? "used" : "";
}

function drawnColumn(view, column) {
  const tensor = held(view.position, column);
  const { slots, x, y } = view;
  const most = tensor ? largest(columns[column].names.map((_, unit) =>
    valueAt(tensor, unitIndex(tensor, view.row, unit)))) : Infinity; // the loss has no tint
  const units = slots[column].map((unit, slot) => {
    const place = { transform: `translate(${x[column]} ${y[column](slot)})` };
    if (unit !== null) return drawnUnit(view, column, tensor, unit, most, place);
    return dots(view, column, slot, place);
  });
  return [columnTitle(view, column, tensor), ...units, ...one(view, column)];
}

/** Dots for units that aren't drawn; a click draws the next ones. */
function dots(view, column, slot, place) {
  const [before, after] = [view.slots[column][slot - 1] ?? -1, view.slots[column][slot + 1]];
  const words = `⋮ ${after - before - 1} more`;
  return drawn("text", { class: "dots", ...place, dy: "0.33em", "data-fold": column },
    drawn("title", {}, "click to see others of them"), words);
}

function columnTitle(view, column, tensor) {
  const { name, kind } = columns[column];
  const parts = [
    drawn("title", {}, [name, kind].filter(Boolean).join(": ")),
    drawn("text", { class: "name", y: 14 }, shortened(name, view.gap, 9)),
    drawn("text", { class: "kind", y: 31 }, shortened(kind, view.gap - 8, 6.5)),
  ];
  const isHeld = tensor && column !== lossColumn;
  if (isHeld) parts.push(drawn("text", { class: "held", y: 51 }, symbolInSvg(tensor.symbol)));
  const attributes = { class: "title", transform: `translate(${view.x[column]} 0)` };
  return drawn("g", attributes, ...parts);
}

function drawnUnit(view, column, tensor, unit, most, place) {
  const { width, height } = view;
  const value = unitValue(view, column, tensor, unit);
  const shape = { x: -width / 2, y: -height / 2, width, height,
    rx: column === lossColumn ? 3 : height / 2 };
  return drawn(
    "g",
    {
      class: `unit ${unitRole(view, column)} ${signOf(value)}`,
      ...place,
      "data-column": column,
      "data-unit": unit,
      tabindex: 0,
      role: "img",
      "aria-label": unitName(column, unit, value),
    },
    drawn("rect", { ...shape, class: "paper" }),
    drawn("rect", { ...shape, class: "tint", style: `--share: ${share(value, most)}` }),
    drawn("text", { dy: "0.35em" }, brief(value)),
    ...bias(view, column, unit),
    ...beside(view, column, unit),
  );
}

/** A unit's bias, below it if there is room. */
function bias(view, column, unit) {
  if (view.pitch - view.height < BIAS_ROOM) return [];
  const tensor = hasBiases(column) ? biasShown(view, column) : null;
  const value = tensor && valueAt(tensor, [unit]);
  if (value === null) return [];
  if (tensor.symbol.startsWith("db")) return []; // the unit itself shows it
  const isShown = tensor === positions[view.position].tensor;
  const role = isShown || view.used.includes(tensor) ? "used" : "";
  const y = view.height / 2 + 11.5;
  return [drawn("text", { class: `bias ${role}`, y }, `b ${brief(value)}`)];
}

function unitRole(view, column) {
  if (column !== lossColumn) return roleOf(view, column, isOfUnits);
  return roleOf(view, column, () => true);
}

function unitValue(view, column, tensor, unit) {
  if (column === lossColumn) return lossSoFar(view.position);
  return tensor ? valueAt(tensor, unitIndex(tensor, view.row, unit)) : null;
}

function unitName(column, unit, value) {
  const name = columns[column].names[unit];
  const owner = columns[column].name === name ? "" : `${columns[column].name}, `;
  const is = value === null ? "no number yet" : written(value, 6);
  return `${owner}${/^\d+$/.test(name) ? "unit " : ""}${name}: ${is}`;
}

/** The names beside the inputs and the outputs, and the targets beside the outputs. */
function beside(view, column, unit) {
  const half = view.width / 2 + 7;
  const text = (attributes, room, words) =>
    drawn("text", attributes, shortened(words, room - 7, view.letter - 1));
  const name = columns[column].names[unit];
  if (column === 0) {
    return [text({ class: "beside left", x: -half, dy: "0.33em" }, view.left - view.width / 2, name)];
  }
  if (column !== lossColumn - 1) return [];
  const target = targetOf(view, unit);
  const goal = target === null ? "" : `t = ${brief(target)}`;
  const isShown = positions[view.position].tensor.name === "targets" ? "shown" : "";
  return [
    text({ class: "beside", x: half, y: -3 }, view.right, name),
    text({ class: `beside target ${isShown}`, x: half, y: 13 }, view.right, goal),
  ];
}

function targetOf(view, unit) {
  const { tensors } = positions[view.position].step;
  const targets = tensors.find(({ name }) => name === "targets");
  return targets ? valueAt(targets, [view.row, unit]) : null;
}

function signOf(value) {
  return value > 0 ? "positive" : value < 0 ? "negative" : "";
}

function share(value, most) {
  return typeof value === "number" ? Math.min(Math.abs(value) / most, 1).toFixed(3) : 0;
}

/** Mark the chosen number's unit or line, and the weights that a unit's number is computed from. */
function markNetwork(position, index) {
  const { tensor } = positions[position];
  const column = columnOf(tensor);
  const used = new Set(operands(position).filter(isOfWeights).map(columnOf));
  const isOfBiases = ({ name }) => /\/d?b(\/|$)/.test(name);
  const biases = new Set([tensor, ...operands(position)].filter(isOfBiases).map(columnOf));
  const isChosen = isOfWeights(tensor)
    ? ofWeight(column, ...index)
    : ofUnit(isOfUnits(tensor) ? column : null, index.at(-1), used);
  for (const drawing of document.querySelectorAll("#network [data-unit]")) {
    const { column: at, from, unit, one: bias } = drawing.dataset;
    const source = from === undefined ? null : Number(from);
    const isCounted = bias === undefined || biases.has(Number(at));
    drawing.classList.toggle("chosen", isCounted && isChosen(Number(at), source, Number(unit)));
  }
}

/** Whether a drawing is marked for a weight: its line and the units at its ends. */
function ofWeight(column, input, output) {
  return (at, from, unit) => {
    if (from !== null) return at === column && from === input && unit === output;
    return at === column ? unit === output : at === column - 1 && unit === input;
  };
}

/** Whether a drawing is marked for a unit: itself, and its lines of a W in the formula. */
function ofUnit(column, chosen, used) {
  return (at, from, unit) => {
    if (from === null) return at === column && unit === chosen;
    return column !== null && used.has(at) && (at === column ? unit : from) === chosen;
  };
}
