// Layout: the positions of columns, units and lines in the drawing.

const MAX_UNITS = 10; // drawn per column; of more, some and the last
const FIRST_UNITS = 6;
const MAX_SLOTS = 11; // the first units, the chosen one, the last, and dots before each
const TOP = 64; // room above the units, for the title of a column
const BELOW = 10; // room below the last units, for their biases
const ONES = 46; // room below the units, for the inputs that are always 1
const MAX_LABELLED = 6; // weights into a column, up to which they are labelled
const LABELLED_GAP = 152; // between columns with labelled weights
const WIDEST_GAP = 300; // between columns

/** The sizes of units: the largest that fits is drawn, to be readable from afar. */
const SIZES = [
  { name: "large", width: 86, height: 40, letter: 9.5, gap: 116, names: 150, mostUnits: 6 },
  { name: "medium", width: 70, height: 28, letter: 8, gap: 100, names: 130, mostUnits: MAX_SLOTS },
  { name: "small", width: 62, height: 26, letter: 7.4, gap: 90, names: 100, mostUnits: MAX_SLOTS },
  { name: "tiny", width: 54, height: 24, letter: 6.2, gap: 72, names: 84, mostUnits: MAX_SLOTS },
];

/**
 * The units of a column that are drawn: all, or else some from state.first on, the chosen one and
 * the last. null stands for those left out between them.
 */
function slotsOf(_, column) {
  const count = columns[column].names.length;
  if (count <= MAX_UNITS) return [...Array(count).keys()];
  const first = Math.min(state.first.get(column) ?? 0, count - FIRST_UNITS);
  const shown = new Set([...Array(FIRST_UNITS).keys()].map((at) => first + at));
  const chosen = chosenUnit(column);
  if (chosen !== null) shown.add(chosen);
  shown.add(count - 1);
  const units = [...shown].sort((one, other) => one - other);
  const isNext = (unit, at) => unit === (at ? units[at - 1] + 1 : 0);
  return units.flatMap((unit, at) => (isNext(unit, at) ? [unit] : [null, unit]));
}

/** The unit of a column that the chosen number belongs to; null if none. */
function chosenUnit(column) {
  const { tensor } = positions[state.position];
  const own = columnOf(tensor);
  if (isOfWeights(tensor)) {
    const [input, unit] = state.index;
    return { [own - 1]: input, [own]: unit }[column] ?? null;
  }
  return isOfUnits(tensor) && own === column ? state.index.at(-1) : null;
}

/** Whether a unit of the chosen number isn't drawn. */
function isFolded() {
  const isDrawn = (column, unit) => document.querySelector(
    `#network .unit[data-column="${column}"][data-unit="${unit}"]`);
  return [...columns.keys()].some((column) => {
    const unit = chosenUnit(column);
    return unit !== null && !isDrawn(column, unit);
  });
}

/** Draw the next units of a column; after the last ones, the first. */
function unfold(column) {
  const first = (state.first.get(column) ?? 0) + FIRST_UNITS;
  state.first.set(column, first < columns[column].names.length - 1 ? first : 0);
  draw();
}

/** Whether the units of a column have biases. */
function hasBiases(column) {
  const named = `${columns[column]?.name}/b`;
  return Boolean(columns[column]?.isDense) && positions.some(({ tensor }) => tensor.name === named);
}

/** The layout for a width: with the largest units that fit, or else wider than that. */
function planned(available) {
  const slots = columns.map(slotsOf);
  const most = Math.max(...slots.map(({ length }) => length));
  const sizes = SIZES.filter(({ mostUnits }) => most <= mostUnits).map((size) => margins(slots, size));
  const size = sizes.find(({ least }) => least <= available) ?? scrolled(slots, sizes.at(-1));
  const gaps = columns.length - 1;
  const spread = size.gap + Math.max(0, available - size.least) / gaps;
  const gap = Math.min(spread, Math.max(WIDEST_GAP, size.gap));
  const width = size.least + gaps * (gap - size.gap);
  const start = size.left + Math.max(0, (available - width) / 2);
  const pitch = Math.min(Math.max(340 / most, size.height + 13), size.height * 2);
  const middle = TOP + (most * pitch) / 2;
  return {
    ...size,
    gap,
    pitch,
    slots,
    x: columns.map((_, at) => start + at * gap + (at === lossColumn ? size.right : 0)),
    y: slots.map(({ length }) => (slot) => middle + (slot - (length - 1) / 2) * pitch),
    ones: TOP + most * pitch + ONES / 2,
    sheet: { width: Math.max(width, available), height: TOP + most * pitch + BELOW +
      (columns.some((_, column) => hasBiases(column)) ? ONES : 0) },
  };
}

/** The size if none fits: with room for labelled weights if they are few, else the least one. */
function scrolled(slots, least) {
  const lines = [...columns.keys()].slice(1, lossColumn).map((column) =>
    columns[column].isDense ? slots[column].length * slots[column - 1].length : 0);
  if (Math.max(...lines) > MAX_LABELLED) return least;
  return margins(slots, { ...least, gap: LABELLED_GAP });
}

/** A size with the margins beside the first and the last column, and the least width it takes. */
function margins(slots, size) {
  const room = (column, others) => {
    const names = slots[column].filter((unit) => unit !== null).map((unit) => columns[column].names[unit]);
    const longest = Math.max(...[...names, ...others].map(({ length }) => length));
    return Math.min(longest * size.letter + 10, size.names);
  };
  const left = Math.max(room(0, []) + size.width / 2, 24);
  const right = room(lossColumn - 1, ["t = 0.12"]);
  const end = Math.max(size.width / 2 + 4, columns[lossColumn].kind.length * 3.6);
  return { ...size, left, right, least: left + (columns.length - 1) * size.gap + right + end };
}

/** The lines into a column, by the slots and units at both ends. */
function joints({ slots }, column) {
  const { isDense, isByUnit } = columns[column];
  const isJoined = (from, to) => isDense || column === lossColumn || (isByUnit && from === to);
  return slots[column].flatMap((unit, to) =>
    slots[column - 1].map((source, from) => ({ from, to, source, unit }))
  ).filter(({ from, to, source, unit }) => source !== null && unit !== null && isJoined(from, to));
}

/** The points of a line; lines to the loss run between the outputs' names and their targets. */
function ends({ x, y, width, right }, column, { from, to }) {
  const start = [x[column - 1] + width / 2, y[column - 1](from)];
  const behind = column === lossColumn ? [[start[0] + right, start[1]]] : [];
  return [start, ...behind, [x[column] - width / 2, y[column](to)]];
}

/** A text, shortened to a width. */
function shortened(text, width, letter) {
  const most = Math.max(Math.floor(width / letter), 2);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
