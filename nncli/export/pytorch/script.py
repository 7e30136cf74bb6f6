"""Script: a run as a PyTorch module that takes rows of a table and loads the run's weights."""

import textwrap
from collections.abc import Mapping, Sequence

from nncli.artifacts.run_directory import WEIGHTS
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.trained_model import TrainedNetwork
from nncli.data.target_transforms import Transform
from nncli.errors import UserError, escaped
from nncli.export.numpy_script.formatting import WIDTH, docstring
from nncli.export.pytorch.convolution import CLASSES
from nncli.export.pytorch.features import described, functions_of, literal, settings
from nncli.export.pytorch.layers import Module, modules
from nncli.export.pytorch.sources import imports, needed
from nncli.frozen import frozen
from nncli.operating_system import shell_word

UNDO: dict[Transform, str] = {
    "none": "unchanged",
    "log": "exponential",
    "log1p": "exponential_less_one",
    "sqrt": "squared",
}
READ = '''\
def read_tensors(path):
    """The arrays of a safetensors file, by name."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{path}: not the weights that this script was written for")
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            piece = content[start + first : start + last]
            dtype = {"F64": "<f8", "F32": "<f4"}[entry["dtype"]]
            tensors[name] = np.frombuffer(piece, dtype).reshape(entry["shape"])
    return tensors'''
EMBEDDED = '''\
class Embedded(nn.Module):
    """Numbers, and in place of the last columns the vector of each one's category."""

    def __init__(self, sizes):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(*size) for size in sizes)

    def forward(self, x):
        count = len(self.tables)
        places = x[:, -count:].long()
        vectors = [table(places[:, k]) for k, table in enumerate(self.tables)]
        return torch.cat([x[:, :-count], *vectors], dim=1)'''
FEATURE_SCALE = '''\
class FeatureScale(nn.Module):
    """x * (1 + rate * w): a factor for each input."""

    def __init__(self, inputs, rate):
        super().__init__()
        self.w, self.rate = nn.Parameter(torch.zeros(inputs)), rate

    def forward(self, x):
        return x * (1.0 + self.w * self.rate)'''
GAUSSIAN_NOISE = '''\
class GaussianNoise(nn.Module):
    """x + std * n in training, n standard normal; x otherwise."""

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + self.std * torch.randn_like(x) if self.training else x'''
LOAD = '''\
def load(weights=WEIGHTS):
    """The network with the run's weights, as it is outside training."""
    tensors, model = read_tensors(Path(weights)), network().to(DTYPE)
    state = model.state_dict()
    for name, of_run in TENSORS.items():
        tensor = tensors[of_run] if ".tables." in name else tensors[of_run].T
        tensor = tensor.swapaxes(2, 3) if tensor.ndim == 4 else tensor  # of a convolution
        state[name] = torch.from_numpy(tensor.copy())
    model.load_state_dict(state)
    return model.eval()'''
PREDICT = '''\
def predict(rows, model=None):
    """{what}

    rows: a DataFrame, a dict of columns or a list of dicts, with the columns of the run's table in
    any order: texts as they stand there, or numbers; None and NaN are missing.
    """
    model = model or load()
    with torch.no_grad():
        outputs = model(torch.from_numpy(inputs(rows)).to(DTYPE)).numpy()
    return {decode}(outputs)'''
MAIN = '''\
def main(path):
    """Print the answers for the rows of a .csv file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        answers = predict(list(csv.DictReader(file)))
    writer = csv.writer(sys.stdout)
    writer.writerow([{heads}])
    writer.writerows({rows})


if __name__ == "__main__":
    main(sys.argv[1])'''


@frozen
class PyTorchScript:
    """page: the script.  weights, weights_name: the content and name of the file beside it."""

    page: str
    weights: bytes
    weights_name: str


def pytorch_script(reader: RunReader, file_name: str) -> PyTorchScript:
    """The script of a run. file_name: what it will be called.

    Raises UserError for a run with a part that can't be written, CorruptRun for a damaged one.
    """
    TrainedNetwork(reader).check_finite()
    weights_name = f"{file_name.removesuffix('.py')}.safetensors"
    try:
        page = _page(reader, file_name, weights_name)
    except UserError as error:
        raise UserError(f"{reader.run.path}: it can't be written for PyTorch: {error}") from error
    return PyTorchScript(page, reader.run.read(WEIGHTS), weights_name)


