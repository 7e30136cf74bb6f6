"""What nncli writes for others to run or to read: no name in it is code, markup or a formula."""

import csv
import json
from html.parser import HTMLParser

import numpy as np
import pytest
import yaml
from foreign_texts import (
    ENDS,
    LINE_ENDS,
    MARK,
    all_at_once,
    around,
    as_json,
    assert_is_text_only,
    made_up,
    replaced,
    text_leaves,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nncli.artifacts.loaded_network import load_network
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.cli.main import run as command
from nncli.equivalent import LIBRARIES
from nncli.errors import NncliError, escaped
from nncli.explain.explain import as_text, equivalents
from nncli.explain.formulas import formulas
from nncli.export.numpy_script.formatting import comment, docstring, indented
from nncli.export.numpy_script.script import numpy_script
from nncli.export.pytorch.script import pytorch_script
from nncli.trace.html import html
from nncli.trace.markdown import markdown
from nncli.trace.plain_text import text as plain_text
from nncli.trace.traced_steps import trace

NAMES = tuple(end for end in ENDS if end != "\x00" and "/" not in end)  # of files
foreign = st.lists(st.sampled_from([*ENDS, MARK, "()", "a", " "]), max_size=8).map("".join)


def trained(folder, *lines):
    """The run of a small config."""
    config = folder / "it.yaml"
    config.write_text("\n".join([*lines, "output: {plots: []}", "training: {epochs: 1}", ""]))
    assert command(["train", str(config), "-q", "--runs-dir", str(folder / "runs")]) == 0
    return folder / "runs" / "it-001"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run over a table with a column of each kind and two classes, with few numbers."""
    folder = tmp_path_factory.mktemp("run")
    rows = "".join(f"{i % 5},{'uvw'[i % 3]},{'ab'[i % 2]}\n" for i in range(30))
    (folder / "t.csv").write_text(f"x,c,y\n{rows}")
    return trained(folder, "data: {path: t.csv, target: y}", "network: {hidden: [2]}")


@settings(max_examples=300)
@example('\\"', '"')
@example('"""', '\\"')
@given(foreign, foreign)
def test_no_text_ends_a_docstring_or_a_comment(first, second):
    lines = [*comment(first + second), *docstring(f"x{first}\n{second}")]
    lines += ["def f():", *indented(docstring(f"x{first}"))]
    assert_is_text_only("\n".join(lines) + "\n")


FILES = ("environment.json", "preprocessing.json", "metrics.json", "config.resolved.yaml")


def pytorch_page(reader, file_name):
    return pytorch_script(reader, file_name).page


SCRIPTS = {"numpy": numpy_script, "pytorch": pytorch_page}


READ = [(name, numpy_script) for name in FILES]
READ += [(name, pytorch_page) for name in ("preprocessing.json", "config.resolved.yaml")]


@pytest.mark.parametrize(("name", "script"), READ)
def test_no_text_of_a_made_up_run_is_code_in_its_script(name, script, run, tmp_path):
    parse = yaml.safe_load if name.endswith(".yaml") else json.loads
    content = parse((run / name).read_bytes())
    written = 0
    for number, place in enumerate(text_leaves(content)):
        made = replaced(content, place, all_at_once(ENDS if place != ("name",) else NAMES))
        at = made_up(run, tmp_path / f"run-{number}", name, as_json(made))
        try:
            page = script(RunReader(RunDirectory.open(at)), "script.py")
        except NncliError:
            continue
        written += 1
        page.encode()
        assert_is_text_only(page)
    assert written > 0


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {}, [{}], [None]], ids=str)
@pytest.mark.parametrize("key", ["blas", "python", "numpy"])
def test_a_script_is_written_whatever_its_environment_says(key, value, run, tmp_path):
    environment = json.loads((run / "environment.json").read_text())
    content = as_json({**environment, key: value})
    at = made_up(run, tmp_path / "run", "environment.json", content)
    assert_is_text_only(numpy_script(RunReader(RunDirectory.open(at)), "script.py"))


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("end", NAMES, ids=ascii)
def test_no_name_of_a_run_or_a_script_is_code_in_it(end, script, run, tmp_path):
    at = tmp_path / f"a{around(end)}"
    run.rename(at)
    try:
        page = script(RunReader(RunDirectory.open(at)), f"{around(end)}.py")
    finally:
        at.rename(run)
    assert_is_text_only(page)


def test_a_run_folder_whose_name_is_no_text_is_exported(run, tmp_path, capsys):
    at = tmp_path / "a\udcff"
    run.rename(at)
    try:
        assert command(["export", str(at), "--to", "numpy"]) == 0
    finally:
        at.rename(run)
    assert r"\\udcff" in capsys.readouterr().out


@pytest.mark.parametrize("end", NAMES, ids=ascii)
def test_no_name_of_a_file_of_weights_is_code_elsewhere(end, tmp_path):
    name = f"{', ' * 30}{around(end)}.npz"
    np.savez(tmp_path / name, **{"output/W": np.ones((2, 1))})
    start = json.dumps({"type": "from_file", "path": name})
    config = tmp_path / "it.yaml"
    output = f"{{kernel_initializer: {start}}}"
    config.write_text(f"data: {{dataset: and_gate}}\nnetwork: {{hidden: [], output: {output}}}")
    built = load_network(config, []).built
    found = equivalents(built, LIBRARIES)
    for each in found.values():
        assert_is_text_only(each.code)
    assert MARK in found["pytorch"].code
    assert as_text(formulas(built), found).replace("\n", "").isprintable()


class Elements(HTMLParser):
    """The elements of a page, and what their attributes say."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


SHOWN = "data: {dataset: and_gate}\nnetwork: {hidden: []}\n"


@pytest.fixture(scope="module")
def plain_elements(tmp_path_factory):
    """What the page of a config with a plain name is of."""
    config = tmp_path_factory.mktemp("plain") / "it.yaml"
    config.write_text(f"{SHOWN}name: plain")
    return Elements(html(trace(load_network(config, [])))).found


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_no_name_is_markup_in_a_trace(end, tmp_path, plain_elements):
    config = tmp_path / "it.yaml"
    config.write_text(f"{SHOWN}name: {json.dumps(around(end))}")
    try:
        shown = trace(load_network(config, []))
    except NncliError:
        return  # no name for a run
    for page in (plain_text(shown), markdown(shown)):
        assert page.replace("\n", "").isprintable()
        assert sum(MARK in line for line in page.splitlines()) == 1
    named = markdown(shown).splitlines()[0].removeprefix("# ")
    bare = named.replace("\\\\", "")
    for letter in "`*[<|~$&":
        assert bare.count(letter) == bare.count(f"\\{letter}")
    found = Elements(html(shown)).found
    assert found == plain_elements


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_a_starter_config_names_the_columns_it_was_made_from(end, tmp_path):
    table = tmp_path / "t.csv"
    names = [around(end), f"x{around(end)}"]
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([[i % 2, f"{end}{i}"] for i in range(40)])
    config = tmp_path / "made.yaml"
    arguments = ["init", str(table), "-o", str(config), "--target", names[0].strip()]
    if command(arguments) == 2:
        return  # no column of a table
    made = yaml.safe_load(config.read_text())
    assert made["data"]["target"] == names[0].strip()
    keys = {"name", "seed", "data", "network", "loss", "optimizer", "training", "evaluation"}
    assert set(made) == keys
    assert config.read_text().replace("\n", "").isprintable()


@pytest.mark.parametrize("sign", LINE_ENDS, ids=ascii)
def test_one_line_is_one_line(sign):
    assert len(escaped(f"a{sign}b").splitlines()) == 1
