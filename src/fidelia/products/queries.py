"""Questions about products."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money

from .errors import UnknownProduct
from .models import Product, ProductCost

LIMIT_MAX = 200


def get_products_by_code(codes: Iterable[str]) -> dict[str, Product]:
    """Return the products of these codes, by code; those unknown are left out. One query."""
    return {product.code: product for product in Product.objects.filter(code__in=set(codes))}


def get_product(*, by: Actor, code: str) -> Product:
    """Return the product of this code. Raises Denied (product.see), UnknownProduct."""
    by.require("product.see")
    product = Product.objects.filter(code=code).first()
    if product is None:
        raise UnknownProduct(f"There is no product “{code}”.")
    return product


def list_products(*, by: Actor, text: str = "", after: str = "", limit: int = 50) -> list[Product]:
    """Return products in order of code, from after a code on, whose code begins with or name holds `text`.

    Raises Denied (product.see).
    """
    by.require("product.see")
    products = Product.objects.filter(code__gt=after)
    if text:
        products = products.filter(Q(code__istartswith=text) | Q(name__icontains=text))
    return list(products.order_by("code")[: min(limit, LIMIT_MAX)])


def cost_on(product_id: UUID, currency: str, day: date) -> Money | None:
    """Return what one unit of the product cost on a day; None where no cost was known."""
    costs = ProductCost.objects.filter(product_id=product_id, currency=currency, valid_from__lte=day)
    amount = costs.order_by("-valid_from").values_list("amount", flat=True).first()
    return None if amount is None else Money(amount, currency)
