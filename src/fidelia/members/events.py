"""What members announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAsked(Event):
    """Somebody asked for a code; whether anybody has the address is found out by the reaction, not by who asked."""

    name: ClassVar[str] = "member_code.asked"

    code_id: UUID
