"""The refusals of products.

Invalid
├── MalformedProduct
└── TooManyRows
NotFound
└── UnknownProduct
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound


class MalformedProduct(Invalid):
    """A code, name, category, brand or cost cannot be one; the pointer says which."""

    default_code = "malformed_product"


class TooManyRows(Invalid):
    """More rows in one call than a batch may have."""

    default_code = "too_many_rows"


class UnknownProduct(NotFound):
    """There is no product of this code."""

    default_code = "unknown_product"
