"""What messaging announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(Event):
    """A server took a message for delivery."""

    name: ClassVar[str] = "message.sent"

    message_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailed(Event):
    """A message will not be sent: `reason` is its code."""

    name: ClassVar[str] = "message.failed"

    message_id: UUID
    reason: str
