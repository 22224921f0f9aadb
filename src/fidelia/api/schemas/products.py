"""Products, as the lines of purchases name them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from fidelia.products.models import Product

from .types import Day, Input, Name64, Output, Text120, Text300, shown

_TEA = {
    "code": "TEA-250",
    "name": "Thé de Séville, 250 g",
    "category": "Food/Tea",
    "brand": "Rocco",
    "is_product": True,
    "earns": True,
    "launched_on": "2025-09-01",
}


class ProductIn(Input):
    """A product; what is left out or null stays as it is known."""

    code: Name64
    name: Text300 | None = None
    category: Text300 | None = Field(None, description="A path such as Home/Kitchen.")
    brand: Text120 | None = None
    is_product: bool | None = Field(None, description="False for postage and fees.")
    earns: bool | None = Field(None, description="False takes it out of every earning rule.")
    launched_on: Day | None = None


class ProductsIn(Input):
    """Products to add, or to change where the code is known."""

    model_config = shown({"products": [_TEA]})
    products: list[ProductIn] = Field(min_length=1, max_length=1_000)


_PRODUCT = {"id": "019a5c1e-6000-7000-8000-000000000007", **_TEA, "updated_at": "2026-03-02T09:30:00Z"}


class ProductOut(Output):
    """A product."""

    model_config = shown(_PRODUCT)
    id: UUID
    code: str
    name: str
    category: str
    brand: str
    is_product: bool
    earns: bool
    launched_on: date | None
    updated_at: datetime


class ProductsOut(Output):
    """The products as they are now, in the order of the request."""

    model_config = shown({"data": [_PRODUCT]})
    data: list[ProductOut]


def product_out(product: Product) -> ProductOut:
    return ProductOut(**{name: getattr(product, name) for name in ProductOut.model_fields})
