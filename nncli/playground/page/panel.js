// Panel: the legend, the tip beside what is pointed at, the worked numbers, and the two texts.

/** Which colours mean what, and which rows, axes and target are shown. */
function buildLegend() {
  const { classes, targets, task } = play.outputs;
  const key = (colour, label) => element("span", { class: "key" }, element("i", { style: `background: ${colour}` }), label);
  const signs = { classification: classes, binary: classes, multilabel: [`not ${targets[view.target]}`, targets[view.target]], regression: ["low", "high"] }[task];
  const colour = (index) => css(classColour(index, signs.length));
  const isCurve = task === "regression" && !grid.isPlane;
  byId("legend").replaceChildren(...(isCurve ? [] : signs).slice(0, 8).map((label, index) => key(colour(index), label)));
  const plain = play.features.map(({ name, isPlain }, index) => (isPlain ? [name, index] : null)).filter(Boolean);
  const pick = (place) => (value) => {
    view.axes = view.axes.map((axis, k) => (k === place ? value : axis === value ? view.axes[place] : axis));
    rebuild();
  };
  const choices = plain.length > 2 ? view.axes.map((axis, place) => listed(["across", "up"][place], plain, axis, pick(place))) : [];
  if (targets.length > 1 && task !== "classification")
    choices.push(listed("target", targets.map((name, index) => [name, index]), view.target, (value) => {
      view.target = value;
      buildLegend();
      draw();
    }));
  byId("axes").replaceChildren(...choices);
  const held = plain.length > 2 ? " Other features are held at their median or most frequent value." : "";
  const told = play.rows.val ? "Ringed dots are validation rows." : "";
  byId("about_boundary").textContent = told + held;
  byId("norm_names").replaceChildren(...normLines(model).map(({ label, colour: own }) => key(own, label)));
}

function showTip(layer, unit, from, near) {
  const tip = byId("tip");
  tip.hidden = layer === null;
  if (layer === null) return;
  tip.textContent = from === null ? unitInWords(layer, unit) : weightInWords(layer, from, unit);
  const frame = byId("stage").getBoundingClientRect();
  const box = near.getBoundingClientRect();
  const left = Math.min(Math.max(box.left + box.width / 2 - frame.left, 90), frame.width - 90);
  tip.style.left = `${left}px`;
  tip.style.top = `${(from === null ? box.bottom : box.top + box.height / 2) - frame.top + 6}px`;
}

function weightInWords(layer, from, unit) {
  const { W } = model.training.network.views(layer, model.training.theta);
  return `W${layer + 1}[${from}, ${unit}] = ${written(W.at(from, unit), 5)}`;
}

function unitInWords(layer, unit) {
  if (layer < 0) return model.inputs.labels[unit];
  const { training } = model;
  const { b } = training.network.views(layer, training.theta);
  const bias = b ? `, b${layer + 1}[${unit}] = ${written(b.at(0, unit), 5)}` : "";
  return `${training.network.layers[layer].name}, unit ${unit}${bias}`;
}

/** The formulas of the chosen unit with the numbers of the last step. */
function showNumbers() {
  const { last } = model.training;
  const { layer, unit } = diagram.selected;
  const rows = byId("row");
  byId("worked").hidden = !last;
  if (!last) {
    byId("about_numbers").textContent = "Make a step: then every formula stands here with its numbers.";
    return;
  }
  const count = last.index.length;
  view.row = Math.min(view.row, count - 1);
  if (rows.options.length !== count)
    rows.replaceChildren(...Array.from({ length: count }, (_, k) => element("option", {}, String(k))));
  rows.selectedIndex = view.row;
  const { name } = model.training.network.layers[layer];
  byId("about_numbers").textContent = `Step ${last.number}, epoch ${last.epoch}, ${count} row${count === 1 ? "" : "s"}: unit ${unit} of ${name}. Choose another in the drawing.`;
  const lines = workedLines(model, { layer, unit, row: view.row, mode: view.mode });
  byId("worked").replaceChildren(...lines.flatMap(workedInHtml));
  if (lines.length === 0) byId("worked").replaceChildren(element("dd", {}, "Nothing here: this layer has no numbers of its own in this pass."));
}

function workedInHtml({ name, formula, numbers, value, isNew }) {
  return [
    element("dt", {}, element("b", {}, name), isNew ? " ← " : " = ", formula),
    element("dd", {}, numbers === formula ? "" : `= ${numbers} `, element("b", {}, `= ${written(value, 6)}`)),
  ];
}

function showText(title, text) {
  byId("text_title").textContent = title;
  byId("text").textContent = text;
  byId("texts").showModal();
}

/** What the page can't do as nncli would, told once. */
function notes() {
  const found = [];
  const { sampled, isFloat32, isEarlyStopped } = play;
  if (Object.keys(sampled).length)
    found.push(`A sample: ${Object.entries(sampled).map(([name, of]) => `${play.rows[name].count.toLocaleString("en")} of ${of.toLocaleString("en")} ${name === "train" ? "training" : "validation"} rows`).join(", ")}. So its steps aren't those of nncli train.`);
  if (play.tree.ensemble) found.push("The config trains an ensemble. Played is one network, which --set ensemble=null trains.");
  if (isFloat32) found.push("The config trains in float32, the page in float64: their numbers differ a little.");
  if (isEarlyStopped) found.push("Early stopping is left to you.");
  if (play.isRun) found.push("It goes on from where the run ended.");
  return found.join(" ");
}
