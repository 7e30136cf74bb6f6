"""Freeing: delete weights and checkpoints of runs; their metrics stay."""

from collections.abc import Iterable
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.files import to_json
from nncli.artifacts.run_directory import CHECKPOINT, EVALUATION, FREED, WEIGHTS, RunDirectory
from nncli.artifacts.run_reader import RunReader


def free(run: RunDirectory, why: str, names: Iterable[str] = (WEIGHTS, CHECKPOINT)) -> None:
    """Remove the named files from a locked run, if it has them; freed.json records why."""
    run.recover()
    listed = run.manifest()
    gone = [name for name in names if name in listed]
    if gone:
        before = RunReader(run).freed.get("files", [])
        freed = {"files": [*before, *gone], "why": why}
        run.commit({FREED: [to_json(freed)]}, outdated=gone)


def free_trial(folder: Path, why: str) -> None:
    """Free every run of a trial."""
    manifests = [folder / MANIFEST, *sorted(folder.glob(f"*/{MANIFEST}"))]
    for manifest in manifests:
        if manifest.is_file() and manifest.parent.name != EVALUATION:
            with RunDirectory(manifest.parent) as run:
                free(run, why)
