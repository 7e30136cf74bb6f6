// Start: keys, buttons, and the first drawing.

byId("play_button").addEventListener("click", () => (isPlaying ? pause() : start()));
byId("step_button").addEventListener("click", stepOnce);
byId("reset_button").addEventListener("click", reset);
byId("given_button").addEventListener("click", giveBack);
byId("yaml_button").addEventListener("click", () => showText("As YAML", configText(model)));
byId("run_button").addEventListener("click", () => showText("As a run", commandText(model)));
byId("copy_button").addEventListener("click", () => navigator.clipboard?.writeText(byId("text").textContent));
byId("close_button").addEventListener("click", () => byId("texts").close());

byId("speed").replaceChildren(...SPEEDS.map(([text, value]) => element("option", { selected: value === view.speed }, text)));
byId("speed").addEventListener("change", (event) => (view.speed = SPEEDS[event.target.selectedIndex][1]));
byId("row").addEventListener("change", (event) => {
  view.row = event.target.selectedIndex;
  showNumbers();
});
for (const button of document.querySelectorAll("input[name=mode]"))
  button.addEventListener("change", () => {
    view.mode = button.value;
    showNumbers();
  });
byId("val_name").hidden = !play.rows.val;
for (const name of ["train", "val"]) {
  const box = byId(`show_${name}`);
  box.closest("label").hidden = !play.rows.val;
  box.addEventListener("change", () => {
    view.shown[name] = box.checked;
    draw();
  });
}

const KEYS = { " ": () => (isPlaying ? pause() : start()), ArrowRight: stepOnce, r: reset };

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox]), select, dialog, textarea");
  const isPressing = event.key === " " && event.target.closest("button, input, label");
  if (isTyping || isPressing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});

byId("notes").textContent = notes();
readColours();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  rebuild();
});
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  rebuild();
});
rebuild();
