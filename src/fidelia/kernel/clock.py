"""The one place that reads the clock. Faces and jobs call it once and pass `at` down; domain modules never do."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)
