"""Clock: when things began and ended."""

from datetime import UTC, datetime


def utc_now() -> str:
    """2026-03-01T12:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
