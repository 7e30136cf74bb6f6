"""HTML: a trace as one page to step through, with a drawing of the network."""

from collections.abc import Iterator
from itertools import islice, pairwise, product
from string import Template
from typing import Any

from nncli.engine.network import EMBEDDING
from nncli.errors import escaped
from nncli.page.embed import INLINE, asset, json_block, whole_page
from nncli.page.markup import text
from nncli.trace.fill_in import FillIn, rules
from nncli.trace.flattened_arrays import flat_links, flat_shape, whole_index
from nncli.trace.tensor import Phase, TracedTensor
from nncli.trace.traced_steps import Trace, TracedStep
from nncli.trace.wording import PHASES, glossary
from nncli.trace.worksheet import scale_of

SCRIPTS = (
    *("text", "model", "links", "answers", "quiz", "layout", "lines", "network", "panel", "tip"),
    *("zoom", "play", "handout", "page"),
)
NAMED = {"lr": "learning_rate", "norm": "gradient_norm"}  # tensors of operands shown as numbers
MAX_NUMBERS = 60_000  # up to which a page has all numbers
MAX_PER_TENSOR = 4_000  # the same for one tensor
FIRST, LAST = 20, 4  # indices of each axis that are kept on a page without all numbers
MAX_TEXTS = 20_000  # lines of arithmetic on a page
MAX_TEXTS_PER_TENSOR = 200


def html(shown: Trace) -> str:
    """The complete page, including its style, scripts and numbers.

    Repeated tensors, such as a parameter before its update, are left out. If there are too many
    numbers, the page has only the corners of each tensor, and says so.
    """
    name = text(shown.name)
    body = Template(asset(__package__, "page.html")).substitute(
        title=name,
        data=json_block(_trace(shown)),
        script="\n".join(asset(__package__, f"{name}.js") for name in SCRIPTS),
    )
    title = f"{name}: a training step in numbers"
    return whole_page(__package__, "page.css", title=title, body=body.rstrip("\n"), scripts=INLINE)


def _trace(shown: Trace) -> dict[str, Any]:
    tensors = [tensor for step in shown.steps for tensor in _each_once(step)]
    sizes = [tensor.values.size for tensor in tensors]
    is_whole = sum(sizes) <= MAX_NUMBERS and max(sizes) <= MAX_PER_TENSOR
    texts = min(MAX_TEXTS_PER_TENSOR, MAX_TEXTS // len(tensors))
    return {
        "name": escaped(shown.name),
        "inputs": [*map(escaped, shown.inputs)],
        "outputs": [*map(escaped, shown.outputs)],
        "layers": [vars(layer) for layer in shown.layers],
        "loss": shown.loss,
        "optimizer": shown.optimizer,
        "phases": PHASES,
        "letters": glossary(tensors),
        "answers": rules(),
        "steps": _steps(shown, is_whole, texts),
    }


def _steps(shown: Trace, is_whole: bool, texts: int) -> list[dict[str, Any]]:
    fill_in = FillIn()
    pairs = pairwise([None, *shown.steps])
    asked = [fill_in.asked(step, earlier) for earlier, step in pairs if step]
    return [
        {
            "number": step.number,
            "epoch": step.epoch,
            "rows": step.rows,
            "loss": _number(step.loss),
            "tensors": [
                {
                    **_tensor(tensor, is_whole, texts),
                    "operands": _origins(step, tensor),
                    "asked": own.get(tensor.name, {}),
                }
                for tensor in _each_once(step)
            ],
        }
        for step, own in zip(shown.steps, asked, strict=True)
    ]


def _each_once(step: TracedStep) -> Iterator[TracedTensor]:
    """The tensors of a step, except those of an update that repeat an earlier one."""
    for tensor in step.tensors:
        is_repeated = tensor.name.endswith(("/before", "/gradient")) and not tensor.formula
        if not is_repeated:
            yield tensor


def _origins(step: TracedStep, tensor: TracedTensor) -> dict[str, str]:
    """The earlier tensors that a formula's operands are, by operand: the last of that symbol."""
    owner, found = tensor.name.rpartition("/")[0], {}
    for each in _each_once(step):
        if each is tensor:
            break
        is_near = "update" not in (tensor.phase, each.phase) or _is_available(each, owner)
        for key, operand in tensor.operands.items():
            is_same = each.symbol == operand.symbol or each.name == NAMED.get(key)
            if is_same and is_near and f"{{{key}}}" in tensor.template:
                found[key] = each.name
    return found


def _is_available(tensor: TracedTensor, owner: str) -> bool:
    """Whether a tensor isn't part of the update of a parameter other than `owner`."""
    return tensor.phase != "update" or tensor.name.rpartition("/")[0] in (owner, "")


def _tensor(tensor: TracedTensor, is_whole: bool, texts: int) -> dict[str, Any]:
    """A tensor as JSON. kept: the indices of each axis on the page.  values: at these, flat."""
    shape = flat_shape(tensor)
    kept = [_kept(length, is_whole) for length in shape]
    indices = [whole_index(tensor, index) for index in product(*kept)]
    shown = tensor.shown
    worked = islice(indices, texts if tensor.template else 0)
    return {
        "name": tensor.name,
        "phase": tensor.phase,
        "symbol": tensor.symbol,
        "formula": tensor.formula,
        "meaning": tensor.meaning,
        "shape": shape,
        "axes": _axes(tensor.name, tensor.phase, len(shape)),
        "kept": kept,
        "values": [_number(shown[index]) for index in indices],
        "arithmetic": [flat_links(tensor, tensor.linked(index)) for index in worked],
        "scale": scale_of(tensor) if tensor.template else 0.0,
    }


def _kept(length: int, is_whole: bool) -> list[int]:
    if is_whole or length <= FIRST + LAST:
        return [*range(length)]
    return [*range(FIRST), *range(length - LAST, length)]


def _axes(name: str, phase: Phase, count: int) -> list[str]:
    """What each axis runs over: rows of the batch, units of the layer, its inputs."""
    owner, own = name.partition("/")[::2]
    if owner == EMBEDDING and "/" in own and count == 2:  # the vectors of one column
        is_table = phase == "update" or own.endswith(("/W", "/dW"))
        return ["category" if is_table else "row", "number"]
    if own.partition("/")[0] in ("W", "dW"):
        return ["input", "unit"]
    if name == "weights" or owner == "input" != name:
        return ["row"]
    return ["row", "unit"][2 - count :]


def _number(value: Any) -> float | str:
    """A number with as few digits as identify it; nan and inf as text, for JSON lacks them."""
    text = str(value)  # shorter for a float32 than for the same number as a float64
    return text if text in ("nan", "inf", "-inf") else float(text)
