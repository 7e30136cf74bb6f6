"""`nncli train`: the run directory it leaves."""

import hashlib
import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from nncli.parts.splits import Rows

FILES = {
    "config.yaml",
    "config.resolved.yaml",
    "metrics.csv",
    "metrics.json",
    "model.safetensors",
    "checkpoints/last.safetensors",
    "fingerprints.csv",
    "manifest.json",
    "split.npz",
    "preprocessing.json",
    "environment.json",
    "plots/loss.png",
}


def test_run_directory_has_the_files_of_the_contract_and_no_other(iris):
    assert iris.files == FILES


def test_config_is_kept_byte_for_byte(iris, configs):
    assert iris.file("config.yaml") == (configs / "iris.yaml").read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"data: {dataset: and_gate}\r\n", b"\xef\xbb\xbfdata: {dataset: and_gate}\n"],
    ids=["windows line ends", "byte order mark"],
)
def test_config_is_kept_byte_for_byte_however_it_was_saved(train, folder, content):
    config = folder / "a.yaml"
    config.write_bytes(content)
    assert train(config, "--set", "training.epochs=1").file("config.yaml") == content


def test_resolved_config_trains_to_identical_weights(iris, train):
    again = train(iris.path / "config.resolved.yaml", "--runs-dir", "again")
    assert again.result == iris.result


def test_resolved_config_leaves_nothing_to_resolve(iris):
    assert "auto" not in iris.file("config.resolved.yaml").decode()


def test_metrics_csv_has_the_contract_s_columns_in_its_order(iris):
    metrics = ["accuracy", "f1_macro", "log_loss"]
    val = [f"val_{name}" for name in metrics]
    columns = ["epoch", "loss", "val_loss", *metrics, *val, "learning_rate", "seconds"]
    assert list(iris.rows[0]) == columns


def test_metrics_csv_has_a_row_per_epoch_and_begins_before_training(iris):
    assert [row["epoch"] for row in iris.rows] == [str(epoch) for epoch in range(21)]
    assert float(iris.rows[0]["accuracy"]) == pytest.approx(1 / 3, abs=0.1)


def test_metrics_json_sums_up_the_last_row_of_metrics_csv(iris):
    summary, last = iris.json("metrics.json"), iris.rows[-1]
    assert (summary["epochs"], summary["stopped"]) == (20, "epochs")
    assert list(summary["metrics"]) == ["train", "val"]
    for split, prefix in (("train", ""), ("val", "val_")):
        for name, value in summary["final"][split].items():
            assert value == float(last[prefix + name])


def test_weights_are_named_after_their_layers_and_are_inputs_by_units(iris):
    shapes = {name: tensor.shape for name, tensor in iris.weights.items()}
    assert shapes == {
        "hidden_1/W": (4, 8),
        "hidden_1/b": (8,),
        "output/W": (8, 3),
        "output/b": (3,),
    }


def test_manifest_has_sha256_and_size_of_every_other_file(iris):
    sealed = iris.json("manifest.json")["files"]
    assert sealed.keys() == FILES - {"manifest.json"}
    for name, entry in sealed.items():
        content = iris.file(name)
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_split_has_every_row_once(iris):
    with np.load(io.BytesIO(iris.file("split.npz")), allow_pickle=False) as archive:
        split = dict(archive)
    assert list(split) == list(Rows.__dataclass_fields__)
    assert [len(split[name]) for name in ("train", "val", "test")] == [105, 23, 22]
    assert sorted(np.concatenate(list(split.values()))) == list(range(150))


def test_preprocessing_statistics_are_those_of_the_training_rows(iris):
    from sklearn.datasets import load_iris

    with np.load(io.BytesIO(iris.file("split.npz"))) as archive:
        x = load_iris().data[archive["train"]]
    fitted = iris.json("preprocessing.json")
    assert fitted["fitted_rows"] == 105
    assert [column["shift"] for column in fitted["features"]] == pytest.approx(x.mean(axis=0))
    assert [column["scale"] for column in fitted["features"]] == pytest.approx(x.std(axis=0))


def test_environment_records_what_the_numbers_depend_on(iris):
    environment = iris.json("environment.json")
    expected = {"nncli", "python", "numpy", "platform", "cpu", "cores", "threads", "blas"}
    expected |= {"engine", "packages", "data_sha256", "command", "git_revision", "began"}
    assert environment.keys() == expected
    assert environment["engine"] == "numpy"
    assert environment["command"][:2] == ["nncli", "train"]
    assert "training.epochs=20" in environment["command"]
    assert len(environment["data_sha256"]) == 64


def test_plot_is_a_png(iris):
    assert iris.file("plots/loss.png").startswith(b"\x89PNG\r\n\x1a\n")


def test_no_plots_asked_for_leaves_none(train, gate):
    assert "plots/loss.png" not in train(gate).files


def test_runs_are_numbered_and_never_overwritten(train, gate):
    runs = [train(gate) for _ in range(3)]
    assert [run.path for run in runs] == [Path(f"runs/gate-00{n}") for n in (1, 2, 3)]


def test_runs_dir_beats_the_config_s_own_folder(train, gate):
    assert train(gate, "--set", "output.dir=mine").path == Path("mine/gate-001")
    run = train(gate, "--set", "output.dir=mine", "--runs-dir", "theirs/deep")
    assert run.path == Path("theirs/deep/gate-001")


