"""Every malformed config gives its golden lines, exit code 2, and nothing else.

NNCLI_UPDATE_GOLDEN=1 rewrites the golden files.
"""

import os
import re
from pathlib import Path

import pytest

from nncli.cli.main import run
from nncli.config.source_text import MAX_BYTES
from nncli.untrusted_files import opening

BAD = Path(__file__).parent / "bad"
NAMES = sorted(path.stem for path in BAD.glob("*.yaml"))
# file:line:column: what is wrong; the key's dotted path comes first where there is one
LINE = re.compile(r"[\w.]+\.yaml:[1-9]\d*:[1-9]\d*: \S.*")
# of the file as a whole there is no line to name
WHOLE_FILE = re.compile(r"[\w.]+\.yaml: (a binary file|no such file|expected a file|larger than)")


def validate(name, capsys):
    """What `nncli validate` says on stderr, after the checks that hold for every bad config."""
    code = run(["validate", name])
    out, err = capsys.readouterr()
    assert code == 2, err
    assert out == ""
    assert "Traceback" not in err
    assert err.endswith("\n")
    for line in err.removesuffix("\n").split("\n"):
        assert LINE.fullmatch(line) or WHOLE_FILE.match(line), line
        assert line.isprintable()
    return err


@pytest.fixture(autouse=True)
def inside_the_folder(monkeypatch, request):
    in_bad = "name" in request.fixturenames
    monkeypatch.chdir(BAD if in_bad else request.getfixturevalue("tmp_path"))


@pytest.mark.parametrize("name", NAMES)
def test_bad_config_is_explained_as_its_golden_file_says(name, capsys):
    err = validate(f"{name}.yaml", capsys)
    golden = BAD / f"{name}.txt"
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        golden.write_text(err, encoding="utf-8")
    assert err == golden.read_text(encoding="utf-8")


def test_there_are_many_bad_configs_and_no_stray_golden_files():
    assert len(NAMES) >= 250
    assert sorted(path.stem for path in BAD.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_problems_are_listed_in_reading_order(name):
    lines = (BAD / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    places = [tuple(map(int, line.split(":")[1:3])) for line in lines if LINE.fullmatch(line)]
    assert places == sorted(places)


def test_missing_file(capsys):
    assert validate("nowhere.yaml", capsys) == "nowhere.yaml: no such file\n"


def test_directory(capsys):
    Path("folder.yaml").mkdir()
    assert validate("folder.yaml", capsys) == "folder.yaml: expected a file, found a folder\n"
    Path("folder.yaml/config.yaml").touch()
    said = "a folder: the config that it was made from is folder.yaml/config.yaml\n"
    assert validate("folder.yaml", capsys).endswith(said)


def test_named_pipe_is_refused_without_waiting_for_a_writer(capsys):
    os.mkfifo("pipe.yaml")
    assert validate("pipe.yaml", capsys) == "pipe.yaml: expected a file, found a named pipe\n"


def test_too_large_a_file(capsys):
    Path("large.yaml").write_bytes(b"# x\n" * (MAX_BYTES // 4 + 1))
    assert (
        validate("large.yaml", capsys)
        == "large.yaml: larger than 1 MiB, the most that is read of a config\n"
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[" * 100_000, 33),
        ("{" * 100_000, 33),
        ("{a: " * 100_000, 126),
        ("- " * 100_000, 65),
        ("? " * 100_000, 65),
        ("[" * 100_000 + "]" * 100_000, 33),
    ],
)
def test_deep_nesting_is_refused_at_its_33rd_level(text, column, capsys):
    Path("deep.yaml").write_text(text, encoding="utf-8")
    err = validate("deep.yaml", capsys)
    assert err == f"deep.yaml:1:{column}: nested deeper than 32 levels\n"


def test_nesting_through_aliases_is_refused(capsys):
    lines = ["a0: &a0 [1]", *(f"a{n + 1}: &a{n + 1} [*a{n}]" for n in range(400))]
    Path("chain.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert "nested deeper than 32 levels once aliases are written out" in validate(
        "chain.yaml", capsys
    )


@pytest.mark.parametrize(
    "text",
    [
        "data: {dataset: iris}\nname: " + "x" * 900_000 + "\nepochs: 3\n",
        "data: {dataset: iris}\n" + "x" * 900_000 + ": 1\n",
        "data: {dataset: iris}\noptimizer: " + "x" * 900_000 + "\n",
        "data: {dataset: '" + "x\n" * 300_000 + "'}\n",
        "data: {dataset: iris}\ntraining: {epochs: " + "1" * 900_000 + "}\n",
    ],
)
def test_very_long_text_is_cut_in_messages(text, capsys):
    Path("long.yaml").write_text(text, encoding="utf-8")
    assert len(validate("long.yaml", capsys)) < 2000


def test_unreadable_file_names_the_reason(capsys, monkeypatch):
    Path("locked.yaml").write_text("data: {dataset: iris}", encoding="utf-8")

    def refuse(*arguments, **keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening, "_without_waiting", refuse)
    assert run(["validate", "locked.yaml"]) == 2
    assert capsys.readouterr().err == "locked.yaml: can't be read: Permission denied\n"
