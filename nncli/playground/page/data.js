// Data: rows as the page's file has them, and what becomes of them: other features, noise, a grid.

function unpacked(text) {
  return new Float64Array(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

const play = JSON.parse(document.getElementById("play").textContent);
for (const set of Object.values(play.rows))
  for (const name of ["x", "t", "w"]) if (set[name]) set[name] = unpacked(set[name]);
play.start.theta = unpacked(play.start.theta);
for (const name of Object.keys(play.start.slots)) play.start.slots[name] = unpacked(play.start.slots[name]);

/** The inputs of the config: of which feature each is, and its units where it has some. */
const columns = play.features.flatMap((feature, index) =>
  feature.inputs.map((label) => ({ ...feature, label, feature: index })));
columns.forEach((column, place) => (column.place = place));

/** The one column of a feature that is a plain number; undefined of others. */
const plainColumn = (feature) =>
  columns.find((column) => column.feature === feature && column.isPlain);

const typicalRow = columns.map((column, place) => {
  const values = [];
  for (let row = 0; row < play.rows.train.count; row++)
    values.push(play.rows.train.x[row * columns.length + place]);
  if (column.isPlain) return median(values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
});

// of a category, the one that most rows have
for (const [index, feature] of play.features.entries()) {
  const own = columns.filter((column) => column.feature === index);
  if (feature.isPlain || own.length < 2) continue;
  const most = own.reduce((best, column) => typicalRow[column.place] > typicalRow[best.place] ? column : best);
  for (const column of own) typicalRow[column.place] = column === most ? 1 : 0;
}

/** Config columns that formulas make of plain features. */
const formulaColumns = columns.filter(({ tree }) => tree);

/** What a formula's tree comes to, of the features' own values. */
function treeValue(tree, values) {
  if (typeof tree === "number") return tree;
  const [name, ...inner] = tree;
  if (name === "feature") return values[inner[0]];
  const operands = inner.flatMap((each) => [[treeValue(each, values)], 0, 0]);
  const out = [0];
  ufuncs[name](1, 1, out, ...operands);
  return out[0];
}

/** Set what formulas make in a row of the config's columns, after others of it were changed. */
function complete(row) {
  if (formulaColumns.length === 0) return;
  const values = [];
  for (const column of columns) if (column.isPlain) values[column.feature] = inUnits(column, row[column.place]);
  for (const column of formulaColumns)
    row[column.place] = column.scale ? fromUnits(column, treeValue(column.tree, values)) : 0;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** A column's number in the units of the data. */
const inUnits = (column, value) => value * (column.scale || 1) + column.shift;
const fromUnits = (column, value) => (value - column.shift) / (column.scale || 1);

/** Features made of one or two plain ones: {key, label, formula, of(raw values)}. */
function derivedFeatures() {
  const plain = play.features.map((_, index) => plainColumn(index)).filter(Boolean);
  if (plain.length === 0 || plain.length > 2) return [];
  const [first, second] = plain;
  const name = (column) => play.features[column.feature].name;
  const quoted = (column) => (/^[A-Za-z_]\w*$/.test(name(column)) ? name(column) : `\`${name(column).replaceAll("`", "``")}\``);
  const power = (column, exponent, sign) => ({
    key: `${name(column)}_${exponent === 2 ? "squared" : "cubed"}`,
    label: `${name(column)}${sign}`,
    formula: `${quoted(column)}^${exponent}`,
    of: (raw) => raw[column.place] ** exponent,
  });
  const wave = (column) => ({
    key: `sin_${name(column)}`,
    label: `sin(${name(column)})`,
    formula: `sin(${quoted(column)})`,
    of: (raw) => Math.sin(raw[column.place]),
  });
  if (!second) return [power(first, 2, "²"), power(first, 3, "³"), wave(first)];
  const product = {
    key: `${name(first)}_times_${name(second)}`,
    label: `${name(first)} ${name(second)}`,
    formula: `${quoted(first)}*${quoted(second)}`,
    of: (raw) => raw[first.place] * raw[second.place],
  };
  return [power(first, 2, "²"), power(second, 2, "²"), product, wave(first), wave(second)];
}

const derived = derivedFeatures().filter(({ formula }) => play.features.every((own) => own.formula !== formula));

/**
 * The rows as a network is given them. left: features of the config that are left out; added: keys
 * of derived ones; noise: standard deviations of what is added to plain inputs of training rows.
 */
class Inputs {
  constructor({ left, added, noise, seed }) {
    this.kept = columns.filter((column) => !left.has(column.feature));
    this.added = derived.filter((feature) => added.has(feature.key));
    this.labels = [...this.kept.map((column) => column.label), ...this.added.map(({ label }) => label)];
    this.isGiven = this.kept.length === columns.length && this.added.length === 0;
    this.scales = this.added.map(() => ({ shift: 0, scale: 1 }));
    const { train, val } = play.rows;
    const noisy = noise > 0 ? { ...train, x: jittered(train, noise, seed) } : train;
    if (play.scale !== "none") this.scales = this.fitted(train);
    this.rows = { train: this.made(noisy), ...(val ? { val: this.made(val) } : {}) };
  }

  get count() {
    return this.labels.length;
  }

  fitted(set) {
    const raw = rawRows(set);
    return this.added.map(({ of }) => {
      const values = raw.map(of);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return { shift: mean, scale: Math.sqrt(variance) || 1 };
    });
  }

  made(set) {
    if (this.isGiven) return set;
    const x = new Float64Array(set.count * this.count);
    const row = new Float64Array(columns.length);
    for (let index = 0; index < set.count; index++) {
      row.set(set.x.subarray(index * columns.length, (index + 1) * columns.length));
      this.put(row, x, index * this.count);
    }
    return { ...set, x };
  }

  /** Write the inputs of one row of the config's columns into `out`, from a place on. */
  put(row, out, place) {
    for (const column of this.kept) out[place++] = row[column.place];
    if (this.added.length === 0) return;
    const raw = columns.map((column, k) => (column.isPlain ? inUnits(column, row[k]) : row[k]));
    this.added.forEach(({ of }, k) => {
      out[place++] = (of(raw) - this.scales[k].shift) / this.scales[k].scale;
    });
  }
}

function rawRows(set) {
  const width = columns.length;
  return Array.from({ length: set.count }, (_, row) =>
    columns.map((column, k) => {
      const value = set.x[row * width + k];
      return column.isPlain ? inUnits(column, value) : value;
    }));
}

function jittered(set, noise, seed) {
  const random = Generator.of(seed);
  const width = columns.length;
  const x = Float64Array.from(set.x);
  for (const column of columns) {
    if (!column.isPlain) continue;
    const spread = deviation(set, column.place);
    for (let row = 0; row < set.count; row++) x[row * width + column.place] += noise * spread * random.normal();
  }
  for (let row = 0; row < set.count; row++) complete(x.subarray(row * width, (row + 1) * width));
  return x;
}

function deviation(set, place) {
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < set.count; row++) {
    const value = set.x[row * columns.length + place];
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(squares / set.count - (sum / set.count) ** 2, 0)) || 1;
}
