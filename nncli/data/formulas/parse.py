"""Parse: parses the text of a formula into an expression; errors name the position.

comparison = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
sum        = product {("+" | "-") product}
product    = signed {("*" | "/") signed}
signed     = ("-" | "+") signed | power
power      = atom [("^" | "**") signed]
atom       = number | column | function "(" comparison {"," comparison} ")" | "(" comparison ")"
"""

import re
from functools import lru_cache
from typing import NamedTuple

from nncli.data.formulas.expression import (
    CONSTANTS,
    FUNCTIONS,
    NEGATIVE,
    OPERATORS,
    PLAIN_NAME,
    VARIADIC,
    Expression,
)
from nncli.errors import did_you_mean, printable

MAX_LENGTH = 1000  # characters
MAX_DEPTH = 100  # nested brackets and functions, terms of a sum
MAX_SIZE = 2000  # nodes, after earlier formulas are substituted
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    rf"|(?P<name>{PLAIN_NAME.pattern})"
    r"|(?P<quoted>`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*')"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[-+*/^(),<>])"
    r"|(?P<end>\Z))"
)
_FIXES = {
    "=": "== compares",
    "%": "there is no remainder: x - floor(x/2)*2 is that of x / 2",
    "&": "the product of two comparisons holds where both do",
    "|": "max(...) of two comparisons holds where one does",
    "[": "brackets are round",
    "{": "brackets are round",
}
_IN_QUOTES = " (between { and } YAML ends a formula at its comma: write it in quotes)"
_FUNCTION_NAMES = {"ln": "log", "square": "x^2", "pow": "x^2", "sign": "(x > 0) - (x < 0)"}


class FormulaError(ValueError):
    """A formula can't be parsed. place: the position of the wrong character, from 1."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(f"character {place}: {message}")
        self.place = place


class _Token(NamedTuple):
    kind: str
    text: str
    place: int

    @property
    def shown(self) -> str:
        return f"'{printable(self.text)}'" if self.text else "the end"


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse a formula. Raises FormulaError."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            MAX_LENGTH + 1, f"a formula has {MAX_LENGTH:,} characters at most: use several"
        )
    found = _Parser(_tokens(text)).formula()
    if not found.columns:
        raise FormulaError(1, "it names no column: a number that never changes teaches nothing")
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unreadable(text, place + len(text[place:]) - len(text[place:].lstrip()))
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind) + 1))
        place = match.end()
    return found


def _unreadable(text: str, place: int) -> FormulaError:
    sign = text[place]
    if sign in "`\"'":
        return FormulaError(place + 1, f"the name that begins with {sign} has no {sign} at its end")
    fix = f": {_FIXES[sign]}" if sign in _FIXES else ""
    fix = fix or ": a name with such a sign stands in quotes, as `petal length`"
    return FormulaError(place + 1, f"unexpected '{printable(sign)}'{fix}")


class _Parser:
    """A recursive descent parser."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.next, self.level = tokens, 0, 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        self.next += 1
        return self.tokens[self.next - 1]

    def takes(self, text: str) -> bool:
        """Consume the next token if it is the sign `text`; return whether it was."""
        is_taken = self.token.kind == "sign" and self.token.text == text
        self.next += is_taken
        return is_taken

    def formula(self) -> Expression:
        found = self.expression(1)
        if self.token.kind == "end":
            return found
        if self.token.text == ")":
            raise FormulaError(self.token.place, "')' closes no bracket")
        if self.token.text == ",":
            raise FormulaError(self.token.place, "',' stands between a function's numbers only")
        fix = _between(self.token) or ": one comparison, or brackets around the first"
        raise FormulaError(
            self.token.place, f"expected a sign such as + or *, found {self.token.shown}{fix}"
        )

    def expression(self, least: int) -> Expression:
        """An expression of operators with at least the precedence `least`."""
        place = self.token.place
        self.level += 1
        if self.level > MAX_DEPTH:
            raise self._too_deep(place)
        left = self.signed()
        while self.token.kind == "sign" and (sign := self._sign(self.token.text)):
            precedence = OPERATORS[sign][0]
            if precedence < least:
                break
            place = self.take().place
            left = self._joined(sign, (left, self.expression(precedence + 1)), place)
            if precedence == 1:
                break
        self.level -= 1
        return left

    def _sign(self, text: str) -> str:
        return text if text in OPERATORS and text != "^" else ""

    def _too_deep(self, place: int) -> FormulaError:
        return FormulaError(
            place, f"more than {MAX_DEPTH} steps, one in another: make two formulas of it"
        )

    def _joined(self, function: str, arguments: tuple[Expression, ...], place: int) -> Expression:
        found = Expression(function=function, arguments=arguments)
        if found.depth > MAX_DEPTH:
            raise self._too_deep(place)
        return found

    def signed(self) -> Expression:
        """A signed operand; ^ binds tighter: -x^2 is -(x^2)."""
        place, count = self.token.place, 0
        while (is_minus := self.takes("-")) or self.takes("+"):
            count += is_minus
        found = self.atom()
        if self.takes("^") or self.takes("**"):
            self.level += 1
            if self.level > MAX_DEPTH:
                raise self._too_deep(place)
            found = self._joined("^", (found, self.signed()), place)
            self.level -= 1
        for _ in range(count):
            found = self._joined(NEGATIVE, (found,), place)
        return found

    def atom(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "quoted":
            mark = token.text[0]
            return Expression(column=token.text[1:-1].replace(mark * 2, mark))
        if token.kind == "name":
            if self.takes("("):
                return self.call(token)
            if token.text in CONSTANTS:
                return Expression(number=CONSTANTS[token.text])
            return Expression(column=token.text)
        if token.text == "(":
            found = self.expression(1)
            self.close(token)
            return found
        raise FormulaError(
            token.place, f"expected a number, a column or a bracket, found {token.shown}"
        )

    def _number(self, token: _Token) -> Expression:
        number = float(token.text)
        if number == float("inf"):
            raise FormulaError(token.place, f"{token.shown} is too large a number")
        return Expression(number=number)

    def call(self, name: _Token) -> Expression:
        """A function call, after its opening bracket."""
        if name.text not in FUNCTIONS:
            raise FormulaError(name.place, _unknown_function(name.text))
        arguments = [self.expression(1)]
        while self.takes(","):
            arguments.append(self.expression(1))
        self.close(name)
        if (len(arguments) > 1) != (name.text in VARIADIC):
            wanted = "two numbers or more" if name.text in VARIADIC else "one number"
            raise FormulaError(name.place, f"{name.text} is of {wanted}, found {len(arguments)}")
        return self._joined(name.text, tuple(arguments), name.place)

    def close(self, opened: _Token) -> None:
        if not self.takes(")"):
            found = self.token
            what = f"expected ')' for character {opened.place}, found {found.shown}"
            is_cut = not found.text and opened.text in VARIADIC
            raise FormulaError(found.place, what + (_IN_QUOTES if is_cut else _between(found)))


def _between(token: _Token) -> str:
    return ": write * between them" if token.kind in ("number", "name", "quoted") else ""


def _unknown_function(name: str) -> str:
    fix = f" (write {_FUNCTION_NAMES[name]})" if name in _FUNCTION_NAMES else ""
    fix = fix or did_you_mean(name, [*FUNCTIONS])
    return f"unknown function '{printable(name)}'{fix}; known: {', '.join(FUNCTIONS)}"