def test_set_is_recorded_resolved_while_the_config_stays_as_given(train, gate):
    run = train(gate, "--set", "training.epochs=2", "--set", "optimizer={type: gd, lr: 0.5}")
    assert run.file("config.yaml") == gate.read_bytes()
    resolved = yaml.safe_load(run.file("config.resolved.yaml"))
    assert resolved["training"]["epochs"] == 2
    assert resolved["optimizer"]["learning_rate"] == 0.5


def test_same_config_gives_identical_weights_and_metrics(train, configs, iris):
    again = train(configs / "iris.yaml", "--set", "training.epochs=20")
    assert again.result == iris.result


def test_another_seed_gives_other_weights(train, configs, iris):
    other = train(configs / "iris.yaml", "--set", "training.epochs=20", "--set", "seed=7")
    assert other.result != iris.result


@pytest.mark.parametrize("name", ["жизнь и судьба", "ünï cödé", "a'b\"c"])
def test_paths_may_have_spaces_quotes_and_any_letters(nncli, train, gate, name):
    config = gate.rename(gate.with_name(f"{name}.yaml"))
    run = train(config, "--runs-dir", f"{name} runs")
    assert run.path.parent == Path(f"{name} runs")
    assert nncli("evaluate", run.path, "--no-plots").code == 0


@pytest.mark.parametrize("letter", ["x", "ж", "字", "🌍"])
def test_very_long_names_are_cut_to_what_a_file_system_takes(train, gate, letter):
    run = train(gate, "--set", f"name={letter * 300}")
    assert len(run.path.name.encode()) <= 255


@pytest.mark.parametrize("name", ["../../evil", "/etc/x", "..", ".", "-", "a\\nb", "''"])
def test_no_name_leads_out_of_the_runs_folder(train, gate, name):
    run = train(gate, "--set", f'name="{name}"')
    assert run.path.parent == Path("runs")
    assert run.path.resolve().parent == Path("runs").resolve()


def test_early_stopping_keeps_the_best_weights_and_says_which(train, configs):
    stopping = "training.early_stopping={monitor: val_loss, patience: 2}"
    fast = "optimizer.learning_rate=1"
    run = train(configs / "iris.yaml", "--set", stopping, "--set", fast)
    summary = run.json("metrics.json")
    assert summary["stopped"] == "early_stopping"
    by_epoch = {int(row["epoch"]): float(row["val_loss"]) for row in run.rows}
    assert summary["best_epoch"] == min(by_epoch, key=by_epoch.get)
    assert summary["epochs"] == summary["best_epoch"] + 2
    assert summary["metrics"]["val"]["loss"] == min(by_epoch.values())


def test_warm_start_begins_where_the_other_run_ended(train, iris, write, folder):
    shutil.copy(iris.path / "model.safetensors", folder / "start.safetensors")
    start = "kernel_initializer: {type: from_file, path: start.safetensors}, "
    start += "bias_initializer: {type: from_file, path: start.safetensors}"
    config = write(
        "warm.yaml",
        "seed: 42",
        "data: {dataset: iris}",
        f"network: {{hidden: [{{type: dense, units: 8, activation: sigmoid, {start}}}],"
        f" output: {{{start}}}}}",
        "training: {epochs: 2, batch_size: 5}",
    )
    run = train(config)
    assert float(run.rows[0]["loss"]) == float(iris.rows[-1]["loss"])


def test_warm_started_run_needs_nothing_outside_itself(nncli, train, write, folder):
    for place in ("a", "b"):  # two files of one name
        (folder / place).mkdir()
    np.savez(folder / "a/w.npz", **{"hidden_1/W": np.array([[1.0, 2.0], [3.0, 4.0]])})
    np.savez(folder / "b/w.npz", **{"output/W": np.array([[5.0], [6.0]])})
    config = write(
        "warm.yaml",
        "data: {dataset: xor_gate}",
        "network:",
        "  hidden:",
        "    - type: dense",
        "      units: 2",
        "      kernel_initializer: {type: from_file, path: a/w.npz}",
        "  output: {kernel_initializer: {type: from_file, path: b/w.npz}}",
        "training: {epochs: 3}",
    )
    run = train(config)
    scores = nncli("evaluate", run.path, "--json", "--no-plots").json["metrics"]
    moved = Path(shutil.copytree(run.path, folder / "moved run"))
    for gone in ("a", "b", "runs"):
        shutil.rmtree(folder / gone)

    assert nncli("evaluate", moved, "--json", "--no-plots").json["metrics"] == scores
    assert train(moved / "config.resolved.yaml", "--runs-dir", "again").rows[0]["loss"]
    assert str(folder).encode() not in (moved / "config.resolved.yaml").read_bytes()
    again = nncli("train", "--resume", moved, "--set", "training.epochs=5", "--json", "--quiet")
    assert (again.code, again.json["epochs"]) == (0, 5)


def test_warm_started_run_can_be_trained_again_from_its_resolved_config(train, write, folder):
    np.savez(folder / "w.npz", **{"output/W": np.array([[5.0], [6.0]])})
    config = write(
        "warm.yaml",
        "data: {dataset: xor_gate}",
        "network:",
        "  hidden: []",
        "  output: {kernel_initializer: {type: from_file, path: w.npz}}",
        "training: {epochs: 3}",
    )
    run = train(config)
    assert train(run.path / "config.resolved.yaml", "--runs-dir", "again").result == run.result


def test_simultaneous_trainings_get_numbers_of_their_own(spawn, gate, folder):
    both = [spawn("train", gate, "--quiet", stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    runs = sorted(path.name for path in (folder / "runs").iterdir())
    assert runs == ["gate-001", "gate-002"]
    assert all((folder / "runs" / run / "manifest.json").is_file() for run in runs)
