"""Of a run: the facts of its report."""

from collections.abc import Mapping
from typing import Any

from nncli import __version__
from nncli.artifacts.run_directory import RESOLVED
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.trained_model import TrainedModel
from nncli.assembly.build import Built
from nncli.config.dump import in_words
from nncli.data.data_checks import data_warnings, rowless_classes
from nncli.doctor.diagnose import diagnose_reader
from nncli.engine.network import Network, Node
from nncli.errors import few
from nncli.evaluation.report import SPLITS, evaluate
from nncli.evaluation.verdicts import headline
from nncli.evaluation.worst_rows import short_place, worst_rows
from nncli.influence.influence import Influence, influence_of
from nncli.influence.predictor import asked
from nncli.operating_system import shell_word
from nncli.parts.arrays import Array
from nncli.report.curves import charts_of
from nncli.report.data_facts import data_facts
from nncli.report.facts import Again, Document, LayerFacts, NetworkFacts

CELLS = 8  # columns whose cells are shown, the most important ones
MOST_LINES = 300  # of a config
MOST_DOUBTS = 12
ENVIRONMENT = ("nncli", "python", "numpy", "platform", "cpu", "engine", "threads", "began")


def document_of(trained: TrainedModel, *, has_rows: bool = True) -> Document:
    """Everything about a trained model. has_rows: whether cells of single rows may be in it."""
    built, parts = trained.built, trained.built.rows.named()
    name = next(name for name in SPLITS if name in parts)
    report = evaluate(trained, trained.chosen_rows(name))
    influence = _influence(trained, parts[name]) if report.is_finite else None
    reader = trained.networks[0]
    worst = None
    if has_rows:
        columns = [*built.table.features][:CELLS]
        if influence is not None:
            columns = [column.name for column in influence.importance.columns][:CELLS]
        worst = worst_rows(report, built.table, parts[name], columns)
    return Document(
        trained.name,
        tuple(headline(report)),
        _doubts(trained, report.name),
        tuple(diagnose_reader(reader).findings),
        report,
        charts_of(reader.curves()),
        influence,
        worst,
        data_facts(built, _source(reader)),
        network_facts(built),
        _again(reader),
    )


def _influence(trained: TrainedModel, scored: Array) -> Influence:
    built = trained.built
    return influence_of(
        asked(trained, built.table),
        built.table,
        scored,
        built.rows.train,
        seed=built.experiment.seeds.split,
        work=len(trained.networks) * (built.network.layout.trainable + built.preprocessing.width),
    )


def _doubts(trained: TrainedModel, scored: str) -> tuple[str, ...]:
    """What makes a score worth less than it looks."""
    built, stopped = trained.built, trained.summary().get("stopped", "")
    experiment, doubts = built.experiment, []
    if stopped in ("diverged", "interrupted", ""):
        how = {"": "has not ended", "interrupted": "was interrupted"}.get(stopped, "diverged")
        doubts.append(f"training {how}; these are the last weights it kept")
    if scored == "train":
        doubts.append("scored on the rows it was trained on: expect less on new ones")
    if scored == "val" and experiment.training.early_stopping is not None:
        doubts.append("scored on the validation rows, by which training was stopped")
    is_balanced = experiment.training.class_weight is not None or experiment.decision is not None
    if experiment.data.path is not None:
        doubts += data_warnings(built.table, built.rows, is_balanced=is_balanced)
    doubts += rowless_classes(built.table)
    more = [f"and {len(doubts) - MOST_DOUBTS:,} more"] if len(doubts) > MOST_DOUBTS else []
    return (*doubts[:MOST_DOUBTS], *more)


def _source(reader: RunReader) -> str:
    data = reader.recorded.data
    if data.dataset is not None:
        return in_words(data.dataset)
    origin = reader.built.table.origin
    files = origin.files if origin else ()
    return few([short_place(name) for name, _ in files])


def network_facts(built: Built) -> NetworkFacts:
    """The layers, and how they were trained."""
    experiment, network = built.experiment, built.network
    training = experiment.training
    keys = {
        "loss": f"{network.loss.title}",
        "optimizer": in_words(experiment.optimizer),
        "schedule": in_words(experiment.schedule),
        "batch size": f"{training.batch_size}",
        "epochs": f"{training.epochs:,} at most",
        "dtype": training.dtype,
    }
    layers = tuple(_layer(node, network) for node in network.nodes)
    return NetworkFacts(network.inputs, layers, network.layout.trainable, tuple(keys.items()))


def _layer(node: Node, network: Network) -> LayerFacts:
    shapes = node.layer.param_shapes(node.input_shape)
    names = {f"{node.name}/{name}" for name in shapes}
    count = sum(tensor.size for tensor in network.layout.tensors if tensor.name in names)
    activation = getattr(node.layer, "activation", None)
    what = f"{node.layer.name}, {activation.name}" if activation else in_words(node.layer)
    has_weights = any(len(shape) == 2 for shape in shapes.values())
    is_frozen = not node.layer.is_trainable
    return LayerFacts(node.name, what, node.outputs, count, is_frozen, has_weights)


def _again(reader: RunReader) -> Again:
    path, environment = shell_word(reader.run.path), reader.environment()
    config = shell_word(reader.run.path / RESOLVED)
    commands = [
        ("check its files and train it again, number by number", f"nncli verify {path}"),
        ("train the same config as another run", f"nncli train {config}"),
    ]
    if command := environment.get("command"):
        commands.insert(0, ("how it was trained", " ".join(map(shell_word, command))))
    lines = reader.run.read(RESOLVED).decode("utf-8", "replace").splitlines()
    return Again(
        tuple(commands),
        _environment(environment),
        "\n".join(lines[:MOST_LINES]),
        max(len(lines) - MOST_LINES, 0),
    )


def _environment(recorded: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = {key: str(recorded[key]) for key in ENVIRONMENT if recorded.get(key) is not None}
    if packages := recorded.get("packages"):
        shown["packages"] = ", ".join(map(str, packages))
    return (*shown.items(), ("report by", f"nncli {__version__}"))
