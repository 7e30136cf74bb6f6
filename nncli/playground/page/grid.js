// Grid: rows all over one or two features, and images of what becomes of them.

const GRID = 40; // cells along each axis
const CURVE = 160; // points of a curve
const MARGIN = 0.08; // of the range of the rows, on either side

/** The grid of rows that maps are drawn from, over `axes`: indices of plain features. */
class Grid {
  constructor(model, axes) {
    this.axes = axes.map((feature) => plainColumn(feature)).filter(Boolean);
    this.isPlane = this.axes.length === 2;
    this.ranges = this.axes.map(rangeOf);
    const { inputs } = model;
    const side = this.isPlane ? GRID : CURVE;
    this.count = this.axes.length === 0 ? 0 : this.isPlane ? side * side : side;
    this.side = side;
    if (!this.count) return;
    this.passes = new Passes(model.training.network, model.training.theta, this.count);
    const row = Float64Array.from(typicalRow);
    for (let index = 0; index < this.count; index++) {
      this.axes.forEach((column, k) => {
        const place = k === 0 ? index % side : side - 1 - Math.floor(index / side);
        const [low, high] = this.ranges[k];
        row[column.place] = low + ((high - low) * (place + (this.isPlane ? 0.5 : 0))) / (side - (this.isPlane ? 0 : 1));
      });
      complete(row);
      inputs.put(row, this.passes.x.data, index * inputs.count);
    }
  }

  run() {
    if (this.count) run(this.passes.forward);
  }
}

function rangeOf(column) {
  let low = Infinity;
  let high = -Infinity;
  for (const set of Object.values(play.rows))
    for (let row = 0; row < set.count; row++) {
      const value = set.x[row * columns.length + column.place];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  const room = (high - low || 1) * MARGIN;
  return [low - room, high + room];
}

/** The grid as an image, a pixel for each cell. */
function paintPlane(grid, pixelAt) {
  const image = (grid.image ??= new ImageData(grid.side, grid.side));
  const pixels = (grid.pixels ??= new Uint32Array(image.data.buffer));
  for (let index = 0; index < grid.count; index++) pixels[index] = pixelAt(index);
  return image;
}

const stencil = document.createElement("canvas");

function putPlane(context, image, x, y, width, height) {
  if (stencil.width !== image.width || stencil.height !== image.height) {
    stencil.width = image.width;
    stencil.height = image.height;
  }
  stencil.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(stencil, x, y, width, height);
}
