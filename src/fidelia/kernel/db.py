"""Transactions: a use case opens one, a building block demands one, nobody opens "if needed"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def transaction_of_use_case() -> Iterator[None]:
    """Open the transaction of a use case. A use case inside another is our own mistake and raises RuntimeError."""
    with transaction.atomic(durable=True):
        yield


def require_transaction() -> None:
    """Assert that the caller's use case has opened a transaction."""
    assert connection.in_atomic_block, "a building block was called outside the transaction of a use case"
