"""Assembly: builds LLVM functions as text, line by line.

To build a module of objects first, and then its text, took a fifth of the compile time.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple


class Kind(NamedTuple):
    """A type. text: in LLVM's syntax.  element, width: of a vector."""

    text: str
    element: str
    width: int = 1


POINTER, INTEGER, BYTE, BIT = (Kind(name, name) for name in ("ptr", "i64", "i8", "i1"))
FLOAT, DOUBLE, NOTHING = (Kind(name, name) for name in ("float", "double", "void"))
ZEROS = "zeroinitializer"  # a vector of zeros
SUFFIXES = {"float": "f32", "double": "f64"}  # in names of LLVM intrinsics


def vector(element: Kind, width: int) -> Kind:
    """The type of a vector of `width` elements; of width 1, the element's own type."""
    if width == 1:
        return element
    return Kind(f"<{width} x {element.text}>", element.text, width)


class Value(NamedTuple):
    """An operand. text: in LLVM's syntax.  number: the value of a constant, else None."""

    kind: Kind
    text: str
    number: float | None = None

    @property
    def typed(self) -> str:
        return f"{self.kind.text} {self.text}"


def integer(value: int) -> Value:
    return Value(INTEGER, str(value), value)


def fixed(address: int) -> Value:
    """A constant address, valid while this process lives."""
    return Value(POINTER, f"inttoptr (i64 {address} to ptr)")


def number(kind: Kind, value: float) -> Value:
    """A constant number, or a vector of equal ones."""
    if kind.element == FLOAT.element:
        (value,) = struct.unpack("<f", struct.pack("<f", value))
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    text = f"0x{bits:016X}"  # LLVM writes floats as doubles too
    if kind.width > 1:
        text = f"<{', '.join([f'{kind.element} {text}'] * kind.width)}>" if bits else ZEROS
    return Value(kind, text, value)


