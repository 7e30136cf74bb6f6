"""Clock: time stamps of the records."""

from datetime import UTC, datetime


def utc_now() -> str:
    """The time now, as 2026-03-01T12:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
