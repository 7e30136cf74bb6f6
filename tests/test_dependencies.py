"""What pip is asked to install beside nncli, and where."""

import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
LLVMLITE = next(
    each for each in map(Requirement, PROJECT["dependencies"]) if each.name == "llvmlite"
)


@pytest.mark.parametrize(
    ("system", "machine", "implementation", "version", "has_wheel"),
    [
        ("linux", "x86_64", "CPython", "3.11", True),
        ("linux", "aarch64", "CPython", "3.15", True),
        ("darwin", "arm64", "CPython", "3.14", True),
        ("win32", "AMD64", "CPython", "3.12", True),
        ("darwin", "x86_64", "CPython", "3.12", False),
        ("linux", "ppc64le", "CPython", "3.12", False),
        ("linux", "x86_64", "PyPy", "3.11", False),
        ("linux", "x86_64", "CPython", "3.16", False),
        ("freebsd14", "amd64", "CPython", "3.12", False),
    ],
)
def test_a_compiler_is_installed_where_it_has_wheels_and_nowhere_else(
    system: str, machine: str, implementation: str, version: str, has_wheel: bool
) -> None:
    environment = {
        **default_environment(),
        "sys_platform": system,
        "platform_machine": machine,
        "platform_python_implementation": implementation,
        "python_version": version,
        "python_full_version": f"{version}.0",
    }
    assert LLVMLITE.marker is not None
    assert LLVMLITE.marker.evaluate(environment) is has_wheel


def test_the_extra_that_once_brought_the_compiler_is_still_accepted() -> None:
    assert PROJECT["optional-dependencies"]["compiled"] == []
