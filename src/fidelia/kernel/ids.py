"""Identities: UUID version 7, made by the application (opaque, in rough order of making, safe to send twice)."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return UUID(int=uuid_utils.uuid7().int)
