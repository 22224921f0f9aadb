"""Identities: UUID version 7, made by the application (opaque, in rough order of making, safe to send twice)."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

import uuid_utils

KEPT = 20_000  # ids of programmes, stores and products, once read: a till names the same ones all day


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return UUID(int=uuid_utils.uuid7().int)


@lru_cache(maxsize=KEPT)
def id_of(text: str) -> UUID:
    """Return the UUID of a text; for ids that come again and again. Raises ValueError."""
    return UUID(text)
