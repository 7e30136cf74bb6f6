// Text: numbers, formulas and elements put into the page.

const SVG = document.querySelector("svg").namespaceURI;
const LETTERS = { gamma: "γ", dgamma: "dγ", beta: "β", dbeta: "dβ" };

/** An element with attributes and children; strings become text, whatever they hold. */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same inside a drawing. */
function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A number in so many significant digits, or in all it has; null is no number. */
function written(value, digits) {
  if (value === null) return "";
  if (typeof value !== "number") return minus(value);
  const isTiny = value !== 0 && Math.abs(value) < 1e-4;
  if (isTiny) return minus(scientific(value, digits && digits - 1));
  return minus(String(digits ? Number(value.toPrecision(digits)) : value));
}

/** In at most seven characters: what fits into a unit. */
function brief(value) {
  if (typeof value !== "number" || value === 0) return written(value);
  const size = Math.abs(value);
  if (size < 0.001 || size >= 99999.5) return minus(scientific(value, 1));
  if (size < 1) return minus(String(Number(value.toFixed(size < 0.1 ? 4 : 3))));
  return written(value, size >= 1000 ? 5 : 3);
}

/** The same of a weight, with a digit more: an update often changes no other. */
function briefWeight(value) {
  const size = Math.abs(value);
  const isPlain = typeof value === "number" && size >= 0.001 && size < 1;
  return isPlain ? minus(String(Number(value.toFixed(4)))) : brief(value);
}

/** 1.5e-7, 2e10: no zeros at the end of the fraction, no plus; all decimals, if none are given. */
function scientific(value, decimals) {
  return value.toExponential(decimals).replace(/\.?0*e\+?/, "e");
}

function minus(text) {
  return text.replaceAll("-", "−");
}

/** [letters, number] of a symbol: dW1 -> ["dW", "1"]; a hat goes over its letter. */
function symbolParts(symbol) {
  const [, base, number] = /^(.*?)(\d*)$/.exec(symbol);
  return [(LETTERS[base] ?? base).replace("_hat", "\u0302"), number];
}

function symbolInHtml(symbol) {
  const [base, number] = symbolParts(symbol);
  return element("var", {}, base, ...(number ? [element("sub", {}, number)] : []));
}

function symbolInSvg(symbol) {
  const [base, number] = symbolParts(symbol);
  const below = drawn("tspan", { class: "sub", dy: "0.25em" }, number);
  return drawn("tspan", { class: "symbol" }, base, below);
}

/** A formula as on a blackboard: symbols slanted with their number below, exponents raised. */
function formulaInHtml(text, symbols) {
  const shorter = text.replace(/(\d)e([-+])0?(\d+)/g, (_, digit, sign, power) =>
    `${digit}e${sign === "-" ? sign : ""}${power}`); // as this page writes it: 1e-05 is 1e-5
  const parts = shorter.split(/(\^(?:\w+)|<-|>=|<=|[A-Za-z_]\w*)/);
  return parts.map((part) => {
    if (part.startsWith("^")) return element("sup", {}, part.slice(1));
    if (symbols.has(part)) return Object.assign(symbolInHtml(part), { symbol: part });
    const signs = { "<-": "←", ">=": "≥", "<=": "≤" };
    return signs[part] ?? minus(part).replace(/ ?\* ?/g, " · ");
  });
}
