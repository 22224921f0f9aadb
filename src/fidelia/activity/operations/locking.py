"""Lock a sale: against another return of it, against its claim, and against other decisions about its member."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from ..models import Purchase, PurchaseClaim
from .deciding import ChainHead

_LOCK_CHAIN = "select sequence, hash from activity_chain where account_id = %s for update"
# Two returns of an anonymous purchase, or a return and its claim, have no chain to wait on: they wait on the purchase.
_LOCK_PURCHASE = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"


def lock_sale(purchase: Purchase) -> ChainHead | None:
    """Lock what the purchase's returns and claim wait on, and read whose it is by now."""
    if purchase.account_id is None:
        lock_purchase(purchase.purchase_id)
        purchase.count_for(PurchaseClaim.objects.filter(purchase_id=purchase.purchase_id).first())
    return None if purchase.account_id is None else lock_chain(purchase.account_id)


def lock_purchase(purchase_id: UUID) -> None:
    """Hold an anonymous purchase until the transaction ends: against another return of it, and against its claim."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PURCHASE, [str(purchase_id)])


def lock_chain(account_id: UUID) -> ChainHead | None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CHAIN, [account_id])
        row = cursor.fetchone()
    return None if row is None else ChainHead(account_id, row[0], bytes(row[1]))
