// Arithmetic: a formula with the numbers of one element in place, as nncli's traces have it.
//
// Formulas are templates such as `{x} {W} + {b}`. {x} {W} and {x}^T {dz} are matrix products, "sum of
// E over rows" and "mean of E over rows" run over the batch, sum(E) over the units of the element's
// row, and everything else is elementwise; a vector or a number counts for every row.

const OVER_ALL = /sum of (.+?) over rows and outputs/g;
const OVER_ROWS = /(sum|mean) of (.+?) over rows/g;
const PRODUCT = /\{(\w+)\}(\^T)? \{(\w+)\}(\^T)?/g;
const OVER_UNITS = /sum\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/g;
const NAME = /\{(\w+)\}/g;
const MAX_TERMS = 6;

/** The template with symbols for names. operands: name -> {symbol, matrix}, or a number. */
function inSymbols(template, operands) {
  return template.replace(NAME, (whole, name) => {
    const operand = operands[name];
    return typeof operand === "number" ? written(operand, 6) : operand?.symbol ?? name;
  });
}

/** The template with the numbers of the element at [row, column]. */
function inNumbers(template, operands, [row, column]) {
  const number = (name, at) => {
    const operand = operands[name];
    if (operand === undefined) return name;
    const value = typeof operand === "number" ? operand : entry(operand.matrix, ...at);
    const text = written(value, 4);
    return value < 0 ? `(${text})` : text;
  };
  const put = (text, at) => text.replace(NAME, (whole, name, place) => {
    const own = number(name, at);
    const isBracketed = text[place - 1] === "(" && text[place + whole.length] === ")";
    return isBracketed && own.startsWith("(") ? own.slice(1, -1) : own;
  });
  const rowsOf = (inner) => Math.max(1, ...namesIn(inner).map((name) => operands[name]?.matrix?.rows ?? 1));
  const unitsOf = (inner) => Math.max(1, ...namesIn(inner).map((name) => operands[name]?.matrix?.columns ?? 1));
  return put(template
    .replace(OVER_ALL, (_, inner) => {
      const units = unitsOf(inner);
      return summed(rowsOf(inner) * units, (k) => put(inner, [Math.floor(k / units), k % units]));
    })
    .replace(OVER_ROWS, (_, kind, inner) => {
      const rows = rowsOf(inner);
      const total = summed(rows, (k) => put(inner, [k, column]));
      return kind === "mean" ? `(${total}) / ${rows}` : total;
    })
    .replace(PRODUCT, (_, left, leftTurned, right, rightTurned) => {
      const { matrix } = operands[left];
      return summed(leftTurned ? matrix.rows : matrix.columns, (k) => {
        const first = number(left, leftTurned ? [k, row] : [row, k]);
        return `${first}*${number(right, rightTurned ? [column, k] : [k, column])}`;
      });
    })
    .replace(OVER_UNITS, (_, inner) => `(${summed(unitsOf(inner), (k) => put(inner, [row, k]))})`), [row, column]);
}

const namesIn = (text) => [...text.matchAll(NAME)].map(([, name]) => name);

const entry = (matrix, row, column) =>
  matrix.at(matrix.rows === 1 ? 0 : row, matrix.columns === 1 ? 0 : column);

/** So many terms as a sum; of many the first three and the last. */
function summed(count, term) {
  const all = Array.from({ length: Math.min(count, MAX_TERMS + 1) }, (_, k) => k);
  if (count <= MAX_TERMS) return all.map(term).join(" + ");
  return [...all.slice(0, 3).map(term), "...", term(count - 1)].join(" + ");
}

/** Times a reduction factor: `(a - t) / 10`, not `0.1 * (a - t)`. */
function scaledTemplate(template, factor) {
  if (factor === 1) return template;
  const divisor = Math.round(1 / factor);
  if (Math.abs(divisor * factor - 1) < 1e-9) return `(${template}) / ${divisor}`;
  return `(${template}) * ${written(factor, 6)}`;
}
