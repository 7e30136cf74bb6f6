"""The model summary of `train`, and notes that several commands share."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nncli.assembly.build import Built
from nncli.assembly.decided import decided_in_words
from nncli.cli.streams import echo_line
from nncli.cli.text_table import table
from nncli.config.dump import part_in_words
from nncli.data.fitted_columns import FittedColumn
from nncli.data.preprocessing import Preprocessing
from nncli.engine.network import Network
from nncli.engine.stop_reason import why_unfinished
from nncli.engine.training_settings import Training
from nncli.errors import escaped, few
from nncli.operating_system import shell_word
from nncli.parts.losses import Huber
from nncli.parts.table import Table

MAX_ITEMS = 5  # columns left out that are named


def table_facts(read: Table, fitted: Preprocessing) -> list[list[str]]:
    """Lines on a table's columns: target, features by kind, columns left out."""
    assert read.origin is not None
    classes = few([name or "''" for name in read.classes])  # of empty cells
    facts = [["target", ", ".join(read.targets) + (f": {classes}" if classes else "")]]
    if read.labels:
        counts = zip(read.targets, read.labels, read.y.sum(axis=0).tolist(), strict=True)
        facts.append(
            ["labels", few([f"{name} = {yes} ({n:,.0f})" for name, (_, yes), n in counts])]
        )
    for kind in ("numeric", "boolean", "categorical", "date"):
        columns = [feature for feature in fitted.features if feature.kind == kind]
        if columns:
            said = [f.name + _counted(f) for f in columns]
            if kind == "date":
                said = [f"{f.name} ({', '.join(f.date.parts)})" for f in columns if f.date]
            if kind == "numeric":
                said = [f.name + (f" ({' < '.join(f.order)})" if f.order else "") for f in columns]
            lacking = sum(feature.missing for feature in columns)
            filled = f"; {lacking:,} missing in the training rows, imputed" if lacking else ""
            facts.append([kind, f"{len(columns)}: {few(said)}{filled}"])
    if fitted.derived:
        facts.append(["derived", f"{len(fitted.derived)}: {few([*map(_made, fitted.derived)])}"])
    for name, reason in few_items(read.origin.left_out):
        facts.append(["left out", f"{name} {reason}".strip()])
    return facts


def _made(derived: FittedColumn) -> str:
    """A derived column as `area = size*width`; of a product its name, which says the same."""
    name, formula = derived.name, derived.formula
    return name if name == formula else f"{name} = {formula}"


def _counted(feature: FittedColumn) -> str:
    """A feature's number of categories, as ` (5)`, and of rare ones."""
    if not feature.categories:
        return ""
    rare = f", {len(feature.rare):,} rare ones are one" if feature.rare else ""
    rare = ", 1 is rare, as are new ones" if len(feature.rare) == 1 else rare
    vectors = f", vectors of {feature.embedding}" if feature.embedding else ""
    return f" ({len(feature.categories)}{rare}{vectors})"


def note_unseen_categories(counts: Mapping[str, int]) -> None:
    """Print a note for columns with categories that no training row had."""
    for name, count in counts.items():
        cells = "cell holds a category" if count == 1 else "cells hold categories"
        echo_line(f"note: column '{name}': {count:,} {cells} that no training row had", err=True)


def note_unfinished(summary: Mapping[str, Any]) -> None:
    """Print a note if a run's training didn't end by itself."""
    if how := why_unfinished(summary.get("stopped")):
        echo_line(f"note: training {how}; these are the last weights it kept", err=True)


def where_to_look(path: Path) -> str:
    """A hint at the `report` command for a run or a study."""
    return escaped(f"a page about it: nncli report {shell_word(path)}")


def few_items(reasons: Mapping[str, str]) -> list[tuple[str, str]]:
    """(name, reason in brackets) of the first items, then the number of the others."""
    items = [(name, f"({reason})") for name, reason in reasons.items()]
    left = len(items) - MAX_ITEMS
    return items[:MAX_ITEMS] + ([(f"and {left:,} more", "")] if left > 0 else [])


def _delta_in_units(loss: Huber, built: Built) -> str:
    """Huber's delta in each target's original unit."""
    fitted = built.preprocessing
    scales = zip(fitted.target.scale, fitted.learnt_targets, strict=True)
    said = [f"{loss.delta * scale:.4g} of {name}" for scale, name in scales]
    return f"delta {loss.delta:g} is {few(said)}"


def _decision(built: Built) -> Iterator[list[str]]:
    """The decision threshold, and its effect on the metrics."""
    keys = built.experiment.decision
    assert keys is not None
    yield ["decision", decided_in_words(keys, None, built.table.classes[1])]
    if keys.goal is not None:
        yield ["", "once trained; metrics until then, in metrics.csv too, are those at 0.5"]


def _engine(training: Training) -> str:
    shards = f", batches in {training.shards} shards" if training.shards > 1 else ""
    return f"{training.engine}{shards}"


def model_summary(built: Built) -> str:
    """Layers, shapes, parameters, loss formula, optimizer, and rows per split."""
    experiment, network = built.experiment, built.network
    split = ", ".join(f"{name} {len(rows_):,}" for name, rows_ in built.rows.named().items())
    facts = [
        ["parameters", f"{network.layout.trainable:,} trained"],
        ["loss", f"{network.loss.title}: {network.loss.summary}"],
        ["optimizer", part_in_words(experiment.optimizer)],
        ["schedule", part_in_words(experiment.schedule)],
        ["engine", _engine(experiment.training)],
        ["data", f"{built.table.task}, {len(built.table):,} rows ({split})"],
    ]
    if (every := experiment.output.log_every) > 1:
        facts.append(["metrics", f"a row every {every} epochs (output.log_every)"])
    if experiment.decision is not None:
        facts += _decision(built)
    if built.task_reason:
        facts.append(["", built.task_reason])
    if built.table.origin is not None:
        facts += table_facts(built.table, built.preprocessing)
    facts[2:2] = _loss_of(built)
    width = max(len(name) for name, _ in facts)
    lines = [f"{name.ljust(width)}  {escaped(text)}" for name, text in facts]
    return "\n".join([table([*_layers(network)]), "", *lines])


def _layers(network: Network) -> Iterator[list[str]]:
    """The header and a row for each layer."""
    yield ["layer", "what", "shape", "parameters"]
    yield ["input", "", f"{network.inputs}", ""]
    for node in network.nodes:
        what = node.layer.name
        if (activation := getattr(node.layer, "activation", None)) is not None:
            what += f", {activation.name}"
        shapes = node.layer.param_shapes(node.input_shape).values()
        frozen = f" ({node.frozen})" if node.frozen else ""
        count = f"{sum(map(math.prod, shapes)):,}{frozen}"
        yield [node.name, what, f"{node.inputs} -> {node.outputs}", count]


def _loss_of(built: Built) -> Iterator[list[str]]:
    """What the loss is computed from, if that isn't the target itself."""
    fitted, loss = built.preprocessing, built.network.loss
    if fitted.target.is_identity:
        return
    what = "the scaled target"
    if fitted.target.transform != "none":
        scaled = "" if fitted.target.method == "none" else ", scaled"
        what = f"{', '.join(fitted.learnt_targets)}{scaled}"
    yield ["", f"of {what}; metrics are in the target's own units"]
    if isinstance(loss, Huber):
        yield ["", _delta_in_units(loss, built)]
