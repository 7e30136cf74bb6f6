// Play: goes through the numbers and positions automatically.

const MAX_LIT = 4; // numbers per position
const PACES = { slow: 3200, medium: 1600, fast: 600 }; // milliseconds per number
const player = { timer: null, left: [] };

function play() {
  if (state.position === positions.length - 1) go(0);
  player.left = litAt(state.position);
  schedule();
  drawPlayer();
}

function pause() {
  clearTimeout(player.timer);
  player.timer = null;
  drawPlayer();
}

function isPlaying() {
  return player.timer !== null;
}

function schedule() {
  const pace = PACES[document.getElementById("speed").value];
  player.timer = setTimeout(tick, pace);
}

/** Go to the next number or position; stop at the end. */
function tick() {
  if (player.left.length) {
    choose(player.left.shift());
  } else if (state.position < positions.length - 1) {
    go(state.position + 1);
    player.left = litAt(state.position);
  } else {
    pause();
    return;
  }
  schedule();
}

/** The indices that are played after a position's first: of computed numbers of the row. */
function litAt(position) {
  const { tensor } = positions[position];
  if (!Object.keys(tensor.operands).length) return [];
  const isOfRow = (index) => tensor.axes[0] !== "row" || index[0] === state.row;
  return indicesOf(tensor).filter(isOfRow).slice(1, MAX_LIT);
}

function drawPlayer() {
  const button = document.getElementById("play");
  button.textContent = isPlaying() ? "❚❚ pause" : "▶ play";
  document.body.classList.toggle("playing", isPlaying());
}
