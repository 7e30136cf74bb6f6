"""Decision code: the script's function that decides between two classes for each row."""

from nncli.artifacts.run_reader import RunReader
from nncli.assembly.decided import decided_in_words
from nncli.engine.network import Network
from nncli.export.numpy_script.formatting import function
from nncli.export.numpy_script.functions import Objective, input_names
from nncli.parts.activations import Sigmoid, Softmax


def decide(reader: RunReader, objective: Objective) -> list[str]:
    """The lines of the function; none if the run takes the likelier class."""
    keys, threshold = reader.recorded.decision, reader.decision.threshold
    if keys is None or threshold is None:
        return []
    name = reader.built.table.classes[1]
    rule = decided_in_words(keys, reader.chosen, name)
    words = f"Which class each of the rows x is given: 1, {rule}."
    output = objective.code.loss_input
    body = [
        objective.outputs(),
        *_probability(objective.network, output),
        f"return (probability > {threshold!r}).astype(int)",
    ]
    return function("decide", input_names(objective.job), words, body)


def _probability(network: Network, output: str) -> list[str]:
    """Lines that compute the second class's probability from the loss's input.

    1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2.
    """
    activation, units = network.output.activation, network.outputs
    if network.is_matched and isinstance(activation, Sigmoid | Softmax):
        if units == 1:
            return [f"probability = (1.0 + np.tanh({output}[:, 0] / 2.0)) / 2.0"]
        if isinstance(activation, Softmax):
            lead = f"({output}[:, 1] - {output}[:, 0])"
            return [f"probability = (1.0 + np.tanh({lead} / 2.0)) / 2.0"]
        output, lines = "a", [f"a = (1.0 + np.tanh({output} / 2.0)) / 2.0"]
    else:
        lines = []
    if units == 1:
        share, off = f"{output}[:, 0]", network.loss.off
        if off:
            share = f"({share} - {off!r}) / {1.0 - off!r}"
        return [*lines, f"probability = np.clip({share}, 0.0, 1.0)"]
    return [
        *lines,
        f"lifted = {output} - np.minimum({output}.min(axis=1, keepdims=True), 0.0)",
        "sums = lifted.sum(axis=1)",
        "probability = np.where(sums > 0.0, lifted[:, 1] / np.where(sums > 0.0, sums, 1.0), 0.5)",
    ]
