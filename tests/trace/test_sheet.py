"""Worksheets and answer sheets as pages: what is asked, shown, kept back, drawn and saved."""

import csv
import io
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from waiting import PATIENCE

from nncli.artifacts.loaded_network import load_network
from nncli.cli.exercise import Exercise
from nncli.cli.worksheets import answer_text, worksheet_text
from nncli.engine.notation import written
from nncli.page.embed import script_hash
from nncli.trace.plain_text import text
from nncli.trace.sheet.network_diagram import drawing
from nncli.trace.sheet.sheets import Sheet, answer_page, worksheet_page
from nncli.trace.tensor import number as shown_number
from nncli.trace.tensor import shown_indices
from nncli.trace.traced_steps import trace
from nncli.trace.worksheet import Worksheet

CONFIGS = Path(__file__).parents[2] / "configs"
MAZUR = CONFIGS / "lessons" / "mazur.yaml"
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=1000")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def sheet():
    exercise = Exercise(MAZUR)
    worksheet = exercise.worksheet()
    return Sheet(worksheet, "Zoë <b>", exercise.table(worksheet, MAZUR.parent))


def text_of(page):
    """What stands on it."""
    body = page.partition("<body>")[2].partition('<div class="tools"')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_every_blank_is_a_box_with_its_number(sheet):
    page = worksheet_page([sheet])
    boxes = re.findall(r'<b>(\d+)</b><input data-blank="(\d+)"', page)
    assert boxes == [(str(n), str(n)) for n in range(1, 34)]
    assert 'value="Zoë &lt;b&gt;"' in page
    assert {"Name", "Date", "of 33"} <= set(re.findall(r"Name|Date|of 33", text_of(page)))


def test_a_worksheet_shows_no_answer(sheet):
    page = worksheet_page([sheet])
    for number in ("0.3775", "0.59327", "1.10591", "0.298371", "0.358916"):
        assert number not in page


TWO_CONVOLUTIONS = """
seed: 1
data: {dataset: {type: digits}, split: none, preprocessing: none}
network:
  hidden:
    - {type: conv2d, filters: 1, kernel_size: 6}
    - {type: conv2d, filters: 1, kernel_size: 2}
    - flatten
loss: cross_entropy
"""


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize(
    "name",
    [
        "mazur",
        "rashid",
        "softmax_step",
        "micrograd_four_rows",
        "cs231n_adam",
        "cs231n_max_pool",
        "",
    ],
)
def test_no_worksheet_gives_any_of_its_answers_away(name, steps, tmp_path):
    path = CONFIGS / "lessons" / f"{name}.yaml"
    if not name:
        path = tmp_path / "two.yaml"
        path.write_text(TWO_CONVOLUTIONS)
    rows = None if name else (0,)
    worksheet = Exercise(path, steps=steps, rows=rows).worksheet()
    given = {
        shown_number(tensor, index)
        for tensor in worksheet.shown.steps[0].tensors
        if not tensor.template and tensor.phase == "forward"
        for index in shown_indices(tensor)
    }
    long = {written(blank.value) for blank in worksheet.blanks} - given
    asked_for = {each for each in long if len(each.strip("-").replace(".", "").lstrip("0")) > 4}
    assert asked_for
    for page in (text(worksheet.shown, worksheet), text_of(worksheet_page([Sheet(worksheet)]))):
        assert not asked_for & set(re.findall(r"-?[\d.]+(?:e-\d+)?", page))


def test_an_answer_sheet_has_every_step(sheet):
    page = text_of(answer_page([sheet]))
    assert "answer sheet for Zoë &lt;b&gt;" in page
    assert "1 z1[0,0] = 0.05*0.15 + 0.1*0.2 + 0.35 = 0.3775" in page
    assert "9 loss = ((0.751365 - 0.01)^2 + (0.772928 - 0.99)^2) / 2 = 0.298371" in page
    assert "30 W2[0,0] = 0.4 - 0.5 * 0.082167 = 0.358916" in page
    numbers = set(re.findall(r'class="worked"><b>(\d+)</b>', answer_page([sheet])))
    assert numbers == {str(n) for n in range(1, 34)}


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_answers_as_text_have_the_steps_too(sheet, form):
    page = answer_text([sheet], form)
    assert page.startswith("Answers of Zoë <b>\n")
    assert "#30 W2[0,0] = 0.4 - 0.5 * 0.082167 = 0.358916" in page
    assert "____" not in page


