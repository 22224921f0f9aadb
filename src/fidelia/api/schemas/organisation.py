"""The places of sale."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from fidelia.organisation.models import Store

from .types import Output, shown

_STORE = {
    "id": "019a5c1e-0002-7000-8000-000000000001",
    "code": "lyon-01",
    "name": "Lyon Bellecour",
    "banner": "fidelio",
    "partner_id": "019a5c1e-0001-7000-8000-000000000001",
    "channel": "store",
    "country": "FR",
    "currency": "EUR",
    "time_zone": "Europe/Paris",
    "opened_on": "2019-04-01",
    "closed_on": None,
}


class StoreOut(Output):
    """A shop, a web shop or a telephone desk."""

    model_config = shown(_STORE)
    id: UUID
    code: str
    name: str
    banner: str
    partner_id: UUID
    channel: Literal["store", "web", "phone"]
    country: str
    currency: str
    time_zone: str
    opened_on: date
    closed_on: date | None


class StorePage(Output):
    """Stores, by name; at most 1,000."""

    model_config = shown({"data": [_STORE], "next": None})
    data: list[StoreOut]
    next: str | None


def store_out(store: Store) -> StoreOut:
    names = [name for name in StoreOut.model_fields if name != "banner"]
    return StoreOut(**{name: getattr(store, name) for name in names}, banner=store.banner.code)
