"""The page of a trace as a reader meets it, in a headless Chromium."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE

from nncli.artifacts.loaded_network import load_network
from nncli.trace.html import html
from nncli.trace.traced_steps import trace

CONFIGS = Path(__file__).parents[2] / "configs"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update --virtual-time-budget=2000
"""
MINUS = "\N{MINUS SIGN}"
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is here")

LOOKING = """
const errors = [];
window.addEventListener("error", (event) => errors.push(event.message));
const text = (id) => document.getElementById(id).innerText.replace(/\\s+/g, " ").trim();
const press = (key, on = document.body) =>
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const over = (element) => element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
const out = (element) => element.dispatchEvent(new PointerEvent("pointerout", { bubbles: true }));
const unit = (column, unit) =>
  document.querySelector(`.unit[data-column="${column}"][data-unit="${unit}"]`);
const line = (column, from, unit) =>
  document.querySelector(`.line[data-column="${column}"][data-from="${from}"][data-unit="${unit}"]`);
const cell = (index) => document.querySelector(`#scroll [data-index="${index}"]`);
const at = (number) => { location.hash = `#${number}`; fromAddress(); };
const look = () => ({
  position: text("position"), formula: text("formula"), element: text("element"),
  where: text("where"), hash: location.hash,
  table: [...document.querySelectorAll("#scroll tr")].map((row) =>
    [...row.cells].map((each) => each.textContent)),
  units: [...document.querySelectorAll(".unit")].map((each) =>
    each.querySelector(":scope > text").textContent),
  current: [...document.querySelectorAll(".current")].map((each) => each.dataset.column),
  chosen: [...document.querySelectorAll("#network .chosen:not(.weight, .ones)")].map((each) =>
    [each.dataset.column, each.dataset.from, each.dataset.unit].filter(Boolean).join()),
  tip: document.getElementById("tip").hidden ? null : text("tip"),
  biases: [...document.querySelectorAll(".bias")].map((each) => each.textContent),
  weights: [...document.querySelectorAll(".weight text")].map((each) => each.textContent),
  plates: [...document.querySelectorAll(".weight")].map((each) => {
    const [plate, words] = [...each.children].map((child) => child.getBoundingClientRect());
    return plate.left <= words.left && plate.right >= words.right;
  }),
  hint: document.getElementById("hint").hidden ? null : text("hint"),
  meaning: text("meaning"),
  wide: document.getElementById("panel").classList.contains("wide"),
  overflows: document.documentElement.scrollWidth > document.documentElement.clientWidth,
});
const seen = {};
"""
SAYING = """
seen.errors = errors;
document.body.append(Object.assign(document.createElement("pre"),
  { id: "seen", textContent: JSON.stringify(seen) }));
"""

BY_HAND = """
seen.opened = look();
document.getElementById("forward").click();
seen.forward = look();
document.getElementById("back").click();
seen.back = look();
press("ArrowRight");
seen.pressed = look();
press("Home");
press("ArrowLeft");
seen.first = { ...look(), back: document.getElementById("back").disabled };
press("End");
press("ArrowRight");
seen.last = { ...look(), forward: document.getElementById("forward").disabled };

at(26);
seen.dW1 = look();
over(line(1, 2, 1));
seen.overLine = look();
out(line(1, 2, 1));
seen.left = look();
over(cell("1,0"));
seen.overCell = look();
cell("1,0").focus();
press("ArrowDown", cell("1,0"));
seen.below = { ...look(), focused: document.activeElement.dataset.index };

at(4);
over(unit(1, 1));
seen.overUnit = look();
unit(2, 0).focus();
seen.labelled = unit(1, 1).getAttribute("aria-label");

at(15);
seen.loss = look();
at(29);
seen.update = look();
at(34);
seen.updated = look();
at(35);
seen.second = look();
at("nowhere");
seen.nowhere = look();
seen.live = document.getElementById("position").getAttribute("aria-live");
const box = (element) => {
  const { left, right } = element.getBoundingClientRect();
  return [left, right];
};
const toLoss = [...document.querySelectorAll(".joined")].at(-1);
seen.toLoss = [box(unit(3, 0).querySelector(".tint")), box(toLoss)];
document.getElementById("network").style.width = "360px";
draw();
seen.squeezed = look();
"""

IRIS = """
seen.opened = look();
const rows = document.querySelector("#rows select");
seen.rows = [...rows.options].map((option) => option.textContent);
rows.value = 2;
rows.dispatchEvent(new Event("change"));
seen.third = look();
over(cell("3,1"));
cell("3,1").click();
seen.clicked = { ...look(), row: rows.value };
document.getElementById("network").style.width = "300px";
draw();
seen.squeezed = look();
"""


