"""Convolution calls: a recorded convolution or pooling as calls, and the functions they need."""

import inspect
import re
from collections.abc import Iterator

from nncli.engine.operations import Composite
from nncli.errors import UserError
from nncli.export.numpy_script import convolution_functions
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.windows import NARROW, Windows, block_rows

FUNCTIONS = {
    name: inspect.getsource(function).rstrip().splitlines()
    for name, function in vars(convolution_functions).items()
    if inspect.isfunction(function)
}


@frozen
class CompositeCall:
    """`target = text`, where _0, _1, ... in the text stand for the arrays."""

    text: str
    arrays: tuple[Array, ...]
    target: Array


def composite_calls(operation: Composite) -> list[CompositeCall]:
    """A call for each output of a convolution or pooling.

    Raises UserError, with its name, for another composite operation.
    """
    arrays = tuple(each for each in operation.arguments if hasattr(each, "shape"))
    windows = next((each for each in operation.arguments if isinstance(each, Windows)), None)
    if windows is None:
        raise UserError(f"a part calls {operation.name}, for which there is no line of NumPy")
    texts = [*_texts(operation, arrays, windows)]
    outputs = zip(texts, operation.outputs, strict=False)
    return [
        CompositeCall(text, tuple(a for k, a in enumerate(arrays) if f"_{k}" in text), target)
        for text, target in outputs
    ]


def _texts(operation: Composite, arrays: tuple[Array, ...], windows: Windows) -> Iterator[str]:
    """The texts of the calls, including those of outputs that a frozen kernel lacks."""
    pads = f"({windows.before}, {_padding_after(windows)})"
    whole = f"{windows.size}, {windows.strides}, {pads}"
    own = f"{windows.strides}, {pads}, {block_rows(windows, arrays[0].shape[-1])}"
    match operation.name:
        case "convolve":
            yield f"convolve(_0, _1, {'_2' if len(arrays) > 2 else 'None'}, {own})"
        case "convolve_kernel_gradient":
            yield f"convolve_first_kernel(_0, _1, {windows.size}, {own})"
        case "convolve_gradients":
            step = block_rows(windows.seeing, arrays[1].shape[-1])
            of_dz = f"{windows.strides}, {pads}, {step}"
            yield f"convolve_dx(_0, _1, _2, {of_dz})"
            yield f"convolve_kernel(_0, _1, _2, {of_dz})"
        case "max_pool":
            yield f"max_pool(_0, {whole})"
        case "max_pool_gradient":
            yield f"max_pool_dx(_0, _1, _2, {whole})"
        case "average_pool":
            yield f"average_pool(_0, {whole})"
        case "average_pool_gradient":
            yield f"average_pool_dx(_0, {windows.input}, {whole})"


def _padding_after(windows: Windows) -> tuple[int, ...]:
    ways = zip(windows.padded, windows.input, windows.before, strict=True)
    return tuple(padded - length - before for padded, length, before in ways)


def convolution_functions_of(text: str) -> list[list[str]]:
    """The functions that a script's text calls, directly or indirectly."""
    needed: list[list[str]] = []
    for name, lines in reversed(FUNCTIONS.items()):  # functions are defined before their callers
        if re.search(rf"\b{name}\(", text):
            needed.append([re.sub(r"\bNARROW\b", str(NARROW), line) for line in lines])
            text += "\n".join(lines)
    return needed[::-1]
