"""Table notes: a line for each guess about a column, with the config key that overrules it."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

import numpy as np

from nncli.data.column_names import column_fix, listed, yaml_name
from nncli.data.reading.encoded_rows import EncodedTable
from nncli.data.reading.missing_markers import FREQUENT_SHARE, NULL_MARKERS
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.errors import printable
from nncli.parts.dates import has_no_day
from nncli.parts.table import Kind

STARTS_AS_AMOUNT = re.compile(r"[<>~≈±+\-\u2212(]*\s*[$€£]?\s*\d")
MIN_TEXTS = 15  # distinct texts, each of which would become an input
MIN_AMOUNT_SHARE = 0.9  # of distinct texts, which begin like amounts


def kept_marker_notes(encoded: EncodedTable, used: Container[str]) -> Iterator[str]:
    """A note for each column of which missing markers were taken for categories."""
    for name, counts in encoded.values.items():
        if name in used:
            if counts.keys() <= encoded.quoted.get(name, QuotedMarkers()).values:
                why = "quoted as other texts are, which doesn't say"
            elif sum(counts.values()) >= FREQUENT_SHARE * len(encoded.cells):
                why = "too many to mean"
            else:  # one of few classes
                why = "which needn't mean"
            yield (
                f"column '{printable(name)}': {_counted(counts)} of {len(encoded.cells):,} cells: "
                f"{why} that there is no value, so taken for a category; if they do mean "
                f"that, data.columns: {{{yaml_name(name)}: {{values: []}}}}"
            )


def dropped_row_notes(encoded: EncodedTable, target: Sequence[str]) -> Iterator[str]:
    """A note on the rows that were dropped, and one for each target with a missing marker."""
    if encoded.dropped:
        total = encoded.dropped + len(encoded.cells)
        yield f"data.missing_target: drop leaves out {encoded.dropped:,} of {total:,} rows"
    for name in target:
        counts = {text: n for text, n in encoded.markers.get(name, {}).items() if text}
        if counts:
            fix = f"; {category_hint(name, [*counts])}" if name in encoded.vocabularies else ""
            yield (
                f"target '{printable(name)}': rows with {_counted(counts)} are left out, as that "
                f"is taken for no value{fix}"
            )


def category_hint(name: str, texts: Sequence[str], what: str = "class") -> str:
    """The config key to set if missing markers are classes or categories."""
    return f"if {listed(texts)} is a {what}, {column_fix(name, {'values': [*texts]})}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(text)!r} ({n:,})" for text, n in counts.items())


def imputed_notes(encoded: EncodedTable, features: Iterable[str]) -> Iterator[str]:
    """A note for each column with many cells of an unquoted NA or null."""
    for name in features:
        missing = encoded.quoted.get(name, QuotedMarkers()).missing
        counts = {
            text: n
            for text, n in encoded.markers.get(name, {}).items()
            if text in NULL_MARKERS
            and text not in missing
            and n >= FREQUENT_SHARE * len(encoded.cells)
        }
        if counts and name in encoded.vocabularies:
            yield (
                f"column '{printable(name)}': {_counted(counts)} of {len(encoded.cells):,} cells: "
                f"taken for no value; {category_hint(name, [*counts], 'category')}"
            )


def amount_notes(
    encoded: EncodedTable,
    kinds: Mapping[str, Kind],
    left_out: Container[str],
    explicit: Container[str],
) -> Iterator[str]:
    """A note for each text column that begins like numbers: amounts or dates in unknown formats.

    kinds: of the features.  explicit: columns whose kind the config sets.
    """
    for name, texts in encoded.vocabularies.items():
        is_text = kinds.get(name) == "categorical" or name in left_out
        if not is_text or name in explicit or len(texts) < MIN_TEXTS:
            continue
        amounts = [text for text in texts if STARTS_AS_AMOUNT.match(text) and not text.isdigit()]
        if len(amounts) > MIN_AMOUNT_SHARE * len(texts):
            shown = " and ".join(repr(printable(text)) for text in amounts[:2])
            then = "left out" if name in left_out else "each becomes an input of its own"
            key = yaml_name(name)
            how = f"data.columns: {{{key}: {{suffix: ..., decimal: ..., format: ...}}}}"
            fix = f"if they are amounts or dates, say how they are written ({how}) or write them "
            fix += "as such"
            yield (
                f"column '{printable(name)}' has {len(texts):,} texts that begin like numbers, "
                f"such as {shown}: {then}; {fix}; data.columns: {{{key}: categorical}} says that "
                "they are neither"
            )


def date_notes(encoded: EncodedTable, used: Container[str], *, is_split: bool) -> Iterator[str]:
    """A note for each column inferred to hold dates. is_split: by a column or files."""
    for name, format_ in encoded.dates.items():
        if name in used:
            key, values = yaml_name(name), encoded.column(name).values
            written = "ISO 8601" if format_ is None else printable(format_)
            what, split = f"times of day ({written})", ""
            if not has_no_day(format_):
                first, last = (np.datetime64(int(f(values)), "D") for f in (np.nanmin, np.nanmax))
                what = f"dates ({written}) from {first} to {last}"
                if not is_split:
                    split = (
                        f"; to be scored on later rows, data.split: {{type: time, column: {key}}}"
                    )
            yield (
                f"column '{printable(name)}' is read as {what}; if they are none, "
                f"data.columns: {{{key}: categorical}}{split}"
            )
