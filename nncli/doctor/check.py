"""Check: a question about a run, as data: what to measure, its limits, and edits to try."""

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
    """A suggested edit.  tried: its result in a short trial."""

    edit: Edit
    tried: str = ""


@frozen
class Finding:
    """A problem of a run, with the suggested edit.

    check: the name of the check.  value: the number in the message.  tried: the edit's result.
    """

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
    """The result of one check.

    result: the measured numbers in words, or why nothing was measured.
    finding: None if all is in order, or the problem follows from another finding.
    """

    name: str
    result: str
    finding: Finding | None = None


class Rank(Enum):
    """When a finding is reported: one that follows from another finding is not."""

    CAUSE = "always"
    EFFECT = "the first one, unless the run diverged"
    SYMPTOM = "if nothing else was found"


@frozen
class Criterion(Generic[M]):
    """Limits for a number, with the edits to try if it is outside.

    number: of what was measured; None: the criterion doesn't apply.  least, most: its limits.
    where_little_learned: whether it only applies to runs that learned little.
    message: the problem in words.  value: the number in the message, if it is another one.
    candidates: the edits to try, the simplest first.  choose: tries them, and returns the best.
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
        """Whether the number is outside its limits; NaN is."""
        number = self.number(measured)
        if number is None or (self.where_little_learned and not run.learned_little):
            return False
        most = self.most(measured) if callable(self.most) else self.most
        return not self.least <= number <= most

    def finding(self, name: str, run: DiagnosedRun, measured: M) -> Finding | None:
        """The finding of the check `name`; None if no candidate helps."""
        fix = self.choose(run, self.candidates(run), measured)
        value = (self.value or self.number)(measured)
        if fix is None or value is None:
            return None
        cause = f"; {fix.edit.cause}" if fix.edit.cause else ""
        return Finding(name, f"{self.message(measured)}{cause}", value, fix.edit, fix.tried)


@frozen
class Check(Generic[M]):
    """A question about a run.

    measure: returns measured numbers, or a text if there is nothing to measure.
    criteria: of those violated, the first with an edit that helps gives the finding.
    """

    name: str
    question: str
    rank: Rank
    measure: Callable[[DiagnosedRun], M | str]
    criteria: tuple[Criterion[M], ...]

    def ask(self, run: DiagnosedRun, *, is_explained: bool) -> CheckResult:
        """Measure, compare with the limits, and try the candidates.

        is_explained: whether a finding would only follow from others; then candidates aren't tried.
        """
        measured = self.measure(run)
        if isinstance(measured, str) or is_explained:
            return CheckResult(self.name, str(measured))
        violated = (each for each in self.criteria if each.is_violated(run, measured))
        findings = (each.finding(self.name, run, measured) for each in violated)
        found = next((finding for finding in findings if finding is not None), None)
        return CheckResult(self.name, str(measured), found)
