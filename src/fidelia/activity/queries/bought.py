"""What people bought: how often each product, and when last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Max, Q

from fidelia.kernel.actor import Actor

from ..models import Purchase, PurchaseClaim, PurchaseLine
from .purchases import _visible

PRODUCTS_MAX = 500


@dataclass(frozen=True, slots=True)
class BoughtProduct:
    """A product that a customer bought in so many purchases, and the newest of them."""

    code: str
    purchases: int
    last_at: datetime


def list_bought(
    *, by: Actor, customer_ids: Iterable[UUID], others: Iterable[UUID] = ()
) -> tuple[list[BoughtProduct], dict[str, int]]:
    """Return what one person (all the ids) bought, the most often first, and how many of `others` bought each product.

    What came back wholly counts as bought. Purchases that the actor may not see are left out. Both are one statement,
    after those that say what may be seen and what was claimed.
    """
    ids, beside = list(customer_ids), list(others)
    claimed = list(PurchaseClaim.objects.filter(customer_id__in=ids).values_list("purchase_id", flat=True))
    seen = _visible(by).filter(Q(customer_id__in=[*ids, *beside]) | Q(purchase_id__in=claimed), kind=Purchase.Kind.SALE)
    own = Q(purchase__customer_id__in=ids) | Q(purchase_id__in=claimed)
    rows = (
        PurchaseLine.objects.filter(purchase_id__in=seen.values("purchase_id"), is_product=True, net__gt=0)
        .values_list("product_code")
        .annotate(
            purchases=Count("purchase_id", distinct=True, filter=own),
            last_at=Max("purchase__occurred_at", filter=own),
            people=Count("purchase__customer_id", distinct=True, filter=Q(purchase__customer_id__in=beside)),
        )
    )
    found = list(rows.order_by("-purchases", F("last_at").desc(nulls_last=True), "product_code"))
    bought = [BoughtProduct(code, times, last_at) for code, times, last_at, _people in found if times]
    near = sorted(((code, people) for code, _times, _at, people in found if people), key=lambda one: (-one[1], one[0]))
    return bought[:PRODUCTS_MAX], dict(near[:PRODUCTS_MAX])
