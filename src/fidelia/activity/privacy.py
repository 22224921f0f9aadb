"""A person's own data in activity: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.db import require_transaction

from .models import Checkout, Purchase, PurchaseClaim, TakenBackPurchase

TABLES = ("activity_purchase", "activity_claim", "activity_checkout", "activity_taken_back")
COLUMNS = ("kind", "receipt_number", "channel", "currency", "total", "points", "occurred_at")

_FORGET_IDENTITIES = """
update activity_checkout set basket = basket || '{"identity": null}', changed_xid = pg_current_xact_id()
where customer_id = any (%s) and basket->>'identity' is not null
"""


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return what a person bought, gave back, claimed, and has in baskets not closed yet; amounts in minor units."""
    ids = list(customer_ids)
    bought = Purchase.objects.filter(customer_id__in=ids).order_by("occurred_at", "purchase_id")
    claims = PurchaseClaim.objects.filter(customer_id__in=ids).order_by("claimed_at", "purchase_id")
    undone = TakenBackPurchase.objects.filter(customer_id__in=ids).order_by("taken_back_at", "purchase_id")
    baskets = Checkout.objects.filter(customer_id__in=ids).exclude(state=Checkout.State.CLOSED).order_by("opened_at")
    return {
        "purchases": list(bought.values(*COLUMNS)),
        "claims": list(claims.values("purchase__receipt_number", "purchase__total", "points", "claimed_at")),
        "taken_back": list(undone.values("purchase__receipt_number", "purchase__total", "taken_back_at")),
        "checkouts": list(baskets.values("number", "state", "channel", "currency", "total", "basket", "opened_at")),
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase what baskets say of who bought; purchases say nothing but an id, of which no name is left once customers
    erase.

    What was sold, and the points that it moved, stay, so that amounts keep adding up.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_IDENTITIES, [list(customer_ids)])
        return {**dict.fromkeys(TABLES, 0), "activity_checkout": cursor.rowcount}