def test_pages_ask_nobody_for_anything(sheet):
    for page in (worksheet_page([sheet]), worksheet_page([sheet, sheet]), answer_page([sheet])):
        assert "default-src 'none'" in page
        assert not re.findall(r"(?:src|href)=\"(?!data:)", page)


def test_all_in_one_has_a_sheet_each_and_no_script(sheet):
    page = worksheet_page([sheet, sheet])
    assert page.count('<section class="sheet">') == 2
    assert "<script" not in page
    assert page.count('id="name"') == 0


def test_where_few_numbers_are_asked_for_what_leads_nowhere_is_left_out():
    worksheet = Exercise(MAZUR, blanks=("output/dW",)).worksheet()
    page = text_of(worksheet_page([Sheet(worksheet)]))
    assert "output/dz" in page
    assert not {"hidden_1/da", "hidden_1/dW", "Update"} & set(page.split())
    worksheet = Exercise(MAZUR, blanks=("hidden_1/W/after[0,0]",)).worksheet()
    page = text_of(worksheet_page([Sheet(worksheet)]))
    assert "hidden_1/dW" in page
    assert "output/W (2 x 2) W" not in page.partition("Update")[2]


def test_of_several_steps_those_are_shown_that_lead_to_a_blank():
    worksheet = Exercise(MAZUR, steps=2, blanks=("loss",)).worksheet()
    assert "step 2, in epoch 2" in text_of(worksheet_page([Sheet(worksheet)]))


def test_the_network_is_drawn_with_its_numbers(sheet):
    picture = drawing(sheet.worksheet.shown)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    assert {"0.15", "0.25", "0.2", "0.3", "b 0.35", "x1", "0.05", "t = 0.99", "sigmoid"} <= {*texts}
    assert picture.count("<line") == 8
    assert picture.count("<circle") == 6


def test_of_a_wide_network_some_units_are_drawn(write):
    config = write(
        "wide.yaml",
        "data: {dataset: digits, split: none}",
        "network: {hidden: [40, {type: dropout, rate: 0.1}, 3]}",
    )
    picture = drawing(trace(load_network(config), rows=[0, 1]))
    assert "... 57 more" in picture
    assert "... 33 more" in picture
    assert picture.count("<circle") == 7 + 7 + 7 + 3 + 7
    assert "weight" not in picture


def test_a_variant_is_of_two_digits_and_the_same_everywhere():
    loaded = Exercise(MAZUR, variant=1).loaded()
    views = loaded.built.job.network.layout.views(loaded.state.theta)
    assert views["hidden_1/W"].tolist() == [[0.17, 0.18], [0.24, 0.29]]
    assert views["output/b"].tolist() == [0.54, 0.32]


@pytest.mark.parametrize(
    "name", ["by_hand.yaml", "lessons/hmkcode.yaml", "lessons/han_kamber.yaml"]
)
def test_a_variant_keeps_signs_zeros_and_sizes(name):
    plain, other = Exercise(CONFIGS / name), Exercise(CONFIGS / name, variant=5)
    before, after = plain.loaded().state.theta, other.loaded().state.theta
    assert ((before > 0) == (after > 0)).all()
    assert ((before == 0) == (after == 0)).all()
    assert abs(after).max() <= abs(before).max()
    assert (before != after).any()


def test_of_a_variant_right_answers_are_right(nncli, folder):
    shutil.copy(MAZUR, folder)
    assert nncli("trace", "mazur.yaml", "--worksheet", "--variant", 7).code == 0
    made = (folder / "answers.csv").read_text()
    assert "nncli trace --variant 7 -- mazur.yaml" in made
    shown = Worksheet(Exercise(folder / "mazur.yaml", variant=7).worksheet().shown)
    rows = made.splitlines()
    filled = [row + str(blank.value) for row, blank in zip(rows[2:], shown.blanks, strict=True)]
    (folder / "answers.csv").write_text("\n".join([*rows[:2], *filled]))
    assert nncli("grade", "answers.csv").code == 0


