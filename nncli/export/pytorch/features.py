"""Features: what was fitted to each column on the training rows, as literals of a script."""

import math
from collections.abc import Iterator, Mapping
from pprint import pformat
from typing import Any

from nncli.data.fitted_columns import FittedColumn
from nncli.data.nonlinear_scales import NormalScores, RobustClip
from nncli.data.numeric_encodings import BinsAndValue, PiecewiseLinear
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.number_formats import FormattedNumbers
from nncli.data.reading.parsers import Parsers
from nncli.errors import UserError, printable
from nncli.export.formula_code import in_numpy
from nncli.frozen import frozen

WIDTH = 96


@frozen
class _Name:
    """A name in a literal, which is written without quotes."""

    text: str

    def __repr__(self) -> str:
        return self.text


COMMON = _Name("MISSING")


def literal(value: Any) -> str:
    """Plain values as Python code; numbers that aren't finite as `np.inf` and the like."""
    return pformat(_named(value), width=WIDTH, compact=True, sort_dicts=False)


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return _Name("np.nan" if value != value else "np.inf" if value > 0 else "-np.inf")
    return value


def described(learnt: Preprocessing, parsers: Parsers) -> list[dict[str, Any]]:
    """An entry per feature, embedded ones last. Raises UserError if one can't be written."""
    features = sorted(learnt.columns, key=lambda feature: feature.embedding > 0)
    return [dict(_entry(feature, learnt, parsers)) for feature in features]


def functions_of(features: list[dict[str, Any]]) -> list[str]:
    """The names of the functions that features use."""
    return [str(each[key]) for each in features for key in ("read", "encode") if key in each]


def _entry(
    feature: FittedColumn, learnt: Preprocessing, parsers: Parsers
) -> Iterator[tuple[str, Any]]:
    parser, keys = parsers.of(feature.name), parsers.columns.get(feature.name, ColumnKeys())
    other = None if learnt.unknown == "error" or feature.fill is None else feature.fill
    yield "name", feature.name
    if feature.formula:
        column = "c[{!r}]".format
        yield "formula", _Name(f"lambda c: {in_numpy(feature.expression, column)}")
        yield from _encoding(feature)
        return
    if feature.kind == "categorical":
        yield from _category_codes(feature, learnt)
    elif feature.order:
        yield "read", _Name("words")
        yield "places", {word: float(place) for place, word in enumerate(feature.order)}
        yield from (("other", other), ("fill", feature.fill))
    else:
        reads = {"date": "dates", "boolean": "truths"}.get(feature.kind, "numbers")
        yield "read", _Name(reads)
        yield from (("other", other), ("fill", feature.fill))
    if feature.date is not None:
        yield "format", keys.format
    yield from _cell_format(parser, parsers, feature)
    yield from _encoding(feature)
    yield "indicator", feature.indicator


def _cell_format(
    parser: NumberParser, parsers: Parsers, feature: FittedColumn
) -> Iterator[tuple[str, Any]]:
    """The entries on how the cells of a column are written."""
    is_common = parser.missing == frozenset(parsers.missing)
    yield "missing", COMMON if is_common else sorted(parser.missing)
    if feature.codes or feature.order:
        decimal = parsers.columns.get(feature.name, ColumnKeys()).decimal or parsers.decimal
        yield from (("decimal", decimal), ("folds", parsers.folds_case(feature.name)))
    elif feature.kind == "numeric":
        owner = parser.format if isinstance(parser, FormattedNumbers) else parser
        yield "decimal", owner.decimal
        yield "codes", list(parser.missing_numbers)
    if isinstance(parser, FormattedNumbers):
        names = ("prefix", "suffix", "thousands", "decimal")
        written = {name: getattr(parser.format, name) for name in names}
        yield "format", {**written, "pattern": parser.format.pattern.pattern}


def _category_codes(feature: FittedColumn, learnt: Preprocessing) -> Iterator[tuple[str, Any]]:
    yield "read", _Name("words")
    yield "places", {word: float(place) for word, place in feature.codes.items()}
    place = feature.unseen_code
    other = -1.0 if place is None else float(place)  # no place: all inputs 0
    yield "other", None if learnt.unknown == "error" else other
    fill = None if feature.fill is None else float(feature.codes.get(str(feature.fill), other))
    yield "fill", fill


def _encoding(feature: FittedColumn) -> Iterator[tuple[str, Any]]:
    encoding: Any = feature.encoding
    if feature.embedding:
        yield "encode", _Name("place")
    elif feature.for_formulas:
        yield "encode", _Name("unseen")
    elif feature.kind == "categorical":
        yield from (("encode", _Name("one_hot")), ("count", len(feature.categories)))
    elif feature.date is not None:
        date = feature.date
        yield from (("encode", _Name("date_parts")), ("first", date.first))
        yield from (("parts", list(date.parts)), ("shift", list(date.shift)))
        yield "scale", [scale or math.inf for scale in date.scale]
    elif encoding is None:
        yield from (("encode", _Name("scaled")), ("shift", feature.shift))
        yield "scale", feature.scale or math.inf
    elif isinstance(encoding, PiecewiseLinear):
        yield from (("encode", _Name("piecewise_linear")), ("edges", list(encoding.edges)))
    elif isinstance(encoding, BinsAndValue):
        yield from (("encode", _Name("bins_and_value")), ("edges", list(encoding.edges)))
        yield from (("shift", encoding.shift), ("scale", encoding.scale))
    elif isinstance(encoding, NormalScores):
        yield from (("encode", _Name("normal_scores")), ("quantiles", list(encoding.quantiles)))
    elif isinstance(encoding, RobustClip):
        yield from (("encode", _Name("robust_clip")), ("shift", encoding.shift))
        yield "scale", encoding.scale or math.inf
    else:
        what = type(encoding).__name__
        raise UserError(f"column '{printable(feature.name)}': {what} can't be written as a script")


def settings(learnt: Preprocessing, threshold: float | None) -> Mapping[str, Any]:
    """The constants of the answers, by name."""
    found: dict[str, Any] = {"TARGETS": list(learnt.targets)}
    if learnt.classes:
        found["CLASSES"] = list(learnt.classes)
        found |= {} if threshold is None else {"THRESHOLD": threshold}
    elif learnt.labels:
        found["LABELS"] = [list(pair) for pair in learnt.labels]
    else:
        found |= {"SHIFT": list(learnt.target.shift), "SCALE": list(learnt.target.scale)}
    return found
