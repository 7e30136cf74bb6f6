// Panel: the formula of a position, its numbers as a table, and one number worked out.

const WIDE = 6; // columns from which a table has the page to itself

function drawPanel(position) {
  const { tensor, step } = positions[position];
  document.getElementById("formula").replaceChildren(...linkedFormula(position));
  document.getElementById("about").textContent =
    [tensor.name, tensor.phase, sizeInWords(tensor)].filter(Boolean).join(" · ");
  document.getElementById("onward").replaceChildren(...onward(position));
  const numbers = tensor.axes.length ? [table(tensor, step, { former: formerly(position) })] : [];
  document.getElementById("meaning").replaceChildren(
    ...meaningOf(tensor).map((words) => element("p", {}, ...formulaInHtml(words, symbols))));
  document.getElementById("scroll").replaceChildren(...numbers);
  document.getElementById("panel").classList.toggle("wide", (tensor.kept.at(-1) ?? []).length > WIDE);
  document.getElementById("numbers").hidden = numbers.length === 0;
  document.getElementById("left_out").textContent = leftOut(tensor);
}

/** What it is, in words: its own, or those of its letter. */
function meaningOf(tensor) {
  if (tensor.meaning.length) return tensor.meaning;
  const [, letter] = /^(.*?)\d*$/.exec(tensor.symbol);
  return trace.letters.filter(([each]) => each === letter).map(([, words]) => words);
}

function sizeInWords(tensor) {
  return tensor.axes.map((axis, at) => counted(tensor.shape[at], axis)).join(" × ");
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function leftOut(tensor) {
  const elided = tensor.axes.filter((_, at) => tensor.kept[at].length < tensor.shape[at]);
  if (!elided.length) return "";
  return `Here are the first 20 and the last 4 ${elided.map((axis) => `${axis}s`).join(" and ")};` +
    " all numbers are in nncli trace --format json.";
}

/**
 * Rows and columns as in the tensor; a vector is one row.
 * kept: the indices of each axis.  former: what its numbers were before, to stand above them.
 */
function table(tensor, step, { kept = tensor.kept, former } = {}) {
  if (tensor.axes.length > 2) return images(tensor, step, kept, former);
  const column = columnOf(tensor);
  const isFlat = tensor.axes.length === 1;
  const across = tensor.axes.length - 1;
  const head = kept[across].map((index) =>
    element("th", { scope: "col" }, heading(tensor.axes[across], index, column, step)));
  const down = isFlat ? [null] : kept[0];
  const most = largest(tensor.values);
  const rows = down.map((first) => {
    const title = isFlat ? [] : [element("th", { scope: "row" },
      heading(tensor.axes[0], first, column, step))];
    const cells = kept[across].map((last) =>
      cell(tensor, isFlat ? [last] : [first, last], most, former));
    return element("tr", {}, ...title, ...withGap(cells, kept[across], "td"));
  });
  const corner = isFlat ? [] : [element("td")];
  const top = element("tr", {}, ...corner, ...withGap(head, kept[across], "th"));
  const body = withGap(rows, down, "tr");
  return element("table", {}, element("thead", {}, top), element("tbody", {}, ...body));
}

/** Images and kernels line by line; what they are of stands before each. */
function images(tensor, step, kept, former) {
  const column = columnOf(tensor);
  const [line, across] = [tensor.axes.indexOf("line"), tensor.axes.indexOf("place")];
  const outer = [0, 1, 2, 3].filter((axis) => axis !== line && axis !== across);
  const most = largest(tensor.values);
  const lines = kept[outer[0]].flatMap((first) =>
    kept[outer[1]].flatMap((second) => kept[line].map((at) => [first, second, at])));
  const rows = lines.map(([first, second, at]) => {
    const index = (place) => {
      const found = [];
      [found[outer[0]], found[outer[1]], found[line], found[across]] = [first, second, at, place];
      return found;
    };
    const words = [heading(tensor.axes[outer[0]], first, column, step),
      heading(tensor.axes[outer[1]], second, column, step), `line ${at}`].join(", ");
    return element("tr", {}, element("th", { scope: "row" }, words),
      ...withGap(kept[across].map((place) => cell(tensor, index(place), most, former)), kept[across], "td"));
  });
  const head = kept[across].map((place) => element("th", { scope: "col" }, `place ${place}`));
  return element("table", {},
    element("thead", {}, element("tr", {}, element("td"), ...withGap(head, kept[across], "th"))),
    element("tbody", {}, ...rows));
}

/** Where indices jump, an empty cell or row with dots. */
function withGap(made, indices, tag) {
  const at = indices.findIndex((index, place) => index !== null && index !== place);
  if (at < 0) return made;
  const gap = tag === "tr" ? element("tr", {}, element("th", {}, "⋮")) : element(tag, {}, "…");
  return [...made.slice(0, at), gap, ...made.slice(at)];
}

function cell(tensor, index, most, former) {
  const value = valueAt(tensor, index);
  const attributes = { "data-index": index.join(), class: signOf(value), tabindex: -1,
    style: `--share: ${share(value, most)}` };
  const was = former ? [element("small", {}, `${written(valueAt(former, index), 6)} →`)] : [];
  return element("td", attributes, ...was, written(value, 6));
}

/** Work out one number of the position's tensor, and mark it in the table. */
function markPanel(position, index, row) {
  const { tensor, step } = positions[position];
  document.getElementById("element").replaceChildren(...workedOut(position, index, step));
  drawQuestion();
  for (const each of document.querySelectorAll("#scroll [data-index]")) {
    const isChosen = each.dataset.index === index.join();
    each.classList.toggle("chosen", isChosen);
    each.tabIndex = isChosen ? 0 : -1;
    const isOfRow = tensor.axes[0] === "row" && +each.dataset.index.split(",")[0] === row;
    each.parentElement.classList.toggle("row", isOfRow);
  }
}

function workedOut(position, index, step) {
  const { tensor } = positions[position];
  const lines = [];
  if (index.length) lines.push(element("span", { class: "of" }, inWords(tensor, index, step)));
  if (isAsked(tensor, index)) return lines;
  const value = written(valueAt(tensor, index));
  const sum = tensor.arithmetic[place(tensor, index)];
  const isWorked = sum && minus(unlinked(sum)) !== value;
  if (isWorked) {
    lines.push(element("span", { class: "sum" }, ...arithmeticInHtml(position, sum)));
  }
  lines.push(element("span", { class: "value" }, `${isWorked ? "= " : ""}${value}`));
  if (!sum && tensor.arithmetic.length) {
    const words = `The first ${tensor.arithmetic.length} numbers are worked out in this page.`;
    lines.push(element("span", { class: "of" }, words));
  }
  return lines;
}
