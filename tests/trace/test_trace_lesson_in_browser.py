"""The page of a trace as a lesson, in a headless Chromium: links, filling in, play, paper."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_trace_in_browser import BROWSER, CONFIGS, look_at

from nncli.artifacts.loaded_network import load_network
from nncli.trace.answer_numbers import TOLERANCE, readings
from nncli.trace.grading import _mark
from nncli.trace.question import questions
from nncli.trace.reworked import Reworked
from nncli.trace.traced_steps import trace
from nncli.trace.worksheet import Blank

ANSWERS = (
    *("0.5", "0,5", "-1/4", "1 1/2", "-1 1/2", "50%", "2.5e-1", "1.5 x 10^2", "1,234", "1,234.5"),
    *("\N{MINUS SIGN}0.25", " =3 ", "two", "", "4 4", "1/0", ".5", "5.", "inf", "1e5/2", "1,2,3"),
    *("+3", "1e400", "--1", "0x10", "1_000"),
)

MAZUR = """
const type = (answer) => {
  document.getElementById("answer").value = answer;
  document.getElementById("ask").requestSubmit();
  return { said: text("feedback"), score: text("score"), element: text("element"),
    asked: text("asked"), open: !document.getElementById("answer").hidden };
};
const click = (id) => document.getElementById(id).click();
const origins = () => [...document.querySelectorAll("#element a.origin")];

at(15);
seen.arithmetic = text("element");
seen.onward = text("onward");
origins()[1].click();
seen.followed = { ...look(), back: text("return") };
click("return");
seen.returned = { ...look(), hidden: document.getElementById("return").hidden };
location.hash = "#15.0,1"; fromAddress();
seen.addressed = look();
document.querySelector("#formula a.origin").click();
seen.symbol = look();

at(20);
seen.update = { ...look(), biases: document.querySelectorAll(".ones").length,
  was: [...document.querySelectorAll("#scroll small")].map((each) => each.textContent),
  lines: [...document.querySelectorAll(".weight .was")].map((each) => each.textContent) };

at(4);
click("fill");
seen.asked = { ...look(), ask: text("asked") };
seen.unread = type("two");
seen.sign = type("-0.3775");
seen.bias = type("0,0275");
click("hint_button");
seen.hint = text("element");
seen.right = type("0.3775");
click("next");
seen.second = { ...look(), ask: text("asked") };
click("show");
seen.shown = { ...look(), score: text("score") };
click("next");
seen.next = look();
window.dispatchEvent(new Event("beforeprint"));
const article = (name) => [...document.querySelectorAll("#handout article")].find((each) =>
  each.querySelector(".name").textContent.startsWith(name));
const headings = [...document.querySelectorAll("#handout h2")];
seen.paper = { sections: headings.map((each) => each.textContent),
  articles: document.querySelectorAll("#handout article").length,
  open: article("hidden_1/a").querySelector("td[data-index]").textContent,
  known: article("hidden_1/z").querySelector("td[data-index]").textContent };
window.dispatchEvent(new Event("afterprint"));
click("fill");
seen.off = look();

at(4);
press(" ");
seen.playing = document.body.classList.contains("playing");
tick();
seen.lit = look();
tick();
seen.after = look();
press(" ");
seen.paused = isPlaying();
const before = document.querySelector("#network svg").getAttribute("width");
click("larger");
seen.zoomed = document.querySelector("#network svg").getAttribute("width") / before;
seen.readings = ANSWERS.map(readings);
seen.marks = trace.steps[0].tensors.flatMap((tensor) =>
  indicesOf(tensor).filter((index) => index.join() in tensor.asked).flatMap((index) => {
    const [, ...slips] = tensor.asked[index.join()];
    const right = tensor.values[place(tensor, index)];
    const typed = [right, right * 1.004, right * 1.03, ...slips.map(([, value]) => value)];
    const short = [2, 4].map((decimals) => right.toFixed(decimals));
    return [...typed.map((value) => String(Number(value.toPrecision(8)))), ...short].map((text) => {
      const { verdict, slip } = judged(tensor, index, text);
      return [tensor.name, index, text, verdict, rules.slips[slip]?.[0]];
    });
  }));
"""

WIDE = """
at(4);
const all = (selector) => [...document.querySelectorAll(selector)];
const dots = () => all(".dots").map((each) => each.lastChild.textContent);
const drawn_units = () => all('.unit[data-column="1"]').map(({ dataset }) => Number(dataset.unit));
seen.folded = { dots: dots(), units: drawn_units() };
choose([0, 40]);
seen.chosen = { dots: dots(), units: drawn_units(), element: text("element") };
unfold(1);
seen.unfolded = { dots: dots(), units: drawn_units() };
state.first.set(1, 30);
choose([0, 45]);
seen.far = drawn_units();
"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is here")


