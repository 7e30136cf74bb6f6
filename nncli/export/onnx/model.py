"""Model: a run as one ONNX file, from the cells of a row to its answer."""

import hashlib
import json
from collections.abc import Iterator

import numpy as np

import nncli
from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.files import translating_os_errors
from nncli.artifacts.trained_model import TrainedModel
from nncli.data.fitted_columns import FittedColumn
from nncli.data.nonlinear_scales import NormalScores
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.parsers import Parsers
from nncli.engine.rows import X
from nncli.errors import UserError, few, printable
from nncli.export.onnx import messages
from nncli.export.onnx.cells import TRUTH, missing_texts, read_cells, takes_text, words_of
from nncli.export.onnx.columns import Columns
from nncli.export.onnx.graph import Graph, Value
from nncli.export.onnx.network import add_network
from nncli.export.onnx.outputs import Outputs, decoded
from nncli.frozen import frozen

MAX_BYTES = 2**31 - 1  # of a message of protocol buffers
CONTRACT = """\
One input a column, (rows, 1), called as the column. Numbers are float64, and NaN means missing;
texts are strings without blanks at their ends, and '' or any of the texts under `missing` means
missing. Answers of a row that nncli predict would refuse are NaN, its label is ''."""


@frozen
class OnnxModel:
    """The content of a file.

    inputs, outputs: their names.  notes: what a caller has to know, a line each.
    """

    content: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...]


def onnx_model(trained: TrainedModel) -> OnnxModel:
    """A trained model as an ONNX file.

    Raises UserError for an operation of a part that can't be translated, and CorruptRun for weights
    that aren't finite.
    """
    trained.check_finite()
    graph, learnt = Graph(), trained.model.preprocessing
    parsers = trained.model.experiment.data.parsers
    predictions, faults = _predictions(trained, graph)
    names = Outputs(graph, learnt, trained.decision).add(predictions, faults)
    content = messages.model(
        trained.model.experiment.name or "nncli",
        graph.fields(),
        producer=("nncli", nncli.__version__),
        words=CONTRACT,
        metadata={key: json.dumps(value) for key, value in _metadata(trained).items()},
    )
    if len(content) > MAX_BYTES:
        raise UserError(f"{trained.path}: an ONNX file holds 2 GB at most")
    features = tuple(feature.name for feature in learnt.features)
    notes = [*_notes(learnt, parsers, names), *([trained.decided] if trained.decided else [])]
    return OnnxModel(content, features, tuple(names), tuple(notes))


def _predictions(trained: TrainedModel, graph: Graph) -> tuple[Value, list[Value]]:
    """(the predictions of a network, or the mean of several networks', the faults of rows)."""
    parsers = trained.model.experiment.data.parsers
    cells = read_cells(graph, trained.model.preprocessing, parsers)
    found, faults = [], []
    for number, reader in enumerate(trained.networks, start=1):
        prefix = f"network_{number}/" if len(trained.networks) > 1 else ""
        columns, model = Columns(graph, reader.model.preprocessing, cells), reader.model
        try:
            blocks = columns.network_inputs()
            if X in blocks:
                blocks[X] = x = blocks[X].cast(model.dtype)
                is_finite = x.apply("Abs") <= np.finfo(model.dtype).max
                columns.faults.append(is_finite.apply("Not"))
            outputs = add_network(graph, model.network, reader.theta, blocks, prefix)
        except UserError as error:
            place = reader.run.path
            raise UserError(f"{place}: it can't be written as ONNX: {error}") from error
        faults += columns.faults
        found.append(decoded(model.coding, outputs))
    total, *others = found
    for each in others:
        total = total + each
    return (total / float(len(found)) if others else total), faults


def _metadata(trained: TrainedModel) -> dict[str, object]:
    """The model's metadata for programs; each value is written as JSON."""
    with translating_os_errors(manifest := trained.path / MANIFEST):
        sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest()
    learnt, data = trained.model.preprocessing, trained.model.experiment.data
    found: dict[str, object] = {
        "nncli_version": nncli.__version__,
        "run": trained.name,
        "manifest_sha256": sha256,
        "columns": [_described(feature, data.parsers) for feature in learnt.features],
        "missing": list(data.missing),
        "targets": list(learnt.targets),
    }
    if learnt.classes:
        found["classes"] = list(learnt.classes)
    if learnt.labels:
        found["labels"] = [list(pair) for pair in learnt.labels]
    if trained.decision.threshold is not None:
        found["threshold"] = trained.decision.threshold
    return found


def _described(feature: FittedColumn, parsers: Parsers) -> dict[str, object]:
    kind = "ordinal" if feature.order else feature.kind
    given = "string" if takes_text(feature) else "float64"
    found: dict[str, object] = {"name": feature.name, "kind": kind, "type": given}
    if words := feature.order or (*feature.codes,):
        found["values"] = list(words)
    if feature.date:
        found["unit"] = "days since 1970-01-01 in UTC"
    missing = missing_texts(parsers, feature.name)
    if takes_text(feature) and missing != list(parsers.missing):
        found["missing"] = missing
    return found


def _notes(learnt: Preprocessing, parsers: Parsers, outputs: list[str]) -> Iterator[str]:
    """What a caller has to do that `nncli predict` does by itself, and what differs."""
    features = learnt.features
    has_texts = any(map(takes_text, features))
    yield "a missing number is NaN" + (
        ", a missing text is ''; texts have no blanks at their ends" if has_texts else ""
    )
    if dates := [printable(feature.name) for feature in features if feature.date]:
        yield f"ONNX reads no dates: {few(dates)} takes days since 1970-01-01 in UTC (noon is .5)"
    formatted = [
        printable(feature.name)
        for feature in features
        if feature.name in parsers.columns and parsers.columns[feature.name].is_formatted
    ]
    if formatted:
        yield f"{few(formatted)} takes numbers without the signs that stand in the table"
    folded = [f.name for f in features if words_of(f) != TRUTH and parsers.folds_case(f.name)]
    if folded := [printable(name) for name in folded]:
        yield f"{few(folded)} takes texts as training had them, or in lower case without blanks"
    if learnt.unknown == "error" and any(feature.categories for feature in features):
        yield (
            "handle_unknown is error, which ONNX can't raise: of a row with another category, the "
            "answers are NaN"
        )
    ranked = [c.name for c in learnt.derived if isinstance(c.encoding, NormalScores)]
    if ranked := [printable(name) for name in ranked]:
        yield (
            f"{few(ranked)} become ranks: where ONNX rounds a formula otherwise, a value that "
            "several training rows share takes a rank beside theirs"
        )
    for name in outputs:
        if name not in ("label", "probabilities", "prediction"):
            asked = name.rpartition("_")[0]
            yield f"the output is called {name}, as a column is called {asked}"
