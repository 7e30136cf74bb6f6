// Zoom: the scale of the drawing, and moving it.

const CLOSEST = 4;
const FARTHEST = 0.2;
const ZOOM_STEP = 1.25;

/** Set the zoom factor, around the middle or a point of the frame. */
function zoomTo(factor, x, y) {
  const frame = document.getElementById("network");
  const old = state.zoom;
  state.zoom = Math.min(Math.max(factor, FARTHEST), CLOSEST);
  const at = [x ?? frame.clientWidth / 2, y ?? frame.clientHeight / 2];
  const [left, top] = [frame.scrollLeft + at[0], frame.scrollTop + at[1]];
  draw();
  frame.scrollLeft = (left * state.zoom) / old - at[0];
  frame.scrollTop = (top * state.zoom) / old - at[1];
}

/** Zoom so that the whole drawing is visible. */
function zoomToWhole() {
  const frame = document.getElementById("network");
  zoomTo((frame.clientWidth / planned(frame.clientWidth).sheet.width) || 1);
}

function listenToZoom() {
  const frame = document.getElementById("network");
  document.getElementById("larger").addEventListener("click", () => zoomTo(state.zoom * ZOOM_STEP));
  document.getElementById("smaller").addEventListener("click", () => zoomTo(state.zoom / ZOOM_STEP));
  document.getElementById("whole").addEventListener("click", zoomToWhole);
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    const factor = state.zoom * Math.exp(-event.deltaY / 300);
    zoomTo(factor, event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  frame.addEventListener("click", (event) => {
    const { fold } = event.target.closest("[data-fold]")?.dataset ?? {};
    if (fold) unfold(Number(fold));
  });
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const [x, y, left, top] = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
    const move = (moved) => {
      frame.scrollLeft = left - (moved.clientX - x);
      frame.scrollTop = top - (moved.clientY - y);
    };
    frame.classList.add("held");
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => {
      window.removeEventListener("pointermove", move);
      frame.classList.remove("held");
    }, { once: true });
  });
}
