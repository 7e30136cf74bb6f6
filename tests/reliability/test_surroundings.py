"""Surroundings: places, streams and settings that a program doesn't meet on its maker's desk."""

import json
import os
import resource
import shlex
import subprocess
import sys

import pytest
from waiting import PATIENCE
from whole_runs import has_checkpoint


def shell(folder, line, **options):
    """A line of sh with `nncli` in it; its exit code and what it said on stderr."""
    nncli = f"{shlex.quote(sys.executable)} -m nncli"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **options.pop("env", {})}
    done = subprocess.run(
        ["sh", "-c", line.replace("nncli", nncli)],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=PATIENCE,
        **options,
    )
    return done.returncode, done.stderr.decode(errors="replace")


TRAINS = {  # a command that trains all the same: (line, its environment)
    "no home": ("unset HOME; nncli train gate.yaml -q", {}),
    "home that is not there": ("nncli train gate.yaml -q", {"HOME": "/nowhere"}),
    "plain C": ("nncli train gate.yaml -q", {"LC_ALL": "C", "LANG": "C"}),
    "C and letters": ("nncli train gate.yaml -q --set name=жизнь", {"LC_ALL": "C"}),
    "ascii only": (
        "nncli train 'ж字/é.yaml' -q",
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ),
    "unknown locale": ("nncli train gate.yaml -q", {"LC_ALL": "xx_YY.UTF-8"}),
    "no folder for temporary files": ("nncli train gate.yaml -q", {"TMPDIR": "/nowhere"}),
    "terminal without abilities": ("nncli train gate.yaml", {"TERM": "dumb", "COLUMNS": "1"}),
    "no terminal type": ("nncli train gate.yaml", {"TERM": ""}),
    "settings of libraries": (
        "nncli train gate.yaml",
        {
            "MPLBACKEND": "module://nope",
            "MATPLOTLIBRC": "/nowhere",
            "FORCE_COLOR": "1",
            "SCIPY_ARRAY_API": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "nope",
            "NO_COLOR": "1",
        },
    ),
    "without assertions": ("nncli train gate.yaml -q", {"PYTHONOPTIMIZE": "1"}),
    "stdin closed": ("nncli train gate.yaml -q <&-", {}),
    "stdout closed": ("nncli train gate.yaml -q >&-", {}),
    "stderr closed": ("nncli train gate.yaml 2>&-", {}),
    "all closed": ("nncli train gate.yaml <&- >&- 2>&-", {}),
    "reader of stdout gone": ("nncli train gate.yaml -q | true", {}),
    "reader of stderr gone": ("nncli train gate.yaml 2>&1 >/dev/null | true", {}),
    "files for oneself only": ("umask 077; nncli train gate.yaml -q", {}),
    "blanks": ("nncli train 'a b/ c .yaml' -q --runs-dir 'my  runs'", {}),
    "letters": ("nncli train 'ж字/é.yaml' -q --runs-dir 'ж字 runs'", {}),
    "a line's end": ("nncli train 'a\nb/c\nd.yaml' -q --runs-dir 'e\nf'", {}),
    "a dash in front": ("nncli train ./-x.yaml -q --runs-dir ./-runs", {}),
    "a long name": (f"nncli train gate.yaml -q --set name={'n' * 300}", {}),
    "a name that is no text": (
        "cp gate.yaml \"$(printf '\\377').yaml\"; nncli train \"$(printf '\\377').yaml\" -q",
        {},
    ),
    "a link to the runs": ("mkdir far; ln -s far runs; nncli train gate.yaml -q", {}),
}
REFUSES = {  # a line and code 74, and nothing left: (line, what the message names)
    "a file for runs": ("touch runs; nncli train gate.yaml -q", "runs"),
    "a link to nowhere": ("ln -s /nowhere/x runs; nncli train gate.yaml -q", "runs"),
    "name beyond the limit": (f"nncli train gate.yaml -q --runs-dir {'r' * 300}", "rrr"),
    "path beyond the limit": (f"nncli train gate.yaml -q --runs-dir {'r/' * 2500}", "r/r/"),
    "below a device": ("nncli train gate.yaml -q --runs-dir /dev/null/x", "/dev/null"),
    "working folder that is gone": (
        'here=$PWD; mkdir gone; cd gone; rmdir ../gone; nncli train "$here/gate.yaml" -q',
        "runs",
    ),
    "nowhere to say it": ("nncli train gate.yaml -q > /dev/full", "output"),
}


