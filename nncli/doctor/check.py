"""Check: a question asked of a run, as data: what is measured, its limits, and what may mend it."""

import math
from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, TypeVar

from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.frozen import frozen

M = TypeVar("M")  # what a check measures; str() of it is the result in words


@frozen
class Fix:
    """The edit that is suggested.  tried: what it did in a short trial."""

    edit: Edit
    tried: str = ""


@frozen
class Finding:
    """check: which one found it.  value: the number of the message.  tried: what the edit did."""

    check: str
    message: str
    value: float
    edit: Edit
    tried: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "message": self.message,
            "value": self.value,
            "edit": str(self.edit),
            "tried": self.tried,
        }


@frozen
class CheckResult:
    """What one check came to.

    result: what was measured, with its number, or why nothing was.
    finding: None where it is in order, or follows from another finding.
    """

    name: str
    result: str
    finding: Finding | None = None


class Rank(Enum):
    """Which findings are told: what follows from another finding is not."""

    CAUSE = "always"
    EFFECT = "the first one, unless the run diverged"
    SYMPTOM = "if nothing else was found"


@frozen
class Criterion(Generic[M]):
    """A number out of its limits, and what may mend that.

    number: of what was measured; None where it tells nothing.  least, most: the limits between
    which it is in order.  where_little_learned: whether it matters only there.
    message: what is wrong.  value: the number of the message, where that is another one.
    candidates: edits worth a try, the simplest first.  choose: tries them, and takes the best one.
    """

    number: Callable[[M], float | None]
    message: Callable[[M], str]
    candidates: Callable[[DiagnosedRun], Edits]
    choose: Callable[[DiagnosedRun, Edits, M], Fix | None]
    least: float = -math.inf
    most: float | Callable[[M], float] = math.inf
    where_little_learned: bool = False
    value: Callable[[M], float] | None = None

    def is_violated(self, run: DiagnosedRun, measured: M) -> bool:
        """Whether the number is out of its limits, as one that isn't a number is."""
        number = self.number(measured)
        if number is None or (self.where_little_learned and not run.learned_little):
            return False
        most = self.most(measured) if callable(self.most) else self.most
        return not self.least <= number <= most

    def finding(self, name: str, run: DiagnosedRun, measured: M) -> Finding | None:
        """Of the check of that name; None if no candidate helps."""
        fix = self.choose(run, self.candidates(run), measured)
        value = (self.value or self.number)(measured)
        if fix is None or value is None:
            return None
        cause = f"; {fix.edit.cause}" if fix.edit.cause else ""
        return Finding(name, f"{self.message(measured)}{cause}", value, fix.edit, fix.tried)


@frozen
class Check(Generic[M]):
    """One question.

    measure: the answer in numbers, or in words where there is nothing to measure.
    criteria: of those violated, the first that can be mended counts.
    """

    name: str
    question: str
    rank: Rank
    measure: Callable[[DiagnosedRun], M | str]
    criteria: tuple[Criterion[M], ...]

    def ask(self, run: DiagnosedRun, *, is_explained: bool) -> CheckResult:
        """Measure, compare with the limits, try the candidates.

        is_explained: whether a finding would only follow from others; then none is looked for.
        """
        measured = self.measure(run)
        if isinstance(measured, str) or is_explained:
            return CheckResult(self.name, str(measured))
        violated = (each for each in self.criteria if each.is_violated(run, measured))
        findings = (each.finding(self.name, run, measured) for each in violated)
        found = next((finding for finding in findings if finding is not None), None)
        return CheckResult(self.name, str(measured), found)
