// Tip: a tooltip with the numbers of the unit or line under the pointer or the focus.

const tip = document.getElementById("tip");

/** Show the tip of a unit or line; if it belongs to the position's tensor, choose its number. */
function pointAt(drawing) {
  const [column, unit] = [+drawing.dataset.column, +drawing.dataset.unit];
  const { tensor } = positions[state.position];
  const isLine = "from" in drawing.dataset;
  const isKind = isLine ? isOfWeights : isOfUnits;
  const from = Number(drawing.dataset.from);
  const index = (each) => (isLine ? [from, unit] : unitIndex(each, state.row, unit));
  const known = soFar(state.position, column).filter(
    (each) => (column === lossColumn ? true : isKind(each)));
  const numbers = known.map((each) => [each, valueAt(each, index(each))]);
  showTip(drawing, tipTitle(column, unit, from), numbers);
  const isFree = !quiz.isOn && !isPlaying();
  if (isFree && columnOf(tensor) === column && isKind(tensor)) choose(index(tensor));
}

function tipTitle(column, unit, from) {
  const words = (at, which) => heading("unit", which, at, positions[state.position].step);
  if (!Number.isNaN(from)) return `${words(column - 1, from)} → ${words(column, unit)}`;
  if (column === lossColumn) return trace.loss;
  const { step } = positions[state.position];
  return `${columns[column].name}, ${words(column, unit)}, row ${step.rows[state.row]}`;
}

function showTip(drawing, title, numbers) {
  const terms = numbers.flatMap(([tensor, value]) =>
    [element("dt", {}, ...label(tensor)), element("dd", {}, written(value))]);
  tip.replaceChildren(element("b", {}, title), element("dl", {}, ...terms));
  tip.hidden = false;
  placeTip(unitDrawing(drawing.dataset.column, drawing.dataset.unit).getBoundingClientRect());
}

/** Place the tip beside a unit, on the side with room, within the drawing. */
function placeTip(box) {
  const stage = tip.parentElement.getBoundingClientRect();
  const right = box.right - stage.left + 10;
  const left = box.left - stage.left - tip.offsetWidth - 10;
  const middle = (box.top + box.bottom) / 2 - stage.top - tip.offsetHeight / 2;
  const inside = (at, room) => `${Math.max(Math.min(at, room), 0)}px`;
  const room = stage.width - tip.offsetWidth;
  tip.style.left = inside(right <= room ? right : left, room);
  tip.style.top = inside(middle, stage.height - tip.offsetHeight);
}
