"""A database of its own for tests with many connections or broken functions."""

from __future__ import annotations

from tests.ledger.conftest import scratch

__all__ = ["scratch"]
