"""What insight announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightRefreshed(Event):
    """Facts were exported and measured, and traits were written back for `count` customers."""

    name: ClassVar[str] = "insight.refreshed"

    refresh_id: UUID
    count: int
