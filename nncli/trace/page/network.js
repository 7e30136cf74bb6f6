// Network: the drawing. A column of units for the input, each layer and the loss; lines for weights.

const BIAS_ROOM = 13; // between units
const ONE_SIZE = 11; // the radius of the input that is always 1

/** Draw the network as it is at a position, in a row of the batch. */
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

function linesInto(view, column) {
  const all = joints(view, column);
  if (!columns[column].isDense) return all.map((joint) => joined(view, column, joint));
  const tensor = weighed(view.position, column);
  const most = largest(tensor.values);
  const role = roleOf(view, column, isOfWeights);
  const ones = hasBiases(column) ? biasLines(view, column) : [];
  const isLabelled = all.length <= MOST_LABELLED && view.gap >= LABELLED_GAP;
  const texts = isLabelled ? all.map((joint) => weightText(view, column, tensor, joint)) : [];
  const lines = all.map((joint) => weightLine(view, column, tensor, most, role, joint));
  return [...ones, ...lines, ...texts];
}

/** From the input that is always 1 to the units: their biases. */
function biasLines(view, column) {
  const tensor = biasShown(view, column);
  const most = largest(tensor.values);
  const role = roleOf(view, column, (each) => each === tensor);
  return view.slots[column].flatMap((unit, slot) => {
    if (unit === null) return [];
    const value = valueAt(tensor, [unit]);
    const end = [view.x[column] - view.width / 2, view.y[column](slot)];
    const d = `M${view.x[column - 1] + ONE_SIZE},${view.ones}L${end}`;
    return [drawn("g", { class: `line ones ${role} ${signOf(value)}`, "data-column": column, "data-unit": unit, "data-one": "" },
      drawn("path", { class: "reach", d }),
      drawn("path", { class: "stroke", d, style: `--share: ${share(value, most)}` }))];
  });
}

/** The input that is always 1, before a column with biases. */
function one(view, column) {
  if (!hasBiases(column + 1)) return [];
  return [drawn("g", { class: "one", transform: `translate(${view.x[column]} ${view.ones})` },
    drawn("title", {}, "always 1: its weights are the biases"),
    drawn("circle", { r: ONE_SIZE }), drawn("text", { dy: "0.35em" }, "1"))];
}

/** The biases of a column, or what of them is shown. */
function biasShown(view, column) {
  const { tensor } = positions[view.position];
  const isShown = /\/d?b(\/|$)/.test(tensor.name) && columnOf(tensor) === column;
  return isShown && isOfUnits(tensor) ? tensor : parameter(view.position, column, "b");
}

function joined(view, column, joint) {
  return drawn("path", { class: "joined", d: path(view, column, joint) });
}

/** A weight: a line, and a wider one that is easier to point at. */
function weightLine(view, column, tensor, most, role, joint) {
  const { source, unit } = joint;
  const value = valueAt(tensor, [source, unit]);
  const d = path(view, column, joint);
  return drawn(
    "g",
    { class: `line ${role} ${signOf(value)}`, "data-column": column, "data-from": source,
      "data-unit": unit },
    drawn("path", { class: "reach", d }),
    drawn("path", { class: "stroke", d, style: `--share: ${share(value, most)}` }),
  );
}

function path(view, column, joint) {
  return ends(view, column, joint).map((point) => point.join()).join("L").replace(/^/, "M");
}

