"""The environment: what the numbers of a run depend on."""

import importlib.metadata
import json
import platform
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nncli.artifacts import environment
from nncli.artifacts.environment import describe, differences, machine
from nncli.config.experiment import parts_of
from nncli.engine.training_settings import Training
from nncli.parts.activations import Gelu
from nncli.parts.optimizers import Lbfgs

TRAINING = Training(batch_size="full", steps_per_epoch=1, threads=1, engine="numpy")


@pytest.fixture
def table(built):
    return built.table


@pytest.fixture
def experiment(built):
    return replace(built.experiment, training=TRAINING)


def with_activation(experiment, activation):
    first, *others = experiment.network.hidden
    hidden = [replace(first, activation=activation), *others]
    return replace(experiment, network=replace(experiment.network, hidden=hidden))


def test_description_is_json_with_the_contract_s_keys(table, experiment, config):
    described = describe(table, experiment, ["train", "имя.yaml"], config)
    assert json.loads(json.dumps(described)) == described
    assert list(described) == [
        "nncli",
        "python",
        "numpy",
        "platform",
        "cpu",
        "cores",
        "threads",
        "engine",
        "packages",
        "blas",
        "data_sha256",
        "command",
        "began",
        "git_revision",
    ]
    assert described["numpy"] == np.__version__
    assert described["command"] == ["nncli", "train", "имя.yaml"]
    assert (described["threads"], described["engine"]) == (1, "numpy")
    assert described["cpu"]


def test_blas_is_described_by_name_version_and_kernel(table, experiment, config):
    for pool in describe(table, experiment, [], config)["blas"]:
        assert pool.keys() == {"internal_api", "version", "architecture"}


def test_blas_is_that_of_numpy_whatever_else_is_loaded(experiment):
    before = machine(experiment)
    import scipy.linalg  # noqa: F401

    assert machine(experiment) == before


@pytest.mark.parametrize(
    ("file", "is_scipys"),
    [
        ("/x/site-packages/scipy.libs/libscipy_openblas-1.so", True),
        ("/x/site-packages/scipy/.dylibs/libscipy_openblas.dylib", True),
        ("/x/site-packages/numpy.libs/libscipy_openblas64_-1.so", False),
        ("/envs/scipy/lib/libopenblas.so.0", False),
        ("/home/scipy.libs/x/lib/libopenblas.so.0", False),
    ],
)
def test_blas_of_scipy_is_known_by_its_folder(experiment, monkeypatch, file, is_scipys):
    pool = {"user_api": "blas", "filepath": file, "version": "1"}
    monkeypatch.setattr(environment, "pools", lambda: SimpleNamespace(info=lambda: [pool]))
    assert (machine(experiment)["blas"] == []) == is_scipys


def test_packages_are_those_that_the_numbers_come_from(experiment):
    assert machine(experiment)["packages"] == []
    version = importlib.metadata.version
    scipy = f"scipy {version('scipy')}"
    assert machine(with_activation(experiment, Gelu()))["packages"] == [scipy]
    minimized = replace(experiment, optimizer=Lbfgs())
    assert machine(minimized)["packages"] == [scipy]
    compiled = replace(minimized, training=replace(TRAINING, engine="compiled"))
    assert machine(compiled)["packages"] == [f"llvmlite {version('llvmlite')}", scipy]


def test_other_version_of_a_package_is_a_difference(experiment):
    experiment = replace(experiment, optimizer=Lbfgs())
    here = machine(experiment)
    (found,) = differences([{**here, "packages": ["scipy 1.0"]}], experiment)
    assert str(found) == f"packages: recorded scipy 1.0, here {here['packages'][0]}"


def test_parts_of_an_experiment_are_all_of_them(experiment):
    parts = list(parts_of(with_activation(experiment, Gelu())))
    first = experiment.network.hidden[0]
    for each in (Gelu(), first.kernel_initializer, experiment.optimizer, experiment.loss):
        assert each in parts


@pytest.mark.parametrize("cpuinfo", [None, "processor : 0\nBogoMIPS : 50\n"])
def test_machine_that_does_not_name_its_cpu_is_described_by_its_kind(
    experiment, monkeypatch, tmp_path, cpuinfo
):
    file = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        file.write_text(cpuinfo)
    monkeypatch.setattr(
        environment, "Path", lambda path: {"/proc/cpuinfo": file}.get(path) or Path(path)
    )
    assert machine(experiment)["cpu"] == (platform.processor() or platform.machine())


def test_same_machine_has_no_differences(table, experiment, config):
    recorded = describe(table, experiment, ["train", "x.yaml"], config)
    assert differences([json.loads(json.dumps(recorded))] * 2, experiment) == []


def test_differences_of_several_machines_are_named_once(table, experiment, config):
    here = machine(experiment)
    older, other = {**here, "numpy": "1.0"}, {**here, "numpy": "1.0", "blas": []}
    found = differences([older, other, here], experiment)
    assert [each.key for each in found] == ["numpy", "blas"]
    assert str(found[0]) == f"numpy: recorded 1.0, here {np.__version__}"
    assert str(found[1]).startswith("blas: recorded none, here ")


def test_key_that_was_not_recorded_is_a_difference(experiment):
    here = machine(experiment)
    lacking = {key: value for key, value in here.items() if key != "cores"}
    assert [str(each) for each in differences([lacking], experiment)] == [
        f"cores: recorded none, here {here['cores']}"
    ]


def test_same_data_has_the_same_sha256(table):
    copied = replace(table, x=np.asfortranarray(table.x.copy()), y=table.y.copy())
    assert copied.sha256() == table.sha256()


@pytest.mark.parametrize("part", ["x", "y", "features", "classes"])
def test_any_change_of_the_data_changes_its_sha256(table, part):
    before = getattr(table, part)
    after = before[::-1] if isinstance(before, tuple) else before[::-1].copy()
    if part == "x":
        after = before.copy()
        after[0, 0] = np.nextafter(after[0, 0], 1)
    assert replace(table, **{part: after}).sha256() != table.sha256()


def test_config_outside_a_checkout_has_no_revision(table, experiment, config):
    assert describe(table, experiment, [], config)["git_revision"] is None


def test_config_in_a_checkout_has_its_revision(table, experiment, config):
    def git(*arguments):
        author = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *author, *arguments],
            cwd=config.parent,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    git("init", "-q")
    assert describe(table, experiment, [], config)["git_revision"] is None  # no commit yet
    git("add", config.name)
    git("commit", "-q", "-m", "x")
    assert describe(table, experiment, [], config)["git_revision"] == git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    "failure", [FileNotFoundError("git"), subprocess.TimeoutExpired("git", 5)], ids=repr
)
def test_git_that_fails_is_no_reason_to_fail(table, experiment, config, monkeypatch, failure):
    def fail(*arguments, **options):
        raise failure

    (config.parent / ".git").mkdir()
    monkeypatch.setattr(subprocess, "run", fail)
    assert describe(table, experiment, [], config)["git_revision"] is None
