"""Page: the complete page on which a network trains, with its engine and data."""

from string import Template
from typing import Any

import numpy as np

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.artifacts.run_directory import RESOLVED
from nncli.errors import escaped
from nncli.operating_system import shell_word
from nncli.page.embed import INLINE, asset, json_block, whole_page
from nncli.page.markup import text
from nncli.playground.choices import offered
from nncli.playground.columns import axes, features, outputs
from nncli.playground.config_text import brief, tree
from nncli.playground.job_settings import settings, start
from nncli.playground.library import Library
from nncli.playground.refusals import refuse_unplayable
from nncli.playground.rows import sets

ENGINE = ("random", "special", "arrays", "network", "training")
VIEW = (
    *("data", "model", "config", "arithmetic", "colours", "elements", "grid", "boundary"),
    *("diagram", "curves", "numbers", "controls", "page", "panel", "start"),
)


def page(loaded: LoadedNetwork, assignments: tuple[str, ...] = ()) -> str:
    """The page's HTML. Raises UserError for a network that can't be played."""
    refuse_unplayable(loaded)
    library = Library()
    data = _data(loaded, assignments, library)
    scripts = [
        library.script(_ufuncs(data["features"])),
        *(asset(__package__, f"{name}.js") for name in (*ENGINE, *VIEW)),
    ]
    name = text(loaded.built.experiment.name)
    body = Template(asset(__package__, "page.html")).substitute(
        title=name, data=json_block(data), script="\n".join(scripts)
    )
    title = f"{name}: a network to play with"
    return whole_page(__package__, "page.css", title=title, body=body.rstrip("\n"), scripts=INLINE)


def _data(loaded: LoadedNetwork, assignments: tuple[str, ...], library: Library) -> dict[str, Any]:
    built = loaded.built
    job = built.job
    rows, sampled = sets(built)
    own = settings(job, library)
    is_run = loaded.reader is not None
    config = loaded.path / RESOLVED if is_run else loaded.path
    return {
        "name": escaped(built.experiment.name),
        "isRun": is_run,
        "file": escaped(loaded.path.name),
        "command": ["nncli train", escaped(shell_word(str(config)))],
        "assignments": [escaped(shell_word(each)) for each in assignments],
        "settings": own,
        "hidden": [brief(node.layer) for node in built.network.nodes[:-1]],
        "choices": offered(library),
        "start": start(loaded),
        "rows": rows,
        "sampled": sampled,
        "features": features(built),
        "axes": axes(built),
        "outputs": outputs(built),
        "scale": str(built.experiment.data.preprocessing.numeric.scale),
        "isFloat32": job.training.dtype == "float32",
        "isEarlyStopped": job.training.early_stopping is not None,
        "tree": _in_json(tree(loaded, assignments)),
        "fragments": library.fragments(),
    }


def _ufuncs(columns: list[dict[str, Any]]) -> set[str]:
    """The ufuncs that the formulas of columns call."""

    def called(tree: Any) -> set[str]:
        if not isinstance(tree, list) or tree[0] == "feature":
            return set()
        return {tree[0]}.union(*map(called, tree[1:]))

    return set().union(*(called(column.get("tree")) for column in columns))


def _in_json(value: Any) -> Any:
    """The config's tree, with values that JSON lacks as text."""
    if isinstance(value, dict):
        return {str(key): _in_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_json(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
    return value if isinstance(value, str | int | float | bool | None) else str(value)
