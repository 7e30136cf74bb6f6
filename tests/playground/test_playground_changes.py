"""What is changed on the page is what its config and its command train, and its formulas show."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playground_browser import needs_browser, results

from nncli.artifacts.loaded_network import load_network
from nncli.assembly.build import build
from nncli.config.load import load, load_text
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop
from nncli.playground.page import page
from nncli.trace.traced_steps import trace

STEPS = 8
CONFIG = """
data: {dataset: {type: moons, samples: 60}}
network: {hidden: [{type: dense, units: 4, activation: tanh}, 3]}
optimizer: {type: sgd, lr: 0.1}
training: {epochs: 20, batch_size: 16}
"""
SCALES = ("standard", "none")
DERIVE = (
    "data.features.derive="
    "{square: x1^2, wave: 'max(sin(3*x1), x2, 0.1) - (x1 > x2)', root: sqrt(abs(x2))}"
)
CLIPPED_ADAM = ["optimizer={type: adam}", "training.clip_grad_norm=0.1"]
CHANGES = {  # by what is done: f(choice) in the page's own words
    "nothing": "",
    "rate": "model.apply((choice) => (choice.optimizer.keys.learning_rate = 0.03));",
    "batch": "model.apply((choice) => (choice.batchSize = 7));",
    "all rows": "model.apply((choice) => (choice.batchSize = play.rows.train.count));",
    "units": "press('.units button[aria-label^=\"one more\"]');",
    "activation": "pick('.head select', 'elu');",
    "one layer less": "press('.head button');",
    "one layer more": "press('#controls button.control');",
    "optimizer": "pick('#controls select[aria-label=optimizer]', 'adamw');",
    "momentum": "pick('#controls select[aria-label=optimizer]', 'sgd momentum nesterov');",
    "penalty": "pick('#controls select[aria-label=regularization]', 'l1_l2');",
    "dropout": "pick('#controls select[aria-label=dropout]', '0.2');",
    "features": "for (const place of [2, 4, 1]) chips()[place].click();",
    "no layer": "press('.head button'); press('.head button');",
}
SCRIPT = """
const press = (selector) => document.querySelector(selector).click();
const chips = () => document.querySelectorAll(".chip input");
const pick = (selector, text) => {{
  const list = document.querySelector(selector);
  list.selectedIndex = [...list.options].findIndex((option) => option.text === text);
  list.dispatchEvent(new Event("change"));
}};
{change}
const start = [...model.training.theta];
for (let count = 0; count < {steps}; count++) model.training.makeStep();
const texts = {{ yaml: configText(model), command: commandText(model) }};
return {{ start, theta: [...model.training.theta], ...texts }};
"""
WORKED = """
model.training.makeStep();
model.training.makeStep();
const told = [];
model.training.network.layers.forEach((layer, index) => {
  for (const mode of ["forward", "backward", "update"])
    for (const line of workedLines(model, { layer: index, unit: 0, row: 3, mode }))
      told.push({ ...line, mode });
});
return told;
"""

KEYS = """
const told = [];
for (const key of ["ArrowRight", "ArrowRight", " ", " ", "r", "x"]) {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  told.push([model.training.step, isPlaying]);
}
return told;
"""

FEATURES = """
for (const place of [1, 2, 4, 6]) document.querySelectorAll(".chip input")[place].click();
return { labels: model.inputs.labels, x: [...model.inputs.rows.train.x] };
"""
FORMULAS = """
const { x, count } = play.rows.train;
const made = Float64Array.from(x);
const width = columns.length;
for (let row = 0; row < count; row++) {
  for (const { place } of formulaColumns) made[row * width + place] = 0;
  complete(made.subarray(row * width, (row + 1) * width));
}
return { x: [...made], formulas: formulaColumns.length };
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("played") / "moons.yaml"
    file.write_text(CONFIG)
    return file


def tables(folder: Path) -> dict[str, tuple[str, str]]:
    """Pages that make x1^2, x1 x2 and sin(x2) and leave x2 out; and tables that have them."""
    x1, x2 = np.random.default_rng(5).normal(2.0, 3.0, (2, 30))
    columns = {"x1": x1, "a": x1**2, "b": x1 * x2, "c": np.sin(x2), "y": x1 - x2}
    pages = {}
    for scale in SCALES:
        common = f"preprocessing: {{numeric: {{scale: {scale}}}}}, split: none"
        for name, names in (("given", ("x1", "x2", "y")), ("made", tuple(columns))):
            table = np.column_stack([{**columns, "x2": x2}[each] for each in names])
            file, header = folder / f"{name}_{scale}.csv", ",".join(names)
            np.savetxt(file, table, "%.17g", ",", header=header, comments="")
            text = f"data: {{path: {file.name}, target: y, {common}}}"
            file.with_suffix(".yaml").write_text(text)
        pages[f"scale {scale}"] = page(load_network(folder / f"given_{scale}.yaml")), FEATURES
    return pages


