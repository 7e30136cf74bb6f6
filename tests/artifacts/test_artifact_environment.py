"""The environment: what the numbers of a run depend on."""

import importlib.metadata
import json
import platform
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from nncli.artifacts import environment
from nncli.artifacts.environment import describe, differences, machine
from nncli.engine.settings import Training

TRAINING = Training(threads=1, engine="numpy")


@pytest.fixture
def table(built):
    return built.table


def test_description_is_json_with_the_contract_s_keys(table, config):
    described = describe(table, TRAINING, ["train", "имя.yaml"], config)
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
        "llvmlite",
        "blas",
        "data_sha256",
        "command",
        "git_revision",
    ]
    assert described["numpy"] == np.__version__
    assert described["command"] == ["nncli", "train", "имя.yaml"]
    assert (described["threads"], described["engine"]) == (1, "numpy")
    assert described["cpu"]


def test_blas_is_described_by_name_version_and_kernel(table, config):
    for pool in describe(table, TRAINING, [], config)["blas"]:
        assert pool.keys() == {"internal_api", "version", "architecture"}


def test_compiled_run_depends_on_its_compiler():
    assert machine(TRAINING)["llvmlite"] is None
    compiled = machine(replace(TRAINING, engine="compiled"))
    assert compiled["llvmlite"] == importlib.metadata.version("llvmlite")


@pytest.mark.parametrize("cpuinfo", [None, "processor : 0\nBogoMIPS : 50\n"])
def test_machine_that_does_not_name_its_cpu_is_described_by_its_kind(
    monkeypatch, tmp_path, cpuinfo
):
    file = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        file.write_text(cpuinfo)
    monkeypatch.setattr(environment, "Path", lambda path: {"/proc/cpuinfo": file}[path])
    assert machine(TRAINING)["cpu"] == (platform.processor() or platform.machine())


def test_same_machine_has_no_differences(table, config):
    recorded = describe(table, TRAINING, ["train", "x.yaml"], config)
    assert differences([json.loads(json.dumps(recorded))] * 2, TRAINING) == []


def test_differences_of_several_machines_are_named_once(table, config):
    here = machine(TRAINING)
    older, other = {**here, "numpy": "1.0"}, {**here, "numpy": "1.0", "blas": []}
    found = differences([older, other, here], TRAINING)
    assert [each.key for each in found] == ["numpy", "blas"]
    assert str(found[0]) == f"numpy: recorded 1.0, here {np.__version__}"
    assert str(found[1]).startswith("blas: recorded none, here ")


def test_key_that_was_not_recorded_is_a_difference(table):
    here = machine(TRAINING)
    lacking = {key: value for key, value in here.items() if key != "cores"}
    assert [str(each) for each in differences([lacking], TRAINING)] == [
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


def test_config_outside_a_checkout_has_no_revision(table, config):
    assert describe(table, TRAINING, [], config)["git_revision"] is None


def test_config_in_a_checkout_has_its_revision(table, config):
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
    assert describe(table, TRAINING, [], config)["git_revision"] is None  # no commit yet
    git("add", config.name)
    git("commit", "-q", "-m", "x")
    assert describe(table, TRAINING, [], config)["git_revision"] == git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    "failure", [FileNotFoundError("git"), subprocess.TimeoutExpired("git", 5)], ids=repr
)
def test_git_that_fails_is_no_reason_to_fail(table, config, monkeypatch, failure):
    def fail(*arguments, **options):
        raise failure

    (config.parent / ".git").mkdir()
    monkeypatch.setattr(environment.subprocess, "run", fail)
    assert describe(table, TRAINING, [], config)["git_revision"] is None
