"""Library: the fragments that the page's engine needs, for its config and the alternatives."""

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from inspect import getsource
from textwrap import indent
from typing import Any

from nncli.parts.activations import Activation
from nncli.parts.layers import Dense, Layer
from nncli.parts.losses import Loss
from nncli.parts.optimizers import Optimizer
from nncli.parts.regularizers import Regularizer
from nncli.parts.schedules import Schedule
from nncli.playground.config_text import brief
from nncli.playground.fragments import (
    clip_fragment,
    layer_fragment,
    loss_fragment,
    optimizer_fragment,
    regularizer_fragment,
)
from nncli.playground.javascript import function, loops
from nncli.playground.recorder import Fragment, tunable
from nncli.playground.starts import starts
from nncli.playground.statements import ufuncs_of
from nncli.registry import Part, find


def variant(part: Part) -> str:
    """A part's name with the keys that change which calls its kernels make: `sgd momentum
    nesterov`.

    For a number only whether it is 0 matters.
    """
    words = [part.name]
    for key in fields(part):
        value, default = getattr(part, key.name), key.default
        if isinstance(value, float):
            if bool(value) != bool(default):
                words.append(key.name if value else f"{key.name}=0")
        elif isinstance(value, bool | int | str) and value != default and key.name != "units":
            words.append(key.name if value is True else f"{key.name}={value}")
    return " ".join(words)


def layer_variant(layer: Layer) -> str:
    """The same for a layer: `dense tanh`; a dense one's units, bias and trainable don't matter."""
    if isinstance(layer, Dense):
        return f"dense {variant(layer.activation)}"
    inner = [variant(held) for held in vars(layer).values() if isinstance(held, Activation)]
    return " ".join([variant(layer), *inner])


@dataclass
class Library:
    """Fragments by variant, and JavaScript functions.

    functions: by name.  scalars, shown, factors, variances: function names, by part.
    """

    layers: dict[str, Fragment] = field(default_factory=dict)
    losses: dict[str, Fragment] = field(default_factory=dict)
    optimizers: dict[str, Fragment] = field(default_factory=dict)
    regularizers: dict[str, Fragment] = field(default_factory=dict)
    clip: Fragment = field(default_factory=clip_fragment)
    scalars: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    factors: dict[str, str] = field(default_factory=dict)
    variances: dict[str, str] = field(default_factory=dict)

    def add_layer(self, layer: Layer) -> str:
        """Add a layer's fragment and return its variant.

        As the other methods, raises UserError for a part that can't be written as statements.
        """
        name = layer_variant(layer)
        if name not in self.layers:
            self.layers[name] = layer_fragment(layer)
        return name

    def add_loss(self, loss: Loss) -> str:
        name = variant(loss)
        if name not in self.losses:
            self.losses[name] = loss_fragment(loss)
        return name

    def add_optimizer(self, optimizer: Optimizer) -> str:
        name = variant(optimizer)
        if name not in self.optimizers:
            self.scalars[name] = self._method(type(optimizer), "scalars")
            self.shown[name] = self._method(type(optimizer), "shown")
            self.optimizers[name] = optimizer_fragment(optimizer)
        return name

    def _method(self, cls: type[Optimizer], method: str) -> str:
        """The function of an optimizer's method, and of the inherited methods that it calls."""
        owner = next(each for each in cls.__mro__ if method in vars(each))
        name = f"{owner.__name__}_{method}"
        if name in self.functions:
            return name
        above = next((each for each in owner.__mro__[1:] if method in vars(each)), None)
        if above is not None and "super()" in getsource(vars(owner)[method]):
            self._method(above, method)
        parent = "" if above is None else above.__name__
        self.functions[name] = function(name, vars(owner)[method], parent)
        return name

    def add_regularizer(self, regularizer: Regularizer) -> str:
        name = variant(regularizer)
        if name not in self.regularizers:
            self.regularizers[name] = regularizer_fragment(regularizer)
        return name

    def add_schedule(self, schedule: Schedule) -> str:
        keys = {key: f"self.{key}" for key in vars(schedule)}
        body = schedule.code.format(**keys, total="total", last="last")
        text = f"def factor(self, t, total, last):\n{indent(body, '    ')}"
        name = f"{schedule.name}_factor"
        self.factors[schedule.name] = name
        self.functions[name] = function(name, text)
        return schedule.name

    def add_starts(self, layer: Layer) -> dict[str, Any]:
        """How a layer's tensors are initialized; adds the functions needed for it."""
        found = starts(layer)
        for how in found.values():
            for name in how.values():
                if isinstance(name, str):
                    source: Any = find("initializer", name)
                    self.variances[name] = f"{name}_variance"
                    self.functions[f"{name}_variance"] = function(
                        f"{name}_variance", source.variance
                    )
        return found

    def fragments(self) -> dict[str, Any]:
        """All fragments, for the page's data."""
        names = "layers", "losses", "optimizers", "regularizers", "clip"
        return {name: getattr(self, name) for name in names}

    def script(self, used: Collection[str] = ()) -> str:
        """The generated part of the page's script. used: further ufuncs that the page calls."""
        return "\n".join(
            [
                "// Generated: a loop for each function of numbers, and the parts' small formulas.",
                "",
                loops(ufuncs_of(self.fragments()) | {*used}),
                *self.functions.values(),
                f"const optimizerScalars = {_by_name(self.scalars)};",
                f"const optimizerShown = {_by_name(self.shown)};",
                f"const scheduleFactors = {_by_name(self.factors)};",
                f"const initialVariances = {_by_name(self.variances)};",
            ]
        )


def _by_name(functions: dict[str, str]) -> str:
    return "{ " + ", ".join(f'"{name}": {text}' for name, text in functions.items()) + " }"


def described(part: Part, name: str) -> dict[str, Any]:
    """A part for the page's settings: its variant, type, numeric keys and other keys.

    options: the other keys, if they aren't defaults; the page doesn't change them.
    """
    keys = tunable(part)
    whole = brief(part)
    given = whole if isinstance(whole, dict) else {}
    names = {name.rpartition("_")[0] if name[-1].isdigit() else name for name in keys}
    options = {key: value for key, value in given.items() if key not in {"type", *names, *keys}}
    return {"name": name, "type": part.name, "keys": keys, "options": options}
