"""`nncli verify`: any run comes out again bit for bit, and whatever was changed is named."""

import fcntl
import json
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from nncli.artifacts import environment, run_recorder
from nncli.artifacts.files import sha256
from nncli.artifacts.manifest import encode
from nncli.artifacts.run_recorder import RunRecorder
from nncli.cli.main import run as run_nncli
from nncli.parts.optimizers import Adam

# Adam has slots; dropout and shuffling draw from random streams; 42 of 60 rows make 6 steps.
BASE = {
    "name": "kind",
    "seed": 5,
    "data": {"dataset": {"type": "moons", "samples": 60}},
    "network": {"hidden": [{"type": "dense", "units": 4}, {"type": "dropout", "rate": 0.2}]},
    "optimizer": {"type": "adam", "learning_rate": 0.01},
    "training": {"epochs": 6, "batch_size": 8, "engine": "numpy"},
    "output": {"plots": []},
}


def settings(**changes: Any) -> list[str]:
    return [text for key, value in changes.items() for text in ("--set", f"{key}={value}")]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory of each test, with the config that all of them train."""
    monkeypatch.chdir(tmp_path)
    Path("kind.yaml").write_text(json.dumps(BASE))
    return tmp_path


@pytest.fixture
def train(nncli) -> Callable[..., Path]:
    """train(): a run of the config, with `--set` for each of the changes."""

    def call(*arguments: object, code: int = 0, **changes: Any) -> Path:
        named = {key.replace("__", "."): value for key, value in changes.items()}
        done = nncli("train", "kind.yaml", "--json", "-q", *settings(**named), *arguments)
        assert done.code == code, done.err
        return Path(done.json["run"]) if done.out else max(Path("runs").iterdir())

    return call


@pytest.fixture
def interrupting(monkeypatch) -> Callable[[int], None]:
    """interrupting(20): the next training gets a SIGINT while it prepares its step 20."""

    def call(step: int) -> None:
        scalars, waiting = Adam.scalars, [step]

        def with_signal(self: Adam, number: int, rate: float) -> dict[str, float]:
            if waiting and number >= waiting[0]:
                waiting.clear()
                os.kill(os.getpid(), signal.SIGINT)
            return scalars(self, number, rate)

        monkeypatch.setattr(Adam, "scalars", with_signal)

    return call


class Killed(BaseException):
    """Nothing after it is carried out, as after kill -9."""


@pytest.fixture
def killed(train, monkeypatch) -> Callable[..., Path]:
    """killed(epoch): a run that ended right after its checkpoint at that epoch."""

    def call(epoch: int, **changes: Any) -> Path:
        record = RunRecorder.record

        def until(self: RunRecorder, report: Any) -> None:
            if report.epoch > epoch:
                raise Killed
            record(self, report)

        with monkeypatch.context() as patch:
            patch.setattr(RunRecorder, "record", until)
            patch.setattr(run_recorder, "CHECKPOINT_SECONDS", 0.0)
            with pytest.raises(Killed):
                train(**changes)
        return max(Path("runs").iterdir())

    return call


KINDS: dict[str, dict[str, Any]] = {
    "finished": {},
    "stopped early": {
        "optimizer__learning_rate": 1.0,
        "training__epochs": 60,
        "training__early_stopping": "{patience: 2}",
    },
    "converged": {"training__converged": "{tolerance: 1}"},
    "logged now and then": {"training__epochs": 23, "output__log_every": 7},
    "of single precision": {"training__dtype": "float32"},
    "with a plateau": {"schedule": "{type: reduce_on_plateau, patience: 1}"},
    "with batch_norm": {"network__hidden": "[4, batch_norm]"},
    "of full batches": {"training__batch_size": "full", "network__hidden": "[4]"},
    "with draws": {"training__sampling": "with_replacement"},
    "of lbfgs": {"optimizer": "lbfgs", "training": "{epochs: 12}", "network__hidden": "[4]"},
    "of lbfgs, converged": {"optimizer": "lbfgs", "training": "{}", "network__hidden": "[]"},
    "of compiled steps": {"training__engine": "compiled"},
    "with a threshold": {"decision": "{threshold: 0.3}"},
    "with a threshold chosen": {"decision": "{maximize: f1}"},
}


def assert_identical(done: Any, epochs: int | None = None) -> None:
    assert (done.code, done.err) == (0, "")
    found = done.json
    assert (found["identical"], found["environment"]) == (True, [])
    assert (found["first_difference"], found["last_differences"]) == (None, [])
    assert found["replayed"] == found["epochs"]
    assert epochs in (None, found["epochs"])


@pytest.mark.parametrize("kind", KINDS)
def test_run_of_any_kind_comes_out_again_bit_for_bit(nncli, train, kind):
    run = train(**KINDS[kind])
    assert_identical(nncli("verify", run, "--json", "-q"))


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize(("step", "log_every"), [(2, 1), (14, 1), (17, 3)])
def test_interrupted_run_is_replayed_to_the_step_where_it_stopped(
    nncli, train, interrupting, engine, step, log_every
):
    changes = {"training__engine": engine, "output__log_every": log_every}
    changes["decision"] = "{maximize: f1}"
    interrupting(step)
    run = train(code=130, **changes)
    assert json.loads((run / "metrics.json").read_text())["stopped"] == "interrupted"
    assert_identical(nncli("verify", run, "--json", "-q"))

    assert nncli("train", "--resume", run, "-q").code == 0
    assert_identical(nncli("verify", run, "--json", "-q"), 6)


def test_what_the_clock_showed_of_an_interrupted_run_is_replayed_whatever_it_shows_now(
    nncli, train, interrupting, monkeypatch
):
    with monkeypatch.context() as slow:
        slow.setattr("nncli.engine.trainer.MAX_SILENCE_SECONDS", 0.0)
        interrupting(14)
        run = train(code=130, output__log_every=100)
    last = json.loads((run / "metrics.json").read_text())["epochs"]
    assert last > 0
    assert_identical(nncli("verify", run, "--json", "-q"), last)


@pytest.mark.parametrize("epoch", [0, 1, 4])
def test_killed_run_is_replayed_to_its_last_checkpoint_and_resumed_to_its_end(nncli, killed, epoch):
    run = killed(epoch, decision="{maximize: f1}")
    assert_identical(nncli("verify", run, "--json", "-q"), epoch)
    assert nncli("train", "--resume", run, "-q").code == 0
    assert_identical(nncli("verify", run, "--json", "-q"), 6)


def test_run_told_more_epochs_again_and_again_is_replayed_leg_by_leg(nncli, train):
    """A cosine's rates depend on how many epochs there are to come."""
    run = train(schedule="cosine")
    for epochs in (9, 14):
        more = ("--set", f"training.epochs={epochs}")
        assert nncli("train", "--resume", run, *more, "-q").code == 0
        assert_identical(nncli("verify", run, "--json", "-q"), epochs)