WALK = """
seen.positions = positions.map(({ tensor }, place) => {
  at(place + 1);
  return [tensor.name, state.position === place, columnOf(tensor)];
});
"""


def look_at(
    folder: Path, config: Path, script: str, fragment: int, size: str, **more: bool
) -> dict[str, Any]:
    """What a script sees in the page of a config's first two steps."""
    shown = trace(load_network(config), 2, **more)
    acts = f"<script>{{{LOOKING}{script}{SAYING}}}</script></body>"
    page = folder / f"{config.stem}.html"
    page.write_text(html(shown).replace("</body>", acts), encoding="utf-8")
    command = [str(BROWSER), *QUIET.split(), f"--user-data-dir={folder / 'profile'}"]
    address = f"{page.as_uri()}#{fragment}"
    options = [f"--window-size={size}", "--dump-dom", address]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=PATIENCE)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]).replace(MINUS, "-"))


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("by_hand")
    return look_at(folder, CONFIGS / "by_hand.yaml", BY_HAND, 4, "1280,800")


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("iris")
    return look_at(folder, CONFIGS / "iris.yaml", IRIS, 4, "500,800")


def test_the_page_runs_without_an_error(by_hand: dict[str, Any], iris: dict[str, Any]) -> None:
    assert (by_hand["errors"], iris["errors"]) == ([], [])


def test_every_position_opens_that_of_the_input_gradient_too(tmp_path: Path) -> None:
    config = CONFIGS / "by_hand.yaml"
    found = look_at(tmp_path, config, WALK, 1, "1280,800", has_input_gradient=True)
    assert found["errors"] == []
    assert all(is_open for _, is_open, _ in found["positions"])
    assert ["dx", True, 0] in found["positions"]


def test_the_address_says_where_to_open(by_hand: dict[str, Any]) -> None:
    opened = by_hand["opened"]
    assert opened["position"] == "4 of 68: z1 = x W1 + b1"
    assert opened["where"] == "step 1 · epoch 1 · row 0"
    assert by_hand["nowhere"]["position"].startswith("1 of 68")


def test_buttons_and_arrow_keys_step_one_forward_and_back(by_hand: dict[str, Any]) -> None:
    assert by_hand["forward"]["position"] == "5 of 68: a1 = max(z1, 0)"
    assert by_hand["forward"]["hash"] == "#5"
    assert by_hand["back"] == by_hand["opened"]
    assert by_hand["pressed"] == by_hand["forward"]
    assert by_hand["live"] == "polite"


def test_beyond_the_ends_there_is_nothing(by_hand: dict[str, Any]) -> None:
    assert by_hand["first"]["hash"] == "#1"
    assert by_hand["first"]["back"]
    assert by_hand["last"]["hash"] == "#68"
    assert by_hand["last"]["forward"]


def test_units_fill_up_as_the_pass_goes_on(by_hand: dict[str, Any]) -> None:
    assert by_hand["opened"]["units"] == ["1", "2", "-1", "2", "2", "", "", "", ""]
    assert by_hand["loss"]["units"] == ["1", "2", "-1", "2", "2", "4", "4", "8", "64"]
    assert by_hand["dW1"]["units"] == ["1", "2", "-1", "32", "32", "16", "16", "16", "64"]


def test_what_a_position_is_about_is_marked(by_hand: dict[str, Any]) -> None:
    assert by_hand["opened"]["current"] == ["1", "1"]  # two units of hidden_1
    assert by_hand["opened"]["chosen"] == ["1,0,0", "1,1,0", "1,2,0", "1,0"]  # the sum's terms
    assert by_hand["dW1"]["current"] == ["1"] * 6  # its lines
    assert by_hand["loss"]["current"] == ["4"]


def test_a_tensor_is_a_table_with_one_number_worked_out(by_hand: dict[str, Any]) -> None:
    assert by_hand["opened"]["table"] == [["", "unit 0", "unit 1"], ["row 0", "2", "2"]]
    assert by_hand["opened"]["element"] == "row 0, unit 0 1 · 1 + 2 · 1 + (-1) · 1 + 0 = 2"
    dW1 = by_hand["dW1"]
    assert dW1["formula"] == "dW1 = xT dz1"
    assert dW1["table"][2:] == [["x2", "64", "64"], ["x3", "-32", "-32"]]
    assert by_hand["loss"]["element"] == "(8 - 0)2 = 64"
    assert by_hand["update"]["element"] == "x1 → unit 0 1 - 0.001 · 32 = 0.968"