@pytest.fixture(scope="module")
def told(config: Path) -> dict[str, Any]:
    html = page(load_network(config))
    pages = {
        name: (html, SCRIPT.format(change=change, steps=STEPS)) for name, change in CHANGES.items()
    }
    adam = page(load_network(config, ["optimizer={type: adam}", "training.clip_grad_norm=0.1"]))
    more = {"worked": (html, WORKED), "worked adam": (adam, WORKED), "keys": (html, KEYS)}
    more["formulas"] = page(load_network(config, [DERIVE])), FORMULAS
    return results({**pages, **more, **tables(config.parent)}, config.parent)


@needs_browser
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_network_is_what_its_config_trains(
    name: str, told: dict[str, Any], config: Path
) -> None:
    changed = told[name]
    built = build(*load_text(changed["yaml"], config))
    state = built.job.start()
    np.copyto(state.theta, changed["start"])
    stepper, stop = GradientStepper(built.job, state), Stop()

    def step(rows: int) -> None:
        stepper.gradient_tapes[rows]()
        stepper.update_tape()
        stop.requested = state.step + 1 == STEPS

    while not stop.requested:
        stepper.epoch(stop, step)
    np.testing.assert_allclose(changed["theta"], state.theta, rtol=1e-12, atol=1e-12)


@needs_browser
@pytest.mark.parametrize("name", CHANGES)
def test_the_command_trains_what_the_config_says(
    name: str, told: dict[str, Any], config: Path
) -> None:
    words = shlex.split(told[name]["command"])
    assert words[:2] == ["nncli", "train"]
    sets = [word for word in words[3:] if word != "--set"]
    by_command, _ = load(Path(words[2]), sets)
    by_config, _ = load_text(told[name]["yaml"], config)
    assert by_command == by_config


@needs_browser
def test_a_config_that_nothing_was_changed_of_is_itself(told: dict[str, Any], config: Path) -> None:
    given, _ = load(config)
    again, _ = load_text(told["nothing"]["yaml"], config)
    assert again == given


@needs_browser
@pytest.mark.parametrize(("name", "changes"), [("worked", []), ("worked adam", CLIPPED_ADAM)])
def test_formulas_and_numbers_are_those_of_a_trace(
    name: str, changes: list[str], told: dict[str, Any], config: Path
) -> None:
    [_, step] = trace(load_network(config, changes), 2, None).steps
    tensors = {tensor.symbol: tensor for tensor in step.tensors if tensor.phase != "update"}
    compared = 0
    for line in told[name]:
        symbol = line["name"].partition("[")[0]
        if line["mode"] == "update" or symbol not in tensors:
            continue
        tensor = tensors[symbol]
        place = json.loads(line["name"][len(symbol) :] or "null")
        values = np.asarray(tensor.values)
        index = () if values.ndim == 0 else tuple(place or (3, 0))
        assert line["value"] == pytest.approx(float(values[index]), rel=1e-12, abs=1e-14), line
        assert line["formula"] == tensor.formula.partition(" = ")[2] or symbol == "loss", line
        compared += 1
    assert compared > 15
    after = {t.name: t.values for t in step.tensors if t.name.endswith("/after")}
    news = [line for line in told[name] if line["name"] == "W1[0, 0]"]
    assert news[-1]["value"] == pytest.approx(float(after["hidden_1/W/after"][0, 0]), rel=1e-12)


@needs_browser
def test_keys_step_play_pause_and_reset(told: dict[str, Any]) -> None:
    assert told["keys"] == [[1, False], [2, False], [2, True], [2, False], [0, False], [0, False]]


@needs_browser
@pytest.mark.parametrize("scale", SCALES)
def test_features_of_the_page_are_columns_of_a_table(
    scale: str, told: dict[str, Any], config: Path
) -> None:
    found = told[f"scale {scale}"]
    assert found["labels"] == ["x1", "x1²", "x1 x2", "sin(x2)"]
    made = load_network(config.parent / f"made_{scale}.yaml").built.job.train.inputs["x"]
    np.testing.assert_allclose(np.reshape(found["x"], made.shape), made, rtol=1e-12, atol=1e-12)


@needs_browser
def test_columns_that_a_config_makes_by_formulas_follow_the_picture_s_axes(
    told: dict[str, Any], config: Path
) -> None:
    found = told["formulas"]
    assert found["formulas"] == 3
    given = load_network(config, [DERIVE]).built.job.train.inputs["x"]
    np.testing.assert_allclose(np.reshape(found["x"], given.shape), given, rtol=1e-12, atol=1e-12)