def _page(reader: RunReader, file_name: str, weights_name: str) -> str:
    learnt, layers = reader.model.preprocessing, modules(reader.model.network)
    parsers = reader.model.experiment.data.parsers
    features = described(learnt, parsers)
    answers = _answers(reader)
    chosen = {**answers.chosen}
    if learnt.derived:
        chosen["inputs"] = "inputs_with_formulas"
    inputs = chosen.get("inputs", "inputs")
    functions = needed([*functions_of(features), inputs, *answers.functions])
    constants = {"MISSING": sorted(parsers.missing), "FEATURES": features}
    constants |= {**settings(learnt, reader.decision.threshold)}
    body = [
        *functions.values(),
        *(f"{name} = {function}" for name, function in chosen.items()),
        *(f"{name} = {literal(value)}" for name, value in constants.items()),
        *_network(layers),
        READ,
        LOAD,
        PREDICT.format(what=answers.what, decode=answers.decode),
        MAIN.format(heads=answers.heads, rows=answers.rows),
    ]
    code = _spaced(body)
    weights = reader.run.manifest()[WEIGHTS]["sha256"]
    head = [
        f"WEIGHTS = Path(__file__).with_name({weights_name!r})",
        f'SHA256 = "{weights}"  # of that file',
        f"DTYPE = torch.{reader.model.dtype}",
    ]
    lines = [
        *docstring(_introduction(reader, file_name, weights_name)),
        "",
        *_imports(code),
        "",
        *head,
    ]
    return "\n".join(lines) + code + "\n"


def _spaced(pieces: Sequence[str]) -> str:
    """Definitions separated by two blank lines, constants on consecutive lines."""
    text, before_is_function = "", True
    for piece in pieces:
        is_function = piece.startswith(("def ", "class "))
        text += "\n\n\n" if is_function or before_is_function else "\n"
        text, before_is_function = text + piece, is_function
    return text


def _imports(code: str) -> list[str]:
    plain = ["csv", "hashlib", "json", "sys"]
    found = [*(f"import {name}" for name in plain), *imports(code), "from pathlib import Path"]
    found = sorted(found, key=lambda line: (line.startswith("from"), line))
    return [*found, "", "import numpy as np", "import torch", "from torch import nn"]


def _network(layers: Sequence[Module]) -> list[str]:
    """The code of the network: its classes, its function and the table of its tensors."""
    lines = [
        textwrap.indent(f"{layer.code},", " " * 8)
        + (f"  # {layer.comment}" if layer.comment else "")
        for layer in layers
    ]
    start = '    """The layers, with the weights that PyTorch begins with."""\n'
    made = "\n".join(lines)
    tensors = [
        f'    "{place}.{name}": {of_run!r},'
        for place, layer in enumerate(layers)
        for name, of_run in layer.tensors.items()
    ]
    table = "\n".join(
        ["TENSORS = {  # of the network and of the run, whose W is (inputs, units)", *tensors, "}"]
    )
    own = {
        "Embedded(": EMBEDDED,
        "FeatureScale(": FEATURE_SCALE,
        "GaussianNoise(": GAUSSIAN_NOISE,
        **CLASSES,
    }
    classes = [code for called, code in own.items() if called in made]
    return [*classes, f"def network():\n{start}    return nn.Sequential(\n{made}\n    )", table]


@frozen
class _Answers:
    """How outputs become answers. decode: the function's name.  what: the answers in words.

    functions: that are needed.  chosen: names that are assigned to one of several functions.
    heads, rows: of the table that the script prints, as code.
    """

    decode: str
    what: str
    functions: tuple[str, ...]
    chosen: Mapping[str, str]
    heads: str
    rows: str


def _answers(reader: RunReader) -> _Answers:
    learnt, threshold = reader.model.preprocessing, reader.decision.threshold
    is_margin = bool(reader.model.network.loss.off)
    if learnt.classes:
        decode = "two_sides" if is_margin else "two_classes"
        decode = decode if reader.model.network.outputs == 1 else "many_classes"
        decide = "likeliest" if threshold is None else "above_threshold"
        return _Answers(
            decode,
            "(rows, classes) probabilities, in the order of CLASSES.",
            (decode, decide),
            {},
            '"prediction", *(f"probability_{name}" for name in CLASSES)',
            f"[name, *p] for name, p in zip({decide}(answers), answers.tolist())",
        )
    if learnt.labels:
        decode = "label_sides" if is_margin else "labels"
        return _Answers(
            decode,
            "(rows, labels) the probability of each target's second value in LABELS.",
            (decode, "has_labels"),
            {},
            '*(f"prediction_{name}" for name in TARGETS), '
            '*(f"probability_{name}" for name in TARGETS)',
            "[*said, *p] for said, p in zip(has_labels(answers), answers.tolist())",
        )
    undo = UNDO[learnt.target.transform]
    return _Answers(
        "numbers_in_units",
        "(rows, targets) predictions, in the units of TARGETS.",
        ("numbers_in_units", undo),
        {"in_original_units": undo},
        '"prediction"' if len(learnt.targets) == 1 else '*(f"prediction_{n}" for n in TARGETS)',
        "answers.tolist()",
    )


def _introduction(reader: RunReader, file_name: str, weights_name: str) -> str:
    name, run = (escaped(each) for each in (reader.recorded.name, reader.run.name))
    file = escaped(shell_word(file_name))
    says = (
        f"It needs torch, NumPy and, beside it, {escaped(weights_name)}: the run's {WEIGHTS}. "
        "`load()` is the network, a torch.nn.Module; `predict(rows)` takes rows as they stand in "
        f"the run's table; `python {file} TABLE.csv` prints the answers. They are those of "
        "`nncli predict`, up to rounding."
    )
    first = f"{name}: the network of the nncli run {run}, in PyTorch."
    return "\n".join([first, "", *textwrap.wrap(says, WIDTH)])
