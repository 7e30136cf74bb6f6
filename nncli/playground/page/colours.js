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
  mixShades(Math.max(2, play.outputs.classes.length));
}

const css = (colour, alpha = 1) => `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;

/** From paper to a colour: 0 is paper, 1 the colour. */
const mixed = (colour, share) => colour.map((part, k) => colours.paper[k] + (part - colours.paper[k]) * share);

function classColour(index, count) {
  if (count === 2) return index === 0 ? colours.negative : colours.positive;
  return CLASS_COLOURS[index % CLASS_COLOURS.length];
}

const SHADES = 128; // of a colour, from paper to its full strength

/** Shades as pixels, each one number: of signs from -1 to 1, and of each class from unsure to sure. */
const shades = { signs: new Uint32Array(2 * SHADES + 1), classes: [] };

function mixShades(classes) {
  for (let k = -SHADES; k <= SHADES; k++) {
    const colour = k < 0 ? colours.negative : colours.positive;
    shades.signs[k + SHADES] = pixel(mixed(colour, (0.7 * Math.abs(k)) / SHADES));
  }
  shades.classes = Array.from({ length: classes }, (_, index) =>
    Uint32Array.from({ length: SHADES + 1 }, (__, k) =>
      pixel(mixed(classColour(index, classes), 0.15 + (0.6 * k) / SHADES))));
}

/** Red, green and blue as a number of an image's memory, opaque; least byte first. */
const pixel = ([red, green, blue]) =>
  ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;

/** The pixel of a number from -1 to 1: orange below 0, blue above. */
function signPixel(value) {
  const kept = value < -1 ? -1 : value > 1 ? 1 : value || 0;
  return shades.signs[Math.round(kept * SHADES) + SHADES];
}

/** The pixel of classes' shares: the likeliest one's colour, the surer the stronger. */
function classesPixel(shares, place, count) {
  let best = 0;
  for (let k = 1; k < count; k++) if (shares[place + k] > shares[place + best]) best = k;
  const sure = Math.min(Math.max((shares[place + best] * count - 1) / (count - 1), 0), 1);
  return shades.classes[best][Math.round(sure * SHADES) || 0];
}
