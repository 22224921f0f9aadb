"""/key: who asks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.kernel.actor import EVERYWHERE

from .answers import answer
from .exchange import exchange_of
from .schemas.access import KeyOut

router = Router(tags=["key"])


@router.get("", response=KeyOut, summary="The key that asks", operation_id="get_key")
def get(request: HttpRequest) -> HttpResponse:
    """Its name, mode, rights, scope and what it may still ask. Needs no right."""
    exchange = exchange_of(request)
    assert exchange.admission is not None, "this address asks for a key"
    by, admission = exchange.by, exchange.admission
    scope = by.grants[0].scope if by.grants else EVERYWHERE
    return answer(
        KeyOut(
            id=exchange.key_id,
            name=by.label,
            mode=by.mode,
            rights=[grant.right for grant in by.grants],
            partner_id=scope.partner_id,
            store_id=scope.store_id,
            limit_per_minute=admission.limit,
            remaining=admission.remaining,
            as_of=exchange.at,
        )
    )
