"""The page: what is in it, how large it is, and what is refused."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playground_browser import needs_browser, results

from nncli.artifacts.loaded_network import load_network
from nncli.cli.main import run
from nncli.errors import UserError
from nncli.parts.arrays import LayerBuffers
from nncli.parts.layers import Layer
from nncli.playground.choices import offered
from nncli.playground.fragments import layer_fragment
from nncli.playground.library import Library
from nncli.playground.page import ENGINE, VIEW, page
from nncli.playground.symbols import Notebook
from nncli.registry import members

CONFIGS = Path(__file__).parents[2] / "configs"
MAX_PAGE_BYTES = 300_000
IMAGES = "network={input: {shape: [8, 8, 1]}, hidden: [{type: max_pool2d}, flatten]}"
IRIS = {  # what `--set` makes of it -> what is said
    "optimizer=lbfgs": "play it with --set optimizer=adam",
    "schedule=reduce_on_plateau": "play it with --set schedule=constant",
    "network.hidden=[100, 100]": "play a narrower network",
    "network.hidden=[8, {type: residual, layers: [8]}]": "put their layers into network.hidden",
}


def data_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="play">(.*?)</script>', html, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


@pytest.mark.parametrize("name", ["iris", "penguins", "weather", "linear_regression", "by_hand"])
def test_a_page_is_small_and_asks_nothing_of_anywhere(name: str) -> None:
    html = page(load_network(CONFIGS / f"{name}.yaml"))
    assert len(html.encode()) <= MAX_PAGE_BYTES
    outside = re.findall(r"https?://[^\s\"'`]+|\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(", html)
    assert set(outside) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html


def test_all_sources_of_a_page_are_in_it() -> None:
    folder = Path(__file__).parents[2] / "nncli" / "playground" / "page"
    assert {file.stem for file in folder.glob("*.js")} == {*ENGINE, *VIEW}


@pytest.mark.parametrize("assignment", IRIS)
def test_what_cannot_be_played_is_refused_with_a_fix(assignment: str) -> None:
    changes = [assignment, "training.batch_size=full"]
    with pytest.raises(UserError, match=re.escape(IRIS[assignment])) as caught:
        page(load_network(CONFIGS / "iris.yaml", changes))
    assert "\n" not in str(caught.value)


def test_images_are_refused() -> None:
    loaded = load_network(CONFIGS / "iris.yaml", ["data.dataset=digits", IMAGES])
    with pytest.raises(UserError, match=r"play it without network\.input\.shape"):
        page(loaded)


@pytest.mark.parametrize("columns", [300, 301])
def test_a_page_of_many_inputs_stays_small_or_is_refused(tmp_path: Path, columns: int) -> None:
    names = ",".join([*(f"a_column_of_some_length_{k}" for k in range(columns)), "y"])
    rows = np.random.default_rng(0).normal(size=(30, columns + 1)).round(3)
    table, config = tmp_path / "t.csv", tmp_path / "t.yaml"
    np.savetxt(table, rows, "%.3f", ",", header=names, comments="")
    config.write_text("data: {path: t.csv, target: y}\nnetwork: {hidden: [8]}\n", encoding="utf-8")
    if columns == 300:
        assert len(page(load_network(config)).encode()) <= MAX_PAGE_BYTES
    else:
        with pytest.raises(UserError, match="301 inputs, and a page draws at most 300: play some"):
            page(load_network(config))


def test_many_rows_are_a_sample_and_the_page_says_so() -> None:
    told = data_of(page(load_network(CONFIGS / "linear_regression.yaml")))
    assert told["rows"]["train"]["count"] < told["sampled"]["train"] == 10_000


def test_every_activation_optimizer_and_penalty_is_offered() -> None:
    choices = offered(Library())
    own = {kind: {each["type"] for each in choices[kind]} for kind in choices}
    assert own["activations"] == members("activation").keys() - {"softmax"}
    assert own["optimizers"] == members("optimizer").keys() - {"gd", "lbfgs"}
    assert own["regularizers"] == members("regularizer").keys()


def test_a_layer_that_goes_by_its_batch_s_size_is_refused() -> None:
    class Doubling(Layer):
        """y = x * (2 rows)."""

        name = "doubling"

        def forward(self, buffers: LayerBuffers) -> None:
            np.multiply(buffers.x, 2.0 * len(buffers.x), out=buffers.y)

        def backward(self, buffers: LayerBuffers) -> None:
            np.multiply(buffers.dy, 2.0 * len(buffers.x), out=buffers.dx)

    with pytest.raises(UserError, match="batches of different sizes"):
        layer_fragment(Doubling())


def test_symbols_lead_back_from_numbers_to_what_they_stand_for() -> None:
    notebook = Notebook()
    rate, rows = notebook.symbol("rate"), notebook.symbol("rows")
    made = 1.0 / (1.0 - rate) * (2 / rows)
    assert notebook.meaning(float(made)) == [
        *("*", ["/", 1.0, ["-", 1.0, "rate"]]),
        ["/", 2.0, "rows"],
    ]
    assert f"{rate} * x" == "{rate} * x"
    assert notebook.meaning(0.5) == 0.5


def test_the_command_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "iris.html"
    code = run(["play", str(CONFIGS / "iris.yaml"), "--set", "name=a </script> b", "-o", str(file)])
    assert code == 0
    assert capsys.readouterr().out.strip() == str(file)
    text = file.read_text(encoding="utf-8")
    assert data_of(text)["name"] == "a </script> b"
    assert text.count("</script>") == 2


def test_the_largest_network_beside_the_most_rows_fits() -> None:
    network = "network={hidden: [80, 23]}"
    loaded = load_network(CONFIGS / "iris.yaml", ["data={dataset: digits}", network])
    assert loaded.built.network.layout.size > 7_000
    assert len(page(loaded).encode()) <= MAX_PAGE_BYTES


def test_a_run_goes_on_from_its_weights(tmp_path: Path) -> None:
    options = ["--quiet", "--runs-dir", str(tmp_path), "--set", "training.epochs=3"]
    assert run(["train", str(CONFIGS / "iris.yaml"), *options, "--set", "output.plots=[]"]) == 0
    [folder] = tmp_path.iterdir()
    loaded = load_network(folder)
    told = data_of(page(loaded))
    assert told["isRun"]
    assert told["start"]["epoch"] == 3
    assert told["start"]["slots"].keys() == loaded.state.slots.keys()
    assert told["command"][1] == str(folder / "config.resolved.yaml")


BEFORE = """
const told = [];
CanvasRenderingContext2D.prototype.fillText = (text) => told.push(text);
drawLoss(byId("loss"), past);
const lines = [];
CanvasRenderingContext2D.prototype.lineTo = (...place) => lines.push(place);
drawLoss(byId("loss"), past);
const foot = notes(), ends = lines.length;
model.training.makeStep(); note(); told.length = 0; drawLoss(byId("loss"), past);
return { foot, lines: ends, first: before, then: told };
""".replace("const lines", "const before = [...told]; const lines")


@needs_browser
def test_before_the_first_step_the_losses_are_marks_over_epoch_0(tmp_path: Path) -> None:
    ensemble = ("ensemble={members: 3}",)
    html = page(load_network(CONFIGS / "iris.yaml", ensemble), ensemble)
    told = results({"iris": (html, BEFORE)}, tmp_path)["iris"]
    assert told["first"][2:] == ["0", "epoch"]  # after the highest and the lowest loss
    assert told["lines"] == 4  # a short one for each of the two losses
    assert len(told["then"]) == 5
    assert "one network, which --set ensemble=null trains" in told["foot"]