# A line through two points; a learning rate beyond about 1 takes its error far off.
LINE = {
    "data": "{dataset: {type: inline, x: [[1], [2]], y: [1, 3]}}",
    "network": "{hidden: []}",
    "loss": "half_mse",
    "training": "{epochs: 8}",
}


def with_rate(rate: str) -> dict[str, str]:
    return {**LINE, "optimizer": f"{{type: gd, learning_rate: {rate}}}"}


def test_diverged_run_is_replayed_to_its_last_finite_epoch(nncli, train):
    run = train(code=5, **with_rate("1.0e+30"))
    done = nncli("verify", run, "--json", "-q")
    assert_identical(done)
    assert 0 < done.json["epochs"] < 8


def test_run_whose_start_is_not_finite_is_found_so_again(nncli, train):
    start = "{output: {kernel_initializer: {type: constant, value: 1.0e+200}}}"
    train(code=5, **{**LINE, "network": start})
    assert_identical(nncli("verify", "runs/kind-001", "--json", "-q"), 0)


def write_table(folder: Path) -> None:
    """A table of two features, and a config for it."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    lines = [f"{a},{b},{'yes' if a + b > 0 else 'no'}" for a, b in x]
    (folder / "table.csv").write_text("\n".join(["a,b,answer", *lines]))
    data = {"path": "table.csv", "target": "answer"}
    (folder / "kind.yaml").write_text(json.dumps({**BASE, "data": data}))


@pytest.fixture
def table(folder) -> Path:
    write_table(folder)
    return folder


@pytest.mark.parametrize("on_disk", ["true", "false"])
def test_run_of_a_table_comes_out_again_elsewhere_without_the_table(nncli, train, table, on_disk):
    run = train(data__on_disk=on_disk)
    copied = shutil.copytree(run, table / "elsewhere" / "copy")
    shutil.rmtree("runs")
    Path("table.csv").unlink()
    assert_identical(nncli("verify", copied, "--json", "-q"))


def test_cross_validation_is_verified_fold_by_fold(nncli, table):
    folds = nncli("train", "kind.yaml", "--folds", "3", "--json", "-q")
    run = Path(folds.json["run"])
    done = nncli("verify", run, "--json", "-q")
    assert (done.code, done.err) == (0, "")
    assert [fold["identical"] for fold in done.json["folds"]] == [True] * 3
    assert_identical(nncli("verify", run / "fold-2", "--json", "-q"))

    names = ("folds.json", "manifest.json", "study.json", "trials.csv", "config.yaml")
    for name in names:  # as earlier versions left them when they were killed
        (run / name).rename(run.parent / name)
    assert nncli("verify", run).code == 0
    for name in names:
        (run.parent / name).rename(run / name)
    summary = (run / "folds.json").read_text()
    (run / "folds.json").write_text(summary.replace("0", "1", 1))
    done = nncli("verify", run, "-q")
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert f"{run}/folds.json: changed" in done.err


# Changed files


def every_file(run: Path) -> list[Path]:
    return sorted(path for path in run.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def with_every_file(tmp_path_factory) -> Path:
    """A run of a table, which is copied into it, with a plot and two evaluations."""
    folder = tmp_path_factory.mktemp("evaluated")
    write_table(folder)
    chosen = settings(**{"output.plots": "[loss]", "training.epochs": 2})
    assert run_nncli(["train", f"{folder}/kind.yaml", *chosen, "--runs-dir", str(folder)]) == 0
    run = folder / "kind-001"
    for split in ("test", "val"):
        assert run_nncli(["evaluate", str(run), "--split", split, "--no-plots"]) == 0
    return run


@pytest.fixture
def evaluated(with_every_file, folder) -> Path:
    """A copy of it, to be changed at will."""
    return Path(shutil.copytree(with_every_file, folder / "evaluated"))


def test_changed_byte_of_any_file_is_found_and_its_file_named(nncli, evaluated, amount, tried):
    """Flip one bit, cut the last byte off, add one."""
    rng, files = random.Random(0), every_file(evaluated)
    assert {path.relative_to(evaluated).parts[0] for path in files} >= {
        "manifest.json",
        "fingerprints.csv",
        "checkpoints",
        "files",
        "plots",
        "evaluation",
    }
    count = 0
    for path in files:
        content = path.read_bytes()
        places = [rng.randrange(len(content)) for _ in range(amount(3, 200))]
        flipped = [
            content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]
            for place in places
        ]
        for changed in (*flipped, content[:-1], content + b"\n", b""):
            path.write_bytes(changed)
            done = nncli("verify", evaluated, "-q")
            assert (done.code, done.out) == (4, ""), path
            assert done.err.count("\n") == 1
            assert done.err.startswith(f"{path}: ")
            count += 1
        path.write_bytes(content)
    assert nncli("verify", evaluated, "-q").code == 0
    tried(count, "all found")


def test_missing_file_is_named(nncli, evaluated):
    for path in every_file(evaluated):
        content = path.read_bytes()
        path.unlink()
        done = nncli("verify", evaluated, "-q")
        assert done.code == 4
        named = path.relative_to(evaluated).parts
        if named != ("evaluation", "manifest.json"):
            assert done.err.startswith(f"{path}: "), done.err
        path.write_bytes(content)


@pytest.mark.parametrize("name", ["notes.txt", "checkpoints/x", "evaluation/x.json", "new/deep/x"])
def test_file_that_the_run_has_not_written_is_named(nncli, evaluated, name):
    (evaluated / name).parent.mkdir(parents=True, exist_ok=True)
    (evaluated / name).write_text("x")
    done = nncli("verify", evaluated, "-q")
    expected = f"{evaluated / name}: not in the manifest: the run has not written it\n"
    assert (done.code, done.err) == (4, expected)


def test_link_in_a_file_s_place_is_named_even_if_it_leads_to_the_same_bytes(nncli, evaluated):
    path = evaluated / "metrics.csv"
    path.rename("elsewhere.csv")
    path.symlink_to(Path("elsewhere.csv").resolve())
    done = nncli("verify", evaluated, "-q")
    assert (done.code, done.err) == (4, f"{path}: not a regular file\n")


def test_every_changed_file_has_a_line(nncli, evaluated):
    for name in ("metrics.csv", "evaluation/test.json", "split.npz"):
        (evaluated / name).write_bytes(b"")
    done = nncli("verify", evaluated, "-q")
    assert done.code == 4
    assert [
        line.partition(": ")[0].removeprefix(f"{evaluated}/") for line in done.err.splitlines()
    ] == ["metrics.csv", "split.npz", "evaluation/test.json"]


def test_what_a_crash_has_left_is_told_and_no_change(nncli, train):
    run = train()
    (run / "metrics.json.next").write_text("half")
    (run / ".nncli-0.tmp").write_text("half")
    done = nncli("verify", run, "-q")
    assert done.code == 0
    assert done.err.count("left by a write that was cut short") == 2


def test_sealed_files_that_await_their_places_are_not_changed(nncli, train):
    """A crash between the manifest and the renaming."""
    run = train()
    (run / "metrics.csv").rename(run / "metrics.csv.next")
    (run / "metrics.csv").write_text("of before")
    assert nncli("verify", run, "-q").code == 0


def test_verify_writes_nothing(nncli, evaluated):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in every_file(evaluated)}
    assert nncli("verify", evaluated, "-q").code == 0
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in every_file(evaluated)
    }


# Changed numbers


@pytest.fixture
def nudged(train, monkeypatch) -> Callable[[int, str], Path]:
    """nudged(4, "hidden_1/W"): a run in which, at epoch 4, a number of it moved by one unit in its
    last place, as an unsound library or a flipped bit in memory may do it."""

    def call(epoch: int, tensor: str) -> Path:
        record = RunRecorder.record

        def nudge_and_record(self: RunRecorder, report: Any) -> None:
            if report.epoch == epoch:
                view = self.built.network.layout.views(self.state.theta)[tensor].reshape(-1)
                view[-1] = np.nextafter(view[-1], np.inf)
            record(self, report)

        with monkeypatch.context() as patch:
            patch.setattr(RunRecorder, "record", nudge_and_record)
            return train()

    return call


@pytest.mark.parametrize("tensor", ["hidden_1/W", "hidden_1/b", "output/W", "output/b"])
@pytest.mark.parametrize("epoch", [0, 1, 4, 6])
def test_weight_that_moved_by_one_ulp_is_named_with_epoch_and_tensor(nncli, nudged, epoch, tensor):
    done = nncli("verify", nudged(epoch, tensor), "--json", "-q")
    assert (done.code, done.json["identical"]) == (1, False)
    assert done.json["first_difference"] == {"epoch": epoch, "tensors": [tensor], "metrics": {}}
    assert all(0 < each["largest"] < 1e-12 for each in done.json["last_differences"])


def test_size_of_a_difference_is_that_of_the_saved_tensor(nncli, nudged):
    """Moved after the last report: of both files one number differs, by its last place."""
    run = nudged(6, "output/W")
    differences = nncli("verify", run, "--json", "-q").json["last_differences"]
    files = ["model.safetensors", "checkpoints/last.safetensors"]
    assert [(each["file"], each["tensor"]) for each in differences] == [
        (file, "output/W") for file in files
    ]
    assert [(each["numbers"], each["size"]) for each in differences] == [(1, 4)] * 2
    weights = load_file(run / "model.safetensors")["output/W"]
    for each in differences:
        assert each["largest"] == np.spacing(weights[-1, 0])
        assert each["relative"] == each["largest"] / np.abs(weights).max()


def test_difference_is_told_in_words_with_its_size(nncli, train):
    run = train()
    reseal(run, "config.resolved.yaml", lambda text: text.replace("rate: 0.2", "rate: 0.21"))
    done = nncli("verify", run, "-q")
    assert done.code == 1
    _, _, verdict, first, *rest = done.out.splitlines()
    assert verdict == "replayed 6 epochs: not bit-identical"
    assert first == "first difference: epoch 1: hidden_1/W, hidden_1/b, output/W, output/b"
    recorded, replayed, difference = next(
        map(float, line.split()[1:]) for line in rest if line.startswith("  loss ")
    )
    assert difference == pytest.approx(replayed - recorded, rel=0.1)
    assert any("checkpoints/last.safetensors: squares of hidden_1/W" in line for line in rest)
    assert any(line.split()[:3] == ["model.safetensors:", "output/b", "1"] for line in rest)


def reseal(run: Path, name: str, change: Callable[[str], str]) -> None:
    """Change a text of the run and make the manifest agree."""
    text = (run / name).read_text()
    assert change(text) != text
    content = change(text).encode()
    (run / name).write_bytes(content)
    listed = json.loads((run / "manifest.json").read_bytes())["files"]
    listed[name] = {"sha256": sha256(content), "bytes": len(content)}
    (run / "manifest.json").write_bytes(encode(listed))


@pytest.mark.parametrize(
    ("name", "old", "new", "epoch"),
    [
        ("config.resolved.yaml", "seed: 5", "seed: 6", 0),
        ("config.resolved.yaml", "rate: 0.2", "rate: 0.21", 1),
        ("config.resolved.yaml", "learning_rate: 0.01", "learning_rate: 0.010000001", 0),
        ("config.resolved.yaml", "batch_size: 8", "batch_size: 7", 1),
        ("metrics.csv", "\n3,0.", "\n3,0.1", 3),
        ("fingerprints.csv", "\n5,", "\n5,0", 5),
    ],
)
def test_sealed_run_that_tells_another_story_differs_from_its_first_untrue_epoch_on(
    nncli, train, name, old, new, epoch
):
    run = train()
    reseal(run, name, lambda text: text.replace(old, new, 1))
    done = nncli("verify", run, "--json", "-q")
    assert (done.code, done.json["first_difference"]["epoch"]) == (1, epoch)


def test_first_tensors_are_named_even_if_a_figure_differed_before(nncli, train):
    run = train()
    reseal(run, "config.resolved.yaml", lambda text: text.replace("rate: 0.01", "rate: 0.011"))
    done = nncli("verify", run, "--json", "-q").json
    assert done["first_difference"]["epoch"] == 0
    assert list(done["first_difference"]["metrics"]) == ["learning_rate"]
    assert done["first_tensor_difference"]["epoch"] == 1
    assert "first tensors that differ: epoch 1: hidden_1/W" in nncli("verify", run, "-q").out


def test_threshold_that_was_not_chosen_so_is_a_difference(nncli, train):
    run = train(decision="{maximize: f1}")
    recorded = json.loads((run / "decision.json").read_text())["threshold"]
    reseal(run, "decision.json", lambda text: text.replace(f"{recorded}", "0.125"))
    done = nncli("verify", run, "--json", "-q")
    assert (done.code, done.json["identical"], done.json["first_difference"]) == (1, False, None)
    (found,) = done.json["last_differences"]
    assert (found["file"], found["tensor"]) == ("decision.json", "threshold")
    assert found["largest"] == abs(recorded - 0.125)


def test_replay_that_diverges_is_a_difference(nncli, train):
    run = train(**with_rate("0.1"))
    reseal(run, "config.resolved.yaml", lambda text: text.replace("e: 0.1", "e: 1.0e+30"))
    done = nncli("verify", run, "--json", "-q")
    assert (done.code, done.json["identical"]) == (1, False)
    assert "training diverged" in done.json["diverged"]


def test_run_that_claims_another_length_differs_where_only_one_goes_on(nncli, train):
    run = train()
    for name in ("metrics.csv", "fingerprints.csv"):
        reseal(run, name, lambda text: text + text.splitlines()[-1].replace("6,", "7,", 1) + "\n")
    done = nncli("verify", run, "--json", "-q")
    first = done.json["first_difference"]
    assert (done.code, first) == (1, {"epoch": 7, "tensors": [], "metrics": {}})


def test_logs_of_different_epochs_are_a_corrupt_run(nncli, train):
    run = train()
    reseal(run, "metrics.csv", lambda text: "".join(text.splitlines(keepends=True)[:-1]))
    done = nncli("verify", run, "-q")
    expected = f"{run}/fingerprints.csv: expected the epochs of metrics.csv\n"
    assert (done.code, done.err) == (4, expected)


# Surroundings


def test_differences_of_the_environment_are_listed_and_no_failure(nncli, train, monkeypatch):
    run = train()
    machine = environment.machine

    def another(training: Any) -> dict[str, Any]:
        blas = [{"internal_api": "openblas", "version": "9.9", "architecture": "Z80"}]
        return {**machine(training), "numpy": "9.9.9", "blas": blas}

    monkeypatch.setattr(environment, "machine", another)
    done = nncli("verify", run, "--json", "-q")
    assert done.code == 0
    assert [(each["key"], each["here"]) for each in done.json["environment"]] == [
        ("numpy", "9.9.9"),
        ("blas", [{"internal_api": "openblas", "version": "9.9", "architecture": "Z80"}]),
    ]
    out = nncli("verify", run, "-q").out
    assert f"  numpy: recorded {np.__version__}, here 9.9.9\n" in out
    assert ", here openblas 9.9 Z80\n" in out


@pytest.fixture
def held(train) -> Iterator[Path]:
    """A run that another process is writing to."""
    run = train()
    descriptor = os.open(run, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield run
    os.close(descriptor)


def test_run_in_use_is_not_verified(nncli, held):
    done = nncli("verify", held)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)


def test_two_can_verify_a_run_at_once(nncli, train):
    run = train()
    descriptor = os.open(run, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    assert nncli("verify", run, "-q").code == 0
    os.close(descriptor)


def test_progress_goes_to_stderr_and_a_verdict_to_stdout(nncli, train):
    run = train()
    done = nncli("verify", run)
    assert done.err.splitlines()[0].startswith("epoch 0/6  loss ")
    assert done.out.splitlines()[-1] == "replayed 6 epochs: bit-identical"


def test_ctrl_c_ends_a_replay_with_what_it_has_found_so_far(nncli, train, interrupting):
    run = train()
    interrupting(20)
    done = nncli("verify", run, "-q")
    assert (done.code, done.err) == (130, "")
    assert done.out.splitlines()[-1] == "replayed 3 of 6 epochs, then stopped: bit-identical so far"
    assert_identical(nncli("verify", run, "--json", "-q"), 6)

    interrupting(20)
    done = nncli("verify", run, "--json", "-q")
    assert (done.code, done.json["identical"], done.json["replayed"]) == (130, None, 3)


def test_compiled_run_that_stopped_inside_an_epoch_needs_no_slice_of_the_same_length(
    nncli, train, interrupting, monkeypatch
):
    from nncli.engine.steppers.compiled.stepper import CompiledStepper

    interrupting(13)
    run = train(code=130, training__engine="compiled", training__steps_per_epoch=40)
    monkeypatch.setattr(CompiledStepper, "_adapt", lambda self, steps, seconds: None)
    assert_identical(nncli("verify", run, "--json", "-q"))
