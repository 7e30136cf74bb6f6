// Panel: the formula of a position, its numbers as a table, and the arithmetic of one number.

const WIDE = 6; // columns, above which a table takes the full width

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

/** The meaning of a tensor in words: its own, or that of its letter. */
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
 * kept: the indices of each axis.  former: the old values, to be shown above the numbers.
 */
function table(tensor, step, { kept = tensor.kept, former } = {}) {
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

/** Insert a cell or row with dots where indices jump. */
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

/** Show the arithmetic of one number of the position's tensor, and mark it in the table. */
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
