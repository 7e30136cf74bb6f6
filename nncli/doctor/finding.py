"""Findings: what is wrong with a run, the number that shows it, and the edit that mends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_FINDINGS = 5


@dataclass(frozen=True)
class Edit:
    """One key of the config and its new value, as YAML text."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Check:
    """One question asked of a run.

    result: the answer with its number, or why it wasn't asked.
    """

    name: str
    result: str
    findings: Sequence[Finding] = ()

    @property
    def without_findings(self) -> "Check":
        return Check(self.name, self.result)


@dataclass(frozen=True)
class Layer:
    """What one layer shows; None where a layer has no such thing.

    Norms are over the layer's trained tensors, medians of a few steps: early, from the initial
    weights on, and from where training was left. update_to_weight: |step| / |weights|.  moved:
    |weights at the end - at the start| / |at the start|.  dead: relu units that no row switches
    on.  saturated: the share of rows x units whose slope is lost.
    """

    name: str
    gradient_norm_early: float | None = None
    gradient_norm: float | None = None
    update_to_weight_early: float | None = None
    update_to_weight: float | None = None
    moved: float | None = None
    units: int = 0
    dead: int | None = None
    saturated: float | None = None


@dataclass(frozen=True)
class Report:
    """Everything the doctor says.

    looked_at: on how many of the training rows; rows: how many there are.  stopped: why the run
    ended; empty if it didn't.
    """

    checks: Sequence[Check]
    layers: Sequence[Layer]
    looked_at: int
    rows: int
    stopped: str

    @property
    def findings(self) -> list[Finding]:
        """The first few: causes come before what they lead to."""
        return [finding for check in self.checks for finding in check.findings][:MOST_FINDINGS]

    @property
    def is_healthy(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        return {
            "healthy": self.is_healthy,
            "findings": [finding.to_json() for finding in self.findings],
            "layers": [vars(layer) for layer in self.layers],
            "checks": [{"check": check.name, "result": check.result} for check in self.checks],
            "rows": {"looked_at": self.looked_at, "of": self.rows},
        }
