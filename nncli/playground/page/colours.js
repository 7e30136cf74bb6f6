// Colours: of signs, of classes, and of what a network says between them.

const CLASS_COLOURS = [
  [230, 120, 40], [30, 120, 190], [40, 150, 90], [190, 70, 130],
  [130, 100, 200], [150, 130, 30], [20, 150, 160], [170, 70, 60],
];

const colours = { ink: "", soft: "", rule: "", paper: [255, 255, 255], negative: [0, 0, 0], positive: [0, 0, 0] };

/** Read the theme's colours, light or dark. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  for (const name of ["ink", "soft", "rule", "accent"]) colours[name] = of(`--${name}`);
  for (const name of ["negative", "positive"]) colours[name] = of(`--${name}`).split(/\s+/).map(Number);
  const paper = Number.parseInt(of("--paper").slice(1), 16);
  colours.paper = [paper >> 16, (paper >> 8) & 255, paper & 255];
}

const css = (colour, alpha = 1) => `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;

/** From paper to a colour: 0 is paper, 1 the colour. */
const mixed = (colour, share) => colour.map((part, k) => colours.paper[k] + (part - colours.paper[k]) * share);

/** Of a number from -1 to 1: orange below 0, blue above. */
function signColour(value) {
  const size = Math.min(Math.abs(value) || 0, 1);
  return mixed(value < 0 ? colours.negative : colours.positive, 0.7 * size);
}

/** Of the probabilities of classes: the likeliest one's colour, the surer the stronger. */
function classesColour(shares) {
  let best = 0;
  for (let k = 1; k < shares.length; k++) if (shares[k] > shares[best]) best = k;
  const least = 1 / shares.length;
  const sure = Math.min(Math.max((shares[best] - least) / (1 - least), 0), 1);
  return mixed(classColour(best, shares.length), 0.15 + 0.6 * sure);
}

function classColour(index, count) {
  if (count === 2) return index === 0 ? colours.negative : colours.positive;
  return CLASS_COLOURS[index % CLASS_COLOURS.length];
}
