// Lines: weights and biases in the drawing, and their labels.

const ONE_SIZE = 11; // radius of the input that is always 1

function linesInto(view, column) {
  const all = joints(view, column);
  if (!columns[column].isDense) return all.map((joint) => joined(view, column, joint));
  const tensor = weighed(view.position, column);
  const most = largest(tensor.values);
  const role = roleOf(view, column, isOfWeights);
  const ones = hasBiases(column) ? biasLines(view, column) : [];
  const isLabelled = all.length <= MAX_LABELLED && view.gap >= LABELLED_GAP;
  const texts = isLabelled ? all.map((joint) => weightText(view, column, tensor, joint)) : [];
  const lines = all.map((joint) => weightLine(view, column, tensor, most, role, joint));
  return [...ones, ...lines, ...texts];
}

/** The biases: lines from the input that is always 1 to the units. */
function biasLines(view, column) {
  const tensor = biasShown(view, column);
  const most = largest(tensor.values);
  const role = roleOf(view, column, (each) => each === tensor);
  return view.slots[column].flatMap((unit, slot) => {
    if (unit === null) return [];
    const value = valueAt(tensor, [unit]);
    const end = [view.x[column] - view.width / 2, view.y[column](slot)];
    const d = `M${view.x[column - 1] + ONE_SIZE},${view.ones}L${end}`;
    return [drawn("g", { class: `line ones ${role} ${signOf(value)}`, "data-column": column, "data-unit": unit, "data-one": "" },
      drawn("path", { class: "reach", d }),
      drawn("path", { class: "stroke", d, style: `--share: ${share(value, most)}` }))];
  });
}

/** The input that is always 1, before a column with biases. */
function one(view, column) {
  if (!hasBiases(column + 1)) return [];
  return [drawn("g", { class: "one", transform: `translate(${view.x[column]} ${view.ones})` },
    drawn("title", {}, "always 1: its weights are the biases"),
    drawn("circle", { r: ONE_SIZE }), drawn("text", { dy: "0.35em" }, "1"))];
}

/** The biases of a column, or the tensor shown if it belongs to them. */
function biasShown(view, column) {
  const { tensor } = positions[view.position];
  const isShown = /\/d?b(\/|$)/.test(tensor.name) && columnOf(tensor) === column;
  return isShown && isOfUnits(tensor) ? tensor : parameter(view.position, column, "b");
}

function joined(view, column, joint) {
  return drawn("path", { class: "joined", d: path(view, column, joint) });
}

/** A weight: a line, and a wider invisible one that is easier to point at. */
function weightLine(view, column, tensor, most, role, joint) {
  const { source, unit } = joint;
  const value = valueAt(tensor, [source, unit]);
  const d = path(view, column, joint);
  return drawn(
    "g",
    { class: `line ${role} ${signOf(value)}`, "data-column": column, "data-from": source,
      "data-unit": unit },
    drawn("path", { class: "reach", d }),
    drawn("path", { class: "stroke", d, style: `--share: ${share(value, most)}` }),
  );
}

function path(view, column, joint) {
  return ends(view, column, joint).map((point) => point.join()).join("L").replace(/^/, "M");
}

/** A weight's label on its line; its place on the line depends on the unit, to avoid overlaps. */
function weightText(view, column, tensor, joint) {
  const [[x1, y1], [x2, y2]] = ends(view, column, joint);
  const index = [joint.source, joint.unit];
  const lines = [former(view, tensor), tensor].filter(Boolean).map((each) => briefWeight(valueAt(each, index)));
  const spread = lines.length > 1 || view.slots[column].length > 2 ? 0.3 : 0.2;
  const at = 0.24 + spread * joint.to;
  const place = { x: x1 + at * (x2 - x1), y: y1 + at * (y2 - y1) };
  const [halfWidth, line] = [Math.max(...lines.map(({ length }) => length)) * view.letter * 0.5 + 3, view.letter * 2];
  const top = -line * lines.length / 2;
  const plate = { x: -halfWidth, y: top, width: 2 * halfWidth, height: line * lines.length, rx: 3 };
  const texts = lines.map((text, at) => drawn("text", {
    class: at < lines.length - 1 ? "was" : "", y: top + (at + 0.5) * line, dy: "0.33em" }, text));
  const marks = { "data-column": column, "data-from": joint.source, "data-unit": joint.unit };
  const stage = tensor.name.endsWith("/after") ? "weight new" : "weight";
  return drawn("g", { class: stage, transform: `translate(${place.x} ${place.y})`, ...marks },
    drawn("rect", plate), ...texts);
}

/** The old value of the tensor shown, if it is an update. */
function former(view, tensor) {
  return positions[view.position].tensor === tensor ? formerly(view.position) : undefined;
}
