"""What people bought: how often each product, and when last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Max, QuerySet

from fidelia.kernel.actor import Actor

from ..models import Purchase, PurchaseLine
from .purchases import _of_customers, _visible

PRODUCTS_MAX = 500


@dataclass(frozen=True, slots=True)
class BoughtProduct:
    """A product that a customer bought in so many purchases, and the newest of them."""

    code: str
    purchases: int
    last_at: datetime


def list_bought(*, by: Actor, customer_ids: Iterable[UUID]) -> list[BoughtProduct]:
    """Return what one person (all the ids) bought, the most often first; what came back wholly counts as bought.

    Purchases that the actor may not see are left out.
    """
    rows = (
        _sold_to(by, customer_ids)
        .values_list("product_code")
        .annotate(purchases=Count("purchase_id", distinct=True), last_at=Max("purchase__occurred_at"))
        .order_by("-purchases", "-last_at", "product_code")
    )
    return [BoughtProduct(*row) for row in rows[:PRODUCTS_MAX]]


def count_buyers(*, by: Actor, customer_ids: Iterable[UUID]) -> dict[str, int]:
    """Return how many of these customers bought each product that at least one of them bought."""
    rows = (
        _sold_to(by, customer_ids)
        .values_list("product_code")
        .annotate(people=Count("purchase__customer_id", distinct=True))
        .order_by("-people", F("product_code"))
    )
    return dict(rows[:PRODUCTS_MAX])


def _sold_to(by: Actor, customer_ids: Iterable[UUID]) -> QuerySet[PurchaseLine]:
    purchases = _visible(by).filter(_of_customers(customer_ids), kind=Purchase.Kind.SALE)
    return PurchaseLine.objects.filter(purchase_id__in=purchases.values("purchase_id"), is_product=True, net__gt=0)
