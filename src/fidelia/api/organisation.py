"""/stores: the places of sale."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.organisation.queries import list_stores

from .answers import answer
from .exchange import exchange_of
from .schemas.organisation import StorePage, store_out

router = Router(tags=["stores"])


@router.get("", response=StorePage, summary="The stores", operation_id="list_stores")
def list_(request: HttpRequest) -> HttpResponse:
    """Those the key may see (the right store.see), closed ones too, by name."""
    by = exchange_of(request).by
    return answer(StorePage(data=[store_out(store) for store in list_stores(by=by)], next=None))
