// Special functions that Math doesn't have, to the last digits of a double.

const power = (base, exponent) => Math.pow(base, exponent);

/** ln(exp(a) + exp(b)), without an overflow on the way. */
function logaddexp(a, b) {
  if (a === b) return a + Math.LN2;
  const most = Math.max(a, b);
  return most + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** The standard normal distribution function: erfc(-z / sqrt(2)) / 2. */
function ndtr(z) {
  const x = z * Math.SQRT1_2;
  if (Math.abs(x) < 2) return 0.5 + 0.5 * erfSeries(x);
  const tail = 0.5 * erfcFraction(Math.abs(x));
  return x > 0 ? 1 - tail : tail;
}

/** erf(x) = 2 x exp(-x^2) / sqrt(pi) (1 + 2 x^2 / 3 + (2 x^2)^2 / (3 5) + ...): no term is negative. */
function erfSeries(x) {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x) * sum;
}

/** erfc(x) = exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), for x >= 2. */
function erfcFraction(x) {
  let rest = x;
  for (let n = 60; n > 0; n--) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / rest;
}