def test_pointing_at_a_line_tells_its_numbers(by_hand: dict[str, Any]) -> None:
    assert by_hand["overLine"]["tip"] == "x3 → unit 1 W1 1 dW1 -32"
    assert by_hand["overLine"]["element"] == "x3 → unit 1 (-1) · 32 = -32"
    assert by_hand["overLine"]["chosen"] == ["1,2,1", "0,2", "1,1"]
    assert by_hand["left"]["tip"] is None


def test_pointing_at_a_unit_tells_its_numbers_so_far(by_hand: dict[str, Any]) -> None:
    assert by_hand["overUnit"]["tip"] == "hidden_1, unit 1, row 0 b1 0 z1 2"
    assert by_hand["overUnit"]["chosen"] == ["1,0,1", "1,1,1", "1,2,1", "1,1"]
    assert by_hand["labelled"] == "hidden_1, unit 1: 2"


def test_pointing_at_a_number_works_it_out(by_hand: dict[str, Any]) -> None:
    assert by_hand["overCell"]["element"] == "x2 → unit 0 2 · 32 = 64"


def test_arrow_keys_move_inside_the_table(by_hand: dict[str, Any]) -> None:
    assert by_hand["below"]["focused"] == "2,0"
    assert by_hand["below"]["hash"] == "#26"


def test_steps_follow_each_other(by_hand: dict[str, Any]) -> None:
    assert by_hand["second"]["where"].startswith("step 2 · epoch 2")
    assert by_hand["second"]["units"][3:] == [""] * 6


def test_a_row_of_the_batch_can_be_chosen(iris: dict[str, Any]) -> None:
    assert len(iris["rows"]) == 5
    assert iris["third"]["units"] != iris["opened"]["units"]
    assert iris["third"]["element"].startswith(f"row {iris['rows'][2]}, unit 0")
    assert iris["clicked"]["row"] == "3"
    assert iris["clicked"]["element"].startswith(f"row {iris['rows'][3]}, unit 1")


def test_a_narrow_page_does_not_scroll_sideways(iris: dict[str, Any]) -> None:
    assert not iris["opened"]["overflows"]


def test_biases_are_drawn_below_their_units(by_hand: dict[str, Any], iris: dict[str, Any]) -> None:
    assert by_hand["opened"]["biases"] == ["b 0"] * 5
    updated = ["b -0.032"] * 2 + ["b -0.016"] * 3  # 0 - 0.001 * db: 32 32, 16 16, 16
    assert by_hand["updated"]["biases"] == updated
    assert len(iris["opened"]["biases"]) == 8 + 3


def test_after_the_update_the_lines_have_the_new_weights(by_hand: dict[str, Any]) -> None:
    """The first layer is too full for numbers; W1 has 0.968 at its position."""
    assert "0.968" in by_hand["update"]["weights"]
    assert set(by_hand["opened"]["weights"]) == {"1"}
    assert "1" not in by_hand["updated"]["weights"]


def test_a_weight_s_number_stands_on_a_plate_of_its_own(by_hand: dict[str, Any]) -> None:
    """Where the line shows through above a point, 0.4 reads 0:4."""
    assert len(by_hand["updated"]["plates"]) >= 4
    assert all(by_hand["updated"]["plates"])


def test_the_loss_is_told_where_a_narrow_drawing_has_no_room_for_it(
    by_hand: dict[str, Any], iris: dict[str, Any]
) -> None:
    assert by_hand["loss"]["where"].endswith(" · loss 64")
    assert "loss" not in by_hand["opened"]["where"]
    assert by_hand["opened"]["hint"] is None
    assert iris["squeezed"]["hint"].startswith("the drawing goes on to both sides: ")


def test_lines_to_the_loss_start_at_the_outputs(by_hand: dict[str, Any]) -> None:
    (_, output), (line, _) = by_hand["toLoss"]
    assert abs(line - output) <= 2


def test_few_weights_have_their_numbers_on_a_narrow_drawing_too(by_hand: dict[str, Any]) -> None:
    assert by_hand["squeezed"]["hint"]
    assert len(by_hand["squeezed"]["weights"]) == len(by_hand["second"]["weights"]) == 12
    assert not by_hand["squeezed"]["overflows"]


def test_a_finger_is_told_to_tap_and_a_mouse_to_point() -> None:
    page = html(trace(load_network(CONFIGS / "by_hand.yaml")))
    assert re.search(r'class="mouse">Point at', page)
    assert re.search(r'class="touch">Tap a number', page)
    assert "@media (hover: none)" in page


def test_a_gradient_says_what_it_is(by_hand: dict[str, Any]) -> None:
    assert by_hand["dW1"]["meaning"].startswith("d(loss)/d(W1) = d(loss)/d(z1) · d(z1)/d(W1)")
    assert by_hand["opened"]["meaning"].startswith("for each unit: every x times its weight")
