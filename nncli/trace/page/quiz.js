// Quiz: the fill-in mode, in which the numbers of a position are asked for before they are shown.

const quiz = { isOn: false, answered: new Map(), right: 0, shown: 0, slips: new Map() };

/** The indices of a tensor whose numbers were answered or shown. */
function answeredOf(tensor) {
  if (!quiz.answered.has(tensor)) quiz.answered.set(tensor, new Set());
  return quiz.answered.get(tensor);
}

/** Whether a number is still to be found, at any position. */
function isBlank(tensor, index) {
  const key = index.join();
  return quiz.isOn && key in tensor.asked && !answeredOf(tensor).has(key);
}

/** The same at the current position, where earlier numbers are shown. */
function isAsked(tensor, index) {
  return tensor === positions[state.position].tensor && isBlank(tensor, index);
}

/** The index of the next number to ask for at this position; undefined if none is left. */
function nextAsked() {
  const { tensor } = positions[state.position];
  return indicesOf(tensor).find((index) => isBlank(tensor, index));
}

/** Turn the mode on or off, and forget all answers. */
function turnQuiz(isOn) {
  Object.assign(quiz, { isOn, answered: new Map(), right: 0, shown: 0, slips: new Map() });
  document.body.classList.toggle("quiz", isOn);
  document.getElementById("fill").setAttribute("aria-pressed", isOn);
  pause();
  go(state.position);
}

/** Show the form for the chosen number if it is asked for, else hide it. */
function drawQuestion() {
  const { tensor } = positions[state.position];
  const isOpen = isAsked(tensor, state.index);
  const isLeft = quiz.isOn && nextAsked() !== undefined;
  document.getElementById("ask").hidden = !quiz.isOn || !Object.keys(tensor.asked).length;
  document.getElementById("answer").hidden = !isOpen;
  for (const id of ["check", "hint_button", "show"]) document.getElementById(id).hidden = !isOpen;
  const next = document.getElementById("next");
  next.hidden = isOpen;
  next.textContent = isLeft ? "next number" : "forward →";
  document.getElementById("asked").replaceChildren(
    ...(isOpen ? [...symbolWithIndex(tensor, state.index), " ="] : []));
  drawScore();
}

function symbolWithIndex(tensor, index) {
  const stage = tensor.name.endsWith("/after") ? ["new "] : [];
  return [...stage, symbolInHtml(tensor.symbol), index.length ? `[${index.join()}]` : ""];
}

function drawScore() {
  const { right, shown, slips } = quiz;
  const made = [...slips].map(([name, times]) => (times > 1 ? `${name} (${times} times)` : name));
  const score = document.getElementById("score");
  score.hidden = !quiz.isOn;
  score.textContent = [`${right} right`, shown ? `${shown} shown` : "",
    made.length ? `mistakes: ${made.join(", ")}` : ""].filter(Boolean).join(" · ");
}

/** Judge the answer typed. */
function answer() {
  const { tensor } = positions[state.position];
  const field = document.getElementById("answer");
  if (!isAsked(tensor, state.index)) return onwards();
  const { verdict, slip } = judged(tensor, state.index, field.value);
  if (verdict === "right") {
    quiz.right += 1;
    settle("right", "Right.");
    return undefined;
  }
  const [name, hint] = rules.slips[slip] ?? [];
  if (name) quiz.slips.set(name, (quiz.slips.get(name) ?? 0) + 1);
  const said = verdict === "unread"
    ? "A number, please: 0.25, 0,25, 1/4, 25% or 2.5e-1."
    : name ? `Not yet (${name}): ${hint}` : "Not yet. The hint puts the numbers into the formula.";
  feedback(verdict, said);
  drawScore();
  field.select();
  return undefined;
}

/** Show the number that is asked for. */
function show() {
  quiz.shown += 1;
  settle("shown", "This is how it comes about:");
}

/** Treat the chosen number as known from now on. */
function settle(verdict, words) {
  const { tensor } = positions[state.position];
  const index = state.index;
  answeredOf(tensor).add(index.join());
  redraw(index);
  feedback(verdict, words);
  document.getElementById("next").focus();
}

/** Show the formula with numbers, without its result. */
function hint() {
  const { tensor } = positions[state.position];
  const sum = tensor.arithmetic[place(tensor, state.index)];
  const line = document.getElementById("element");
  line.replaceChildren(element("span", { class: "sum" }, ...arithmeticInHtml(state.position, sum)));
}

/** Go to the next number, or to the next position. */
function onwards() {
  const next = nextAsked();
  if (next) redraw(next);
  else go(state.position + 1);
  focusAnswer();
}

function focusAnswer() {
  const field = document.getElementById("answer");
  if (quiz.isOn && !field.hidden) field.focus({ preventScroll: true });
}

function feedback(verdict, words) {
  const line = document.getElementById("feedback");
  line.className = verdict;
  line.textContent = words;
}

/** Draw everything of this position, with a number chosen. */
function redraw(index) {
  document.getElementById("answer").value = "";
  feedback("", "");
  drawControls();
  drawPanel(state.position);
  state.index = index;
  draw();
}