@pytest.fixture
def place(gate, folder):
    """A folder of configs that belongs to nobody in particular."""
    for name in ("a b/ c .yaml", "ж字/é.yaml", "a\nb/c\nd.yaml", "-x.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(gate.read_bytes())
    return folder


@pytest.mark.parametrize("case", TRAINS)
def test_training_goes_on(place, tried, case):
    line, environment = TRAINS[case]
    code, said = shell(place, line, env=environment)
    assert code == 0, said
    assert "Traceback" not in said
    assert "rror" not in said
    (run,) = {path.parent for path in place.rglob("manifest.json")}
    assert has_checkpoint(run)
    tried(1, "trained")


def test_files_for_oneself_only_are_so(place):
    shell(place, "umask 077; nncli train gate.yaml -q")
    written = list((place / "runs").rglob("*"))
    assert written
    assert not [path for path in written if path.stat().st_mode & 0o077]


@pytest.mark.parametrize("case", REFUSES)
def test_refusal_is_one_line_and_leaves_nothing(place, tried, case):
    line, named = REFUSES[case]
    code, said = shell(place, line)
    assert (code, said.count("\n")) == (74, 1), said
    assert named in said
    assert "Traceback" not in said
    if named != "output":  # there the run is whole, only its summary was not heard
        assert not list(place.rglob("config.yaml"))
    tried(1, "code 74")


# A child of this process that is root no more, whom permissions don't bind; what it imports on its
# way it has to have imported before.
NOBODY = """
from nncli.cli.main import run
assert run(["train", "gate.yaml", "--quiet", "--json", "--runs-dir", "before"]) == 0
import os
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""


@pytest.mark.parametrize("locked", [".", "runs"])
def test_folder_that_is_read_only_is_one_line_and_loses_nothing(fork_server, place, tried, locked):
    (place / "before").mkdir()
    (place / locked).mkdir(exist_ok=True)
    place.chmod(0o755)
    (place / "gate.yaml").chmod(0o644)
    (place / locked).chmod(0o555)
    try:
        end = fork_server.call(place, "train", "gate.yaml", "--quiet", before=NOBODY)
    finally:
        (place / locked).chmod(0o755)
    assert (end.code, end.err) == (74, "runs: Permission denied\n")
    tried(1, "code 74")


def test_few_open_files_are_enough(place):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    assert shell(place, "nncli train gate.yaml -q", preexec_fn=limit)[0] == 0


def test_run_that_is_removed_while_it_trains_is_one_line(nncli, gate, folder, monkeypatch):
    import shutil

    from nncli.artifacts import run_recorder

    monkeypatch.setattr(run_recorder, "CHECKPOINT_SECONDS", -1.0)
    record = run_recorder.RunRecorder.record

    def record_and_remove(recorder, report):
        record(recorder, report)
        if report.epoch == 1:
            shutil.rmtree(recorder.run.path)

    monkeypatch.setattr(run_recorder.RunRecorder, "record", record_and_remove)
    done = nncli("train", gate, "--quiet")
    assert (done.code, done.err.count("\n")) == (74, 1), done.err
    assert "gate-001" in done.err


def test_run_that_is_read_only_can_be_used(nncli, gate, train, folder):
    run = train(gate).path
    for path in (*run.rglob("*"), run):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert json.loads(nncli("evaluate", run, "--json").out)["rows"] == 4
        assert nncli("plot-loss", run).code == 0
    finally:
        for path in (run, *run.rglob("*")):
            path.chmod(0o755)