def test_a_run_and_weights_that_are_all_zero_have_no_variants(nncli, write):
    zeros = "network: {hidden: [], output: {kernel_initializer: zeros}}"
    config = write("zeros.yaml", "data: {dataset: and_gate}", zeros, "training: {epochs: 1}")
    done = nncli("trace", config, "--variant", 1)
    assert (done.code, done.err) == (
        2,
        "--variant: every weight begins at 0, and nothing would differ\n",
    )
    assert nncli("train", config, "--quiet").code == 0
    done = nncli("trace", "runs/zeros-001", "--variant", 1)
    assert done.code == 2
    assert "is a run, whose weights are what it has learnt" in done.err


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("Ann\n\nann\n", "names.txt:3: 'ann': the same file as line 1: tell them apart"),
        ("Ann\n///\n", "names.txt:2: '///' can't be the name of a file: write another name"),
        ("worksheets\n", "names.txt:1: 'worksheets' can't be the name of a file"),
        ("# nobody\n", "names.txt: expected 1 to 1000 names, a line each, found 0"),
        (b"\xff\xfe\x00", "names.txt: not UTF-8 text"),
        (None, "names.txt: no such file"),
    ],
)
def test_names_that_make_no_files_are_told(nncli, folder, names, message):
    if names is not None:
        content = names if isinstance(names, bytes) else names.encode()
        (folder / "names.txt").write_bytes(content)
    asked = ("--worksheet", "--students", "names.txt", "-o", "out")
    done = nncli("trace", MAZUR, *asked)
    assert done.code == 2
    assert done.err.startswith(message)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("form", "ending"), [("text", "txt"), ("markdown", "md"), ("html", "html")]
)
def test_a_class_has_its_files_and_never_loses_one_that_is_there(nncli, folder, form, ending):
    (folder / "names.txt").write_text("Ann Archer\nBob\n")
    asked = ("--worksheet", "--format", form, "--students", "names.txt", "-o", "out")
    assert nncli("trace", MAZUR, *asked).code == 0
    together = {"worksheets.html"} if form == "html" else set()
    own = {f"{name}.{each}" for name in ("Ann_Archer", "Bob") for each in ("csv", ending)}
    assert {path.name for path in (folder / "out").iterdir()} == (
        own | together | {f"answer_sheets.{ending}"}
    )
    tables = [(folder / "out" / f"{name}.csv").read_text() for name in ("Ann_Archer", "Bob")]
    assert "--variant 1 " in tables[0]
    assert "--variant 2 " in tables[1]
    done = nncli("trace", MAZUR, *asked)
    assert (done.code, done.err) == (
        2,
        "out/Ann_Archer.csv: exists already; choose another folder with -o\n",
    )


FILLING = """
document.querySelector('[data-blank="1"]').value = "0,3775";
document.querySelector('[data-blank="9"]').value = ' a "half" ';
document.querySelector('[data-blank="33"]').value = "1/2";
document.dispatchEvent(new Event("input"));
document.getElementById("name").value = "Zoë M. / 7b";
const done = document.getElementById("done").textContent;
const saved = { table: filledIn(), name: fileName(), done };
document.body.replaceChildren(Object.assign(document.createElement("pre"),
  { id: "seen", textContent: JSON.stringify(saved) }));
"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is here")
def test_what_is_filled_in_on_the_screen_is_saved_as_the_table(sheet, tmp_path):
    page = worksheet_page([sheet])
    opened = re.sub(r"script-src '[^;]*'", "script-src 'unsafe-inline'", page)
    path = tmp_path / "sheet.html"
    path.write_text(opened.replace("count();\n</script>", f"count();\n{FILLING}</script>"))
    done = subprocess.run(
        [BROWSER, *QUIET, f"--user-data-dir={tmp_path / 'u'}", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    seen = json.loads(unescape(re.search(r'id="seen">(.*?)</pre>', done.stdout, re.S)[1]))
    assert seen["name"] == "Zoë_M._7b.csv"
    assert seen["done"] == "3 of 33 filled in"
    rows = list(csv.reader(io.StringIO(seen["table"])))
    given = list(csv.reader(io.StringIO(sheet.table)))
    assert [row[:3] for row in rows] == [row[:3] for row in given]
    answers = {row[0]: row[3] for row in rows[2:] if row[3]}
    assert answers == {"1": "0,3775", "9": 'a "half"', "33": "1/2"}


def test_a_script_of_the_page_is_the_one_that_may_run(sheet):
    page = worksheet_text(sheet, "html")
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    assert script_hash(script) in page
