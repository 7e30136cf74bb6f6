"""Table notes: what was guessed of a table's columns, each with the key that overrules it."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

import numpy as np

from nncli.data import dates
from nncli.data.reading.column_names import flow_list, listed, yaml_name
from nncli.data.reading.encoded_rows import Encoded
from nncli.data.reading.missing_markers import LARGE, NOT_BY_SHARE
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.errors import printable
from nncli.parts.table import Kind

AMOUNT = re.compile(r"[<>~≈±+\-\u2212(]*\s*[$€£]?\s*\d")
FEWEST_TEXTS = 15  # of a column, which as inputs would be many
MOSTLY = 0.9  # the share from which something is the rule


def value_notes(encoded: Encoded, used: Container[str]) -> Iterator[str]:
    """What was taken for a value although it often means that there is none."""
    for name, counts in encoded.values.items():
        if name in used:
            are_quoted = counts.keys() <= encoded.quoted.get(name, QuotedMarkers()).values
            why = (
                "quoted as other texts are, which doesn't say" if are_quoted else "too many to mean"
            )
            yield (
                f"column '{printable(name)}': {_counted(counts)} of {len(encoded.cells):,} cells: "
                f"{why} that there is no value, so taken for a category; if they do mean "
                f"that, data.columns: {{{yaml_name(name)}: {{values: []}}}}"
            )


def lacking_notes(encoded: Encoded, target: Sequence[str]) -> Iterator[str]:
    """Which rows were left out, as a text stands in their target that often means no value."""
    for name in target:
        counts = {text: n for text, n in encoded.markers.get(name, {}).items() if text}
        if counts:
            cure = f"; {class_cure(name, [*counts])}" if name in encoded.vocabularies else ""
            yield (
                f"target '{printable(name)}': rows with {_counted(counts)} are left out, as that "
                f"is taken for no value{cure}"
            )


def class_cure(name: str, texts: Sequence[str], what: str = "class") -> str:
    """What to say if texts that often mean no value are classes."""
    cure = f"data.columns: {{{yaml_name(name)}: {{values: {flow_list(texts)}}}}}"
    return f"if {listed(texts)} is a {what}, {cure}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(text)!r} ({n:,})" for text, n in counts.items())


def imputed_notes(encoded: Encoded, features: Iterable[str]) -> Iterator[str]:
    """Which texts stand for no value in many cells, where no quotes in the file say so."""
    for name in features:
        missing = encoded.quoted.get(name, QuotedMarkers()).missing
        counts = {
            text: n
            for text, n in encoded.markers.get(name, {}).items()
            if text in NOT_BY_SHARE and text not in missing and n >= LARGE * len(encoded.cells)
        }
        if counts and name in encoded.vocabularies:
            yield (
                f"column '{printable(name)}': {_counted(counts)} of {len(encoded.cells):,} cells: "
                f"taken for no value; {class_cure(name, [*counts], 'category')}"
            )


def amount_notes(
    encoded: Encoded, kinds: Mapping[str, Kind], left_out: Container[str], asked: Container[str]
) -> Iterator[str]:
    """Texts that begin like numbers: amounts or dates, it may be, in a form that isn't known.

    kinds: of the features.  asked: columns whose kind the config says.
    """
    for name, texts in encoded.vocabularies.items():
        is_text = kinds.get(name) == "categorical" or name in left_out
        if not is_text or name in asked or len(texts) < FEWEST_TEXTS:
            continue
        amounts = [text for text in texts if AMOUNT.match(text) and not text.isdigit()]
        if len(amounts) > MOSTLY * len(texts):
            shown = " and ".join(repr(printable(text)) for text in amounts[:2])
            then = "left out" if name in left_out else "each becomes an input of its own"
            said = yaml_name(name)
            yield (
                f"column '{printable(name)}' has {len(texts):,} texts that begin like numbers, "
                f"such as {shown}: {then}; if they are amounts or dates, say how they are written "
                f"(data.columns: {{{said}: {{suffix: ..., decimal: ..., format: ...}}}}) or write "
                f"them as such; data.columns: {{{said}: categorical}} says that they are neither"
            )


def date_notes(encoded: Encoded, used: Container[str], *, is_split: bool) -> Iterator[str]:
    """What was taken for dates, and how rows are split by them."""
    for name, form in encoded.dates.items():
        if name in used:
            said, values = yaml_name(name), encoded.column(name).values
            first, last = (np.datetime64(int(f(values)), "D") for f in (np.nanmin, np.nanmax))
            written = f"{'ISO 8601' if form is None else printable(form)}, from {first} to {last}"
            own = f'{{format: "{"%d/%m/%Y" if form is None else printable(form)}"}}'
            hint = f"; to be scored on later rows, data.split: {{type: time, column: {said}}}"
            yield (
                f"column '{printable(name)}' is read as dates ({written}): "
                f"{dates.date_in_words(values[np.isfinite(values)])}; "
                f"data.columns: {{{said}: {own}}} says another format, {{{said}: categorical}} "
                f"that they are none{'' if is_split else hint}"
            )