@pytest.fixture(scope="module")
def mazur(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    answers = f"const ANSWERS = {json.dumps(ANSWERS)};"
    config = CONFIGS / "lessons" / "mazur.yaml"
    return look_at(tmp_path_factory.mktemp("lesson"), config, answers + MAZUR, 1, "1280,900")


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("wide")
    config = folder / "wide.yaml"
    config.write_text("data: {dataset: and_gate}\nnetwork: {hidden: [60]}\n")
    return look_at(folder, config, WIDE, 1, "1280,900")


def test_a_number_leads_to_the_line_that_made_it_and_back(mazur: dict[str, Any]) -> None:
    assert mazur["arithmetic"].startswith("row 0, unit 0 0.138499 · 0.4 + (-0.0380982) · 0.5")
    assert mazur["followed"]["position"].startswith("6 of 40: W2")
    assert mazur["followed"]["element"].startswith("unit 0 → y1")
    assert mazur["followed"]["hash"] == "#6.0,0"
    assert mazur["followed"]["back"] == "↩ to da1[0,0]"
    assert mazur["returned"]["position"].startswith("15 of 40")
    assert mazur["returned"]["element"] == mazur["arithmetic"]
    assert mazur["returned"]["hidden"]


def test_an_address_leads_to_a_number(mazur: dict[str, Any]) -> None:
    assert mazur["addressed"]["element"].startswith("row 0, unit 1 0.138499 · 0.45")
    assert mazur["onward"] == "goes into dz1"
    assert mazur["symbol"]["position"].startswith("13 of 40: dz2 =")


def test_an_update_shows_what_was_before(mazur: dict[str, Any]) -> None:
    assert mazur["update"]["was"] == ["0.4 →", "0.5 →", "0.45 →", "0.55 →"]
    assert sorted(mazur["update"]["lines"]) == ["0.4", "0.45", "0.5", "0.55"]
    assert mazur["update"]["biases"] == 4, "a line from an input that is always 1 to each unit"


def test_numbers_are_asked_for_before_they_are_shown(mazur: dict[str, Any]) -> None:
    asked = mazur["asked"]
    assert asked["ask"] == "z1[0,0] ="
    assert asked["table"][1] == ["row 0", "?", "?"]
    assert asked["units"] == ["0.05", "0.1", "?", "?", "", "", ""]
    assert "0.3775" not in json.dumps(asked)


def test_a_wrong_answer_is_told_its_slip(mazur: dict[str, Any]) -> None:
    assert mazur["unread"]["said"].startswith("A number, please")
    assert mazur["sign"]["said"].startswith("Not yet (sign)")
    assert mazur["bias"]["said"].startswith("Not yet (forgot the bias): b is added")
    assert mazur["bias"]["score"] == "0 right · mistakes: sign, forgot the bias"
    assert mazur["hint"] == "0.05 · 0.15 + 0.1 · 0.2 + 0.35"
    assert mazur["right"]["said"] == "Right."
    assert not mazur["right"]["open"]
    assert mazur["right"]["element"].endswith("= 0.3775")
    assert mazur["second"]["ask"] == "z1[0,1] ="
    assert mazur["second"]["table"][1] == ["row 0", "0.3775", "?"]


def test_a_number_can_be_shown_and_the_lesson_goes_on(mazur: dict[str, Any]) -> None:
    assert mazur["shown"]["score"].startswith("1 right · 1 shown")
    assert mazur["shown"]["table"][1] == ["row 0", "0.3775", "0.3925"]
    assert mazur["next"]["position"].startswith("5 of 40")
    assert "?" not in mazur["off"]["units"]


def test_on_paper_is_every_step_with_blanks_for_what_is_asked(mazur: dict[str, Any]) -> None:
    paper = mazur["paper"]
    kinds = ("Forward", "Backward", "Update")
    assert paper["sections"] == [f"{kind} of step {n}" for n in (1, 2) for kind in kinds]
    assert paper["articles"] == 40
    assert (paper["open"], paper["known"]) == ("", "0.3775")


def test_play_lights_one_number_after_another(mazur: dict[str, Any]) -> None:
    assert mazur["playing"]
    assert mazur["lit"]["element"].startswith("row 0, unit 1")
    assert mazur["after"]["position"].startswith("5 of 40")
    assert mazur["paused"] is False
    assert mazur["zoomed"] == pytest.approx(1.25)


def test_the_page_reads_answers_as_grade_does(mazur: dict[str, Any]) -> None:
    for answer, found in zip(ANSWERS, mazur["readings"], strict=True):
        wanted = [(each.value, each.unit) for each in readings(answer)]
        finite = [number for each in wanted if abs(each[0]) < float("inf") for number in each]
        told = [number for each in found if each["value"] is not None for number in each.values()]
        assert told == pytest.approx(finite), answer


def test_the_page_marks_answers_as_grade_does(mazur: dict[str, Any]) -> None:
    step = trace(load_network(CONFIGS / "lessons" / "mazur.yaml")).steps[0]
    asked = {
        (each.tensor.name, each.index): Reworked(
            Blank.at(0, step, each.tensor, each.index), each, is_carried=False
        )
        for each in questions(step)
    }
    assert len(mazur["marks"]) > 300
    for name, index, answer, verdict, slip in mazur["marks"]:
        wanted = _mark(asked[name, tuple(index)], answer, readings(answer), TOLERANCE)
        assert (verdict, slip or "") == (wanted.verdict, wanted.slip), (name, index, answer)


def test_units_that_are_folded_away_come_out(wide: dict[str, Any]) -> None:
    assert wide["folded"] == {"dots": ["⋮ 53 more"], "units": [0, 1, 2, 3, 4, 5, 59]}
    assert wide["chosen"]["units"] == [0, 1, 2, 3, 4, 5, 40, 59]
    assert wide["chosen"]["dots"] == ["⋮ 34 more", "⋮ 18 more"]
    assert wide["chosen"]["element"].startswith("row 0, unit 40")
    assert wide["unfolded"]["units"] == [6, 7, 8, 9, 10, 11, 40, 59]
    assert wide["far"] == [30, 31, 32, 33, 34, 35, 45, 59]


def test_the_page_runs_without_an_error(mazur: dict[str, Any], wide: dict[str, Any]) -> None:
    assert (mazur["errors"], wide["errors"]) == ([], [])
