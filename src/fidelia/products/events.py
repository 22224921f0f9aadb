"""What products announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsChanged(Event):
    """A batch of products was added or changed; those have `updated_at` = `occurred_at`."""

    name: ClassVar[str] = "products.changed"

    added: int
    changed: int
