// Arrays: matrices in flat memory, and the statements of a fragment as functions that work on them.

/** rows x columns numbers; `row` and `column` say how far apart they lie in `data`. */
class Matrix {
  constructor(data, rows, columns, row = columns, column = 1) {
    Object.assign(this, { data, rows, columns, row, column });
  }

  static zeros(rows, columns) {
    return new Matrix(new Float64Array(rows * columns), rows, columns);
  }

  static number(value) {
    return new Matrix(Float64Array.of(value), 1, 1);
  }

  get transposed() {
    return new Matrix(this.data, this.columns, this.rows, this.column, this.row);
  }

  get size() {
    return this.rows * this.columns;
  }

  get isFlat() {
    return this.column === 1 && this.row === this.columns;
  }

  at(row, column) {
    return this.data[row * this.row + column * this.column];
  }
}

const arithmetic = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "^": (left, right) => left ** right,
};

/** The value of an expression: a number, a key's name, or [sign, left, right]. */
function valueOf(expression, keys) {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") return keys[expression];
  const [sign, left, right] = expression;
  return arithmetic[sign](valueOf(left, keys), valueOf(right, keys));
}

/** The arrays of a fragment by name: those given, and new ones of its shapes for the rest. */
function scopeOf(shapes, sizes, given) {
  const scope = { ...given };
  for (const [name, shape] of Object.entries(shapes)) {
    if (name in scope) continue;
    const [columns = 1, rows = 1] = shape.map((axis) => sizes[axis] ?? axis).reverse();
    scope[name] = Matrix.zeros(rows, columns);
  }
  return scope;
}

/**
 * Statements as functions, to be called one after the other. What would be written to an array that
 * isn't there (null), or read from one, is left out: nobody needs it.
 */
function compiled(statements, scope, keys, uniform) {
  const calls = [];
  for (const [name, target, ...operands] of statements) {
    const out = scope[target];
    const read = operands.map((operand) => operandOf(operand, scope, keys));
    if (out && read.every(Boolean)) calls.push(callOf(name, out, read, uniform));
  }
  return calls;
}

function operandOf(operand, scope, keys) {
  if (typeof operand === "string" && operand in scope) return scope[operand];
  if (!Array.isArray(operand)) return Matrix.number(valueOf(operand, keys));
  const [kind, name, columns] = operand;
  if (kind === "T" || kind === "column") return scope[name] && scope[name].transposed;
  if (kind === "ones") {
    const [rows, width] = [name, columns].map((axis) => keys[axis] ?? axis);
    const ones = Matrix.zeros(rows, width);
    ones.data.fill(1);
    return ones;
  }
  return Matrix.number(valueOf(operand, keys));
}

function callOf(name, out, operands, uniform) {
  if (name === "dot") return () => dot(out.data, ...operands);
  if (name === "uniform") return () => fillWith(out.data, uniform);
  if (name.endsWith("_units")) {
    const combine = name === "add_units" ? arithmetic["+"] : Math.max;
    return () => reduceUnits(out.data, operands[0], combine);
  }
  const loop = ufuncs[name];
  const isSpread = operands.every(({ size, isFlat }) => size === 1 || (size === out.size && isFlat));
  const [rows, columns] = isSpread ? [1, out.size] : [out.rows, out.columns];
  const given = operands.flatMap((operand) => {
    if (operand.size === 1) return [operand.data, 0, 0];
    if (isSpread) return [operand.data, 0, 1];
    return [operand.data, operand.rows === 1 ? 0 : operand.row, operand.columns === 1 ? 0 : operand.column];
  });
  return () => loop(rows, columns, out.data, ...given);
}

/** out = a b. A vector on the right is a column. */
function dot(out, a, b) {
  if (a.columns !== b.rows) b = b.transposed;
  if (b.column === 1) dotByRows(out, a, b);
  else dotByColumns(out, a, b);
}

function dotByRows(out, a, b) {
  const { rows, columns: inner } = a;
  const { columns, data } = b;
  out.fill(0, 0, rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const factor = a.data[i * a.row + k * a.column];
      for (let j = 0, to = i * columns, from = k * b.row; j < columns; j++)
        out[to++] += factor * data[from++];
    }
}

function dotByColumns(out, a, b) {
  const { rows, columns: inner } = a;
  for (let i = 0, to = 0; i < rows; i++)
    for (let j = 0; j < b.columns; j++, to++) {
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum += a.data[i * a.row + k * a.column] * b.data[k * b.row + j * b.column];
      out[to] = sum;
    }
}

function reduceUnits(out, source, combine) {
  for (let i = 0; i < source.rows; i++) {
    let result = source.at(i, 0);
    for (let j = 1; j < source.columns; j++) result = combine(result, source.at(i, j));
    out[i] = result;
  }
}

function fillWith(out, uniform) {
  for (let k = 0; k < out.length; k++) out[k] = uniform();
}

function run(calls) {
  for (const call of calls) call();
}
