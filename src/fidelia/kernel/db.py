"""Transactions: a use case opens one, a building block demands one, nobody opens "if needed"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def transaction_of_use_case() -> Iterator[None]:
    """Open the transaction of a use case. A use case inside another is our own mistake and raises RuntimeError."""
    with transaction.atomic(durable=True):
        yield


def require_transaction() -> None:
    """Assert that the caller's use case has opened a transaction."""
    assert connection.in_atomic_block, "a building block was called outside the transaction of a use case"


def read_jsonb(value: str | None) -> Any:
    """Return the value of a jsonb column of a raw query: Django leaves those as text, for its own fields to read."""
    return None if value is None else json.loads(value)
