"""What shadow mode announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowBegun(Event):
    """A programme decides beside a vendor from now on."""

    name: ClassVar[str] = "shadow.begun"
    shadow_id: UUID
    programme_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowCutOver(Event):
    """A programme grants for real from now on."""

    name: ClassVar[str] = "shadow.cut_over"
    shadow_id: UUID
    programme_id: UUID