/** A weight's number on its line; those that lead to different units stand at different places. */
function weightText(view, column, tensor, joint) {
  const [[x1, y1], [x2, y2]] = ends(view, column, joint);
  const index = [joint.source, joint.unit];
  const lines = [former(view, tensor), tensor].filter(Boolean).map((each) => briefWeight(valueAt(each, index)));
  const spread = lines.length > 1 || view.slots[column].length > 2 ? 0.3 : 0.2;
  const at = 0.24 + spread * joint.to;
  const place = { x: x1 + at * (x2 - x1), y: y1 + at * (y2 - y1) };
  const [halfWidth, line] = [Math.max(...lines.map(({ length }) => length)) * view.letter * 0.5 + 3, view.letter * 2];
  const top = -line * lines.length / 2;
  const plate = { x: -halfWidth, y: top, width: 2 * halfWidth, height: line * lines.length, rx: 3 };
  const texts = lines.map((text, at) => drawn("text", {
    class: at < lines.length - 1 ? "was" : "", y: top + (at + 0.5) * line, dy: "0.33em" }, text));
  const marks = { "data-column": column, "data-from": joint.source, "data-unit": joint.unit };
  const stage = tensor.name.endsWith("/after") ? "weight new" : "weight";
  return drawn("g", { class: stage, transform: `translate(${place.x} ${place.y})`, ...marks },
    drawn("rect", plate), ...texts);
}

/** What a tensor was, while its update is shown. */
function former(view, tensor) {
  return positions[view.position].tensor === tensor ? formerly(view.position) : undefined;
}

/** What a column's part is at a position: shown, used for what is shown, or neither. */
function roleOf(view, column, isKind) {
  const { tensor } = positions[view.position];
  const isIt = (each) => columnOf(each) === column && isKind(each);
  if (isIt(tensor)) return "current";
  return view.used.some(isIt) ? "used" : "";
}

function drawnColumn(view, column) {
  const tensor = held(view.position, column);
  const { slots, x, y } = view;
  const most = tensor ? largest(columns[column].names.map((_, unit) =>
    valueAt(tensor, unitIndex(tensor, view.row, unit)))) : Infinity; // the loss is beside nothing
  const units = slots[column].map((unit, slot) => {
    const place = { transform: `translate(${x[column]} ${y[column](slot)})` };
    if (unit !== null) return drawnUnit(view, column, tensor, unit, most, place);
    return dots(view, column, slot, place);
  });
  return [columnTitle(view, column, tensor), ...units, ...one(view, column)];
}

/** Units that are folded away; to click on, for those behind. */
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

/** What is added to a unit's sum, below it, where there is room. */
function bias(view, column, unit) {
  if (view.pitch - view.height < BIAS_ROOM) return [];
  const tensor = hasBiases(column) ? biasShown(view, column) : null;
  const value = tensor && valueAt(tensor, [unit]);
  if (value === null) return [];
  if (tensor.symbol.startsWith("db")) return []; // which the unit itself shows
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

/** What stands beside the units of the first and the last layer: names, and targets. */
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

/** Mark the chosen number's unit or line, and the weights that went into a unit's number. */
function markNetwork(position, index) {
  const { tensor } = positions[position];
  const column = columnOf(tensor);
  const used = new Set(operands(position).filter(isOfWeights).map(columnOf));
  const isOfBiases = ({ name }) => /\/d?b(\/|$)/.test(name);
  const biases = new Set([tensor, ...operands(position)].filter(isOfBiases).map(columnOf));
  const isChosen = isOfWeights(tensor)
    ? ofWeight(column, ...index)
    : ofUnit(isOfUnits(tensor) ? column : null, unitOf(tensor, index), used);
  for (const drawing of document.querySelectorAll("#network [data-unit]")) {
    const { column: at, from, unit, one: bias } = drawing.dataset;
    const source = from === undefined ? null : Number(from);
    const isCounted = bias === undefined || biases.has(Number(at));
    drawing.classList.toggle("chosen", isCounted && isChosen(Number(at), source, Number(unit)));
  }
}

/** Of a weight: its line and the units at its ends. */
function ofWeight(column, input, output) {
  return (at, from, unit) => {
    if (from !== null) return at === column && from === input && unit === output;
    return at === column ? unit === output : at === column - 1 && unit === input;
  };
}

/** Of a unit: itself, and the lines of a W in the formula that end in it. */
function ofUnit(column, chosen, used) {
  return (at, from, unit) => {
    if (from === null) return at === column && unit === chosen;
    return column !== null && used.has(at) && (at === column ? unit : from) === chosen;
  };
}