class Module:
    """Function definitions, and declarations of external functions."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self._declarations: dict[str, str] = {}

    def __str__(self) -> str:
        elsewhere = [
            line for name, line in self._declarations.items() if name not in self.functions
        ]
        return "\n".join([*elsewhere, *map(str, self.functions.values())])

    def add(self, name: str, kinds: Sequence[Kind], *, are_apart: bool = False) -> "Function":
        """Add an empty function that returns nothing; a number is appended to a name in use.

        are_apart: whether no two of its pointers reach the same memory.
        """
        unique, count = name, 0
        while unique in self.functions:
            count += 1
            unique = f"{name}.{count}"
        self.functions[unique] = Function(self._declarations, unique, kinds, are_apart)
        return self.functions[unique]


class Function:
    """A function, to which instructions are appended.

    declarations: of the functions that the module calls, shared by all its functions.
    block: the label of the basic block that instructions are appended to.
    """

    def __init__(
        self, declarations: dict[str, str], name: str, kinds: Sequence[Kind], are_apart: bool
    ) -> None:
        self.declarations, self.name, self.are_apart = declarations, name, are_apart
        self.arguments = [Value(kind, f"%{position}") for position, kind in enumerate(kinds)]
        self._lines: list[str] = []
        self._slots: list[str] = []
        self._values, self._labels = len(kinds), 0
        self._phis: dict[str, int] = {}
        self.block = "entry"

    def __str__(self) -> str:
        apart = "noalias " if self.are_apart else ""
        listed = [
            f"{each.kind.text} {apart if each.kind == POINTER else ''}{each.text}"
            for each in self.arguments
        ]
        head = f"define void @{self.name}({', '.join(listed)}) nounwind {{\nentry:"
        return "\n".join([head, *self._slots, *self._lines, "ret void\n}"])

    def _result(self, kind: Kind, instruction: str) -> Value:
        value = Value(kind, f"%{self._values}")
        self._values += 1
        self._lines.append(f"{value.text} = {instruction}")
        return value

    def calculate(self, name: str, x: Value, y: Value) -> Value:
        """x and y combined by an instruction of two operands of one type, as `fadd` or `mul`."""
        return self._result(x.kind, f"{name} {x.typed}, {y.text}")

    def negative(self, x: Value) -> Value:
        return self._result(x.kind, f"fneg {x.typed}")

    def compare(self, name: str, x: Value, y: Value) -> Value:
        """The comparison of x and y. name: as `icmp ult` or `fcmp oge`."""
        return self._result(vector(BIT, x.kind.width), f"{name} {x.typed}, {y.text}")

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """x if the condition holds, else y."""
        return self._result(x.kind, f"select {condition.typed}, {x.typed}, {y.typed}")

    def load(self, kind: Kind, address: Value, align: int) -> Value:
        return self._result(kind, f"load {kind.text}, ptr {address.text}, align {align}")

    def store(self, value: Value, address: Value, align: int) -> None:
        self._lines.append(f"store {value.typed}, ptr {address.text}, align {align}")

    def offset(self, address: Value, kind: Kind, index: Value) -> Value:
        """The address of element `index` of an array of that type."""
        if index.number == 0:
            return address
        return self._result(
            POINTER, f"getelementptr {kind.text}, ptr {address.text}, {index.typed}"
        )

    def slot(self, kind: Kind, count: int) -> Value:
        """The address of stack memory for `count` values."""
        name = f"%slot{len(self._slots)}"
        self._slots.append(f"{name} = alloca {kind.text}, i64 {count}")
        return Value(POINTER, name)

    def shuffle(self, x: Value, y: Value, places: Sequence[int]) -> Value:
        """The vector of the elements at `places` in x followed by y."""
        mask = ", ".join(f"i32 {place}" for place in places) if any(places) else ""
        width = len(places)
        return self._result(
            vector(Kind(x.kind.element, x.kind.element), width),
            f"shufflevector {x.typed}, {y.typed}, <{width} x i32> {f'<{mask}>' if mask else ZEROS}",
        )

    def spread(self, x: Value, width: int) -> Value:
        """A vector of `width` copies of a number; of width 1, the number itself."""
        if width == 1:
            return x
        kind = vector(x.kind, width)
        first = self._result(kind, f"insertelement {kind.text} poison, {x.typed}, i32 0")
        return self.shuffle(first, Value(kind, "poison"), [0] * width)

    def call(self, name: str, operands: Sequence[Value], result: Kind = NOTHING) -> Value:
        """Call a function of the module, an external one, or an LLVM intrinsic."""
        kinds = ", ".join(operand.kind.text for operand in operands)
        self.declarations.setdefault(name, f"declare {result.text} @{name}({kinds})")
        return self._call(f"@{name}", operands, result)

    def call_at(self, address: Value, operands: Sequence[Value]) -> None:
        """Call the function at an address, which returns nothing."""
        self._call(address.text, operands, NOTHING)

    def _call(self, callee: str, operands: Sequence[Value], result: Kind) -> Value:
        line = f"call {result.text} {callee}({', '.join([each.typed for each in operands])})"
        if result is not NOTHING:
            return self._result(result, line)
        self._lines.append(line)
        return Value(NOTHING, "")

    def label(self, name: str) -> str:
        """A new label for a block."""
        self._labels += 1
        return f"{name}{self._labels}"

    def begin(self, label: str) -> None:
        """Begin the block of a label: instructions are appended to it from now on."""
        self._lines.append(f"{label}:")
        self.block = label

    def go(self, label: str) -> None:
        """End the block with a jump to a label."""
        self._lines.append(f"br label %{label}")

    def go_if(self, condition: Value, then: str, otherwise: str) -> None:
        self._lines.append(f"br {condition.typed}, label %{then}, label %{otherwise}")

    def go_by(self, value: Value, labels: Sequence[str]) -> None:
        """End the block with a jump to the label whose index is the value."""
        cases = " ".join(
            f"{value.kind.text} {case}, label %{label}" for case, label in enumerate(labels)
        )
        self._lines.append(f"switch {value.typed}, label %{labels[0]} [{cases}]")

    def phi(self, kind: Kind) -> Value:
        """A phi node, whose value depends on the preceding block; `come_from` sets it."""
        value = self._result(kind, "")
        self._phis[value.text] = len(self._lines) - 1
        return value

    def come_from(self, phi: Value, *pairs: tuple[Value, str]) -> None:
        """Set a phi node: (value, label) for each preceding block."""
        listed = ", ".join(f"[{value.text}, %{label}]" for value, label in pairs)
        self._lines[self._phis[phi.text]] = f"{phi.text} = phi {phi.kind.text} {listed}"
