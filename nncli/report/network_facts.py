"""Network facts: layers, parameters and training settings."""

from dataclasses import MISSING, fields

from nncli.assembly.build import Built
from nncli.config.dump import part_in_words
from nncli.engine.network import Network, Node
from nncli.errors import few
from nncli.parts.layers import Embedding, Layer
from nncli.registry import Part
from nncli.report.facts import LayerFacts, NetworkFacts


def network_facts(built: Built, networks: int = 1) -> NetworkFacts:
    """The facts of a job's network. networks: the number of ensemble members."""
    experiment, network = built.experiment, built.network
    training = experiment.training
    keys = {
        "loss": f"{network.loss.title}",
        "optimizer": part_in_words(experiment.optimizer),
        "schedule": part_in_words(experiment.schedule),
        "batch size": f"{training.batch_size}",
        **({"shards of a batch": f"{training.shards}"} if training.shards > 1 else {}),
        "epochs": f"{training.epochs:,} at most",
        "dtype": training.dtype,
    }
    if networks > 1:
        keys = {"networks": f"{networks:,}, whose mean is predicted; one of them:", **keys}
    layers = tuple(_layer(node, network) for node in network.nodes)
    return NetworkFacts(network.inputs, layers, network.layout.trainable, tuple(keys.items()))


def _layer(node: Node, network: Network) -> LayerFacts:
    shapes = node.layer.param_shapes(node.input_shape)
    names = {f"{node.name}/{name}" for name in shapes}
    count = sum(tensor.size for tensor in network.layout.tensors if tensor.name in names)
    activation = getattr(node.layer, "activation", None)
    what = f"{node.layer.name}, {activation.name}" if activation else _what(node.layer)
    return LayerFacts(node.name, what, node.outputs, count, node.frozen, "W" in shapes)


def _what(layer: Layer) -> str:
    """A layer's name, with the keys that aren't at their defaults; for embeddings, their sizes."""
    if isinstance(layer, Embedding):
        return f"{layer.name} ({few([f'{c.name} {c.rows} x {c.size}' for c in layer.columns])})"
    said = [
        f"{field.name} {part_in_words(value) if isinstance(value, Part) else value}"
        for field in fields(layer)
        if (value := getattr(layer, field.name)) != field.default
        and field.default_factory is MISSING
    ]
    return f"{layer.name} ({', '.join(said)})" if said else layer.name
