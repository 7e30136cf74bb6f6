// Handout: the whole trace for printing, position by position; in the fill-in mode with blanks.

const MAX_PRINTED = 8; // rows and columns of a table on paper
const FIRST_PRINTED = 6;

/** Make the handout, only when the page is printed. */
function makeHandout() {
  document.getElementById("handout").replaceChildren(
    ...trace.steps.flatMap((step) => ["forward", "backward", "update"].map((phase) =>
      printedPhase(step, phase))));
}

function clearHandout() {
  document.getElementById("handout").replaceChildren();
}

function printedPhase(step, phase) {
  const own = [...positions.keys()].filter((at) =>
    positions[at].step === step && positions[at].tensor.phase === phase);
  if (!own.length) return "";
  const many = trace.steps.length > 1 ? ` of step ${step.number}` : "";
  return element("section", { class: phase },
    element("h2", {}, `${capitalized(phase)}${many}`),
    element("p", { class: "words" }, ...formulaInHtml(trace.phases[phase], symbols)),
    ...own.map(printedTensor));
}

function capitalized(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function printedTensor(position) {
  const { tensor, step } = positions[position];
  const said = meaningOf(tensor).map((words) =>
    element("p", { class: "words" }, ...formulaInHtml(words, symbols)));
  const title = element("p", { class: "formula" },
    element("span", {}, ...formulaInHtml(tensor.formula || tensor.symbol, symbols)),
    element("span", { class: "name" }, [tensor.name, sizeInWords(tensor)].filter(Boolean).join(" · ")));
  const numbers = tensor.axes.length ? [printedTable(position, step)] : [];
  return element("article", {}, title, ...said, ...numbers, ...printedLine(tensor));
}

/** The first number with its arithmetic; a blank if it is asked for. */
function printedLine(tensor) {
  const [index] = indicesOf(tensor);
  const sum = tensor.arithmetic[0];
  if (!index || (!sum && tensor.axes.length)) return [];
  const value = written(tensor.values[0], 6);
  const isOpen = isBlank(tensor, index);
  const own = [...symbolWithIndex(tensor, index), " = "];
  const isWorked = sum && minus(unlinked(sum)) !== value && !isOpen;
  const worked = isWorked ? [...formulaInHtml(unlinked(sum), new Set()), " = "] : [];
  const last = isOpen ? element("span", { class: "blank" }) : element("b", {}, value);
  return [element("p", { class: "sum" }, ...own, ...worked, last)];
}

function printedTable(position, step) {
  const { tensor } = positions[position];
  const kept = tensor.kept.map((each) => (each.length <= MAX_PRINTED ? each
    : [...each.slice(0, FIRST_PRINTED), each.at(-1)]));
  const made = table(tensor, step, { kept, former: formerly(position) });
  for (const each of made.querySelectorAll("[data-index]")) {
    if (!isBlank(tensor, each.dataset.index.split(",").map(Number))) continue;
    each.replaceChildren();
    each.removeAttribute("style");
  }
  return made;
}

window.addEventListener("beforeprint", makeHandout);
window.addEventListener("afterprint", clearHandout);
