// Text: numbers and formulas as text and elements.

const SVG = document.querySelector("svg").namespaceURI;
const LETTERS = { gamma: "γ", dgamma: "dγ", beta: "β", dbeta: "dβ" };

/** An element with attributes and children; strings become text, never markup. */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element with attributes and children. */
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

/** A number with some or all of its significant digits, as text; empty for null. */
function written(value, digits) {
  if (value === null) return "";
  if (typeof value !== "number") return minus(value);
  const isTiny = value !== 0 && Math.abs(value) < 1e-4;
  if (isTiny) return minus(scientific(value, digits && digits - 1));
  return minus(String(digits ? Number(value.toPrecision(digits)) : value));
}

/** A number in at most seven characters, which fit into a unit. */
function brief(value) {
  if (typeof value !== "number" || value === 0) return written(value);
  const size = Math.abs(value);
  if (size < 0.001 || size >= 99999.5) return minus(scientific(value, 1));
  if (size < 1) return minus(String(Number(value.toFixed(size < 0.1 ? 4 : 3))));
  return written(value, size >= 1000 ? 5 : 3);
}

/** The same for a weight, with one more digit, because an update often changes no other. */
function briefWeight(value) {
  const size = Math.abs(value);
  const isPlain = typeof value === "number" && size >= 0.001 && size < 1;
  return isPlain ? minus(String(Number(value.toFixed(4)))) : brief(value);
}

/** 1.5e-7, 2e10: without trailing zeros or a plus. decimals: at most, default all. */
function scientific(value, decimals) {
  return value.toExponential(decimals).replace(/\.?0*e\+?/, "e");
}

function minus(text) {
  return text.replaceAll("-", "−");
}

/** [letters, number] of a symbol: dW1 -> ["dW", "1"]; a hat is put over its letter. */
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

/** A formula with italic symbols, subscripts and superscripts. */
function formulaInHtml(text, symbols) {
  const shorter = text.replace(/(\d)e([-+])0?(\d+)/g, (_, digit, sign, power) =>
    `${digit}e${sign === "-" ? sign : ""}${power}`); // 1e-05 -> 1e-5, as elsewhere on the page
  const parts = shorter.split(/(\^(?:\w+)|<-|>=|<=|[A-Za-z_]\w*)/);
  return parts.map((part) => {
    if (part.startsWith("^")) return element("sup", {}, part.slice(1));
    if (symbols.has(part)) return Object.assign(symbolInHtml(part), { symbol: part });
    const signs = { "<-": "←", ">=": "≥", "<=": "≤" };
    return signs[part] ?? minus(part).replace(/ ?\* ?/g, " · ");
  });
}
