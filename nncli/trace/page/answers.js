// Answers: what was typed, and whether it is right. The rules are those of `nncli grade`; their
// limits, and the slips, come with the trace.

const rules = trace.answers;
const DECIMAL = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
const FORMS = {
  decimal: new RegExp(`^${DECIMAL}$`),
  power: new RegExp(`^(${DECIMAL}) ?[*x×·] ?10\\^([+-]?\\d+)$`),
  fraction: new RegExp(`^(?:([+-]?\\d+) )?(${DECIMAL}) ?/ ?(${DECIMAL})$`),
  thousands: /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/,
};

/** The possible values of an answer; unit: of its last decimal, 0 for a fraction. */
function readings(typed) {
  const text = typed.trim().replace(/^['=]+/, "").replaceAll("−", "-");
  if (!text.endsWith("%")) return byComma(text).map(reading).filter((each) => each !== null);
  return readings(text.slice(0, -1).trimEnd()).map(({ value, unit }) => (
    { value: value / 100, unit: unit / 100 }));
}

/** The possible numbers without a comma, which is a decimal point or separates thousands. */
function byComma(text) {
  if (!text.includes(",")) return [text];
  const isDecimal = text.split(",").length === 2 && !text.includes(".");
  return [
    ...(isDecimal ? [text.replace(",", ".")] : []),
    ...(FORMS.thousands.test(text) ? [text.replaceAll(",", "")] : []),
  ];
}

function reading(text) {
  const infinite = { inf: Infinity, "+inf": Infinity, "-inf": -Infinity }[text];
  if (infinite) return { value: infinite, unit: 0 };
  if (FORMS.decimal.test(text)) return { value: Number(text), unit: lastDecimal(text) };
  const power = FORMS.power.exec(text);
  if (power) return /e/i.test(power[1]) ? null : reading(`${power[1]}e${Number(power[2])}`);
  const [, whole, above, below] = FORMS.fraction.exec(text) ?? [];
  if (!above || Number(below) === 0) return null;
  const part = Number(above) / Number(below);
  const sum = Number(whole ?? 0) + (whole?.startsWith("-") ? -part : part);
  return { value: sum, unit: 0 };
}

/** The place value of the last decimal: 10^-4 for 0.1498. */
function lastDecimal(decimal) {
  const [digits, exponent = "0"] = decimal.toLowerCase().split("e");
  const decimals = (digits.split(".")[1] ?? "").length;
  return Number(`1e${Number(exponent) - decimals}`);
}

/** Whether an answer is a number correctly rounded, and to enough digits to tell. */
function rounds({ value, unit }, number) {
  if (!unit || !Number.isFinite(value)) return false;
  const finest = value ? rules.fine : rules.fine_zero;
  const isCoarse = Math.abs(value) < 10 * unit * (1 - rules.float);
  if (isCoarse && unit > finest * (1 + rules.float)) return false;
  return Math.abs(value - number) <= unit * (0.5 + rules.float);
}

/** Whether an answer is right. before: the old value in an update, else 0. */
function isRight(read, right, before, scale, tolerance) {
  if (!Number.isFinite(right)) return read.value === right;
  let allowed = Math.max(tolerance * Math.abs(right - before), rules.nothing * scale);
  if (before) allowed = Math.max(allowed, rules.shown * Math.abs(right));
  const isNear = read.value === right || Math.abs(read.value - right) <= allowed;
  const isCopy = before && (read.value === before || (!isFine(read) && rounds(read, before)));
  return isNear || (rounds(read, right) && !isCopy);
}

/**
 * The verdict on an answer, and the slip that likely led to it. A slip that is recognised by four
 * decimals counts as one even within the tolerance.
 */
function judged(tensor, index, typed) {
  const read = readings(typed);
  if (!read.length) return { verdict: "unread" };
  const right = numeric(tensor.values[place(tensor, index)]);
  const [before, ...table] = tensor.asked[index.join()];
  const fits = (number, tolerance) =>
    read.some((each) => isRight(each, number, before, tensor.scale, tolerance));
  const slipWithin = (tolerance) => table.find(([, number]) => fits(number, tolerance))?.[0];
  if (fits(right, rules.exact)) return { verdict: "right" };
  const slip = slipWithin(rules.exact);
  const isShown = slip !== undefined && !rules.of_digits.includes(slip) && read.some(isFine);
  if (!isShown && fits(right, rules.tolerance)) return { verdict: "right" };
  if (!before && read.some(({ value, unit }) => Math.abs(value - right) <= unit / 2)) {
    return { verdict: "wrong", slip: rules.too_far };
  }
  const isClose = ({ value }) => Math.abs(value - right) <= rules.close * Math.abs(right - before);
  const rounded = read.some(isClose) ? rules.rounded : undefined;
  return { verdict: "wrong", slip: slip ?? slipWithin(rules.tolerance) ?? rounded };
}

/** Whether an answer has at least four decimals, as asked for in work by hand. */
function isFine({ unit }) {
  return unit > 0 && unit <= rules.fine_zero * (1 + rules.float);
}

function numeric(value) {
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] ?? value;
}
