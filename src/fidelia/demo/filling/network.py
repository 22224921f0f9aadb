"""The company, its shops, and what they sell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Origin
from fidelia.organisation.operations import add_banner, add_partner, add_store, set_up_operator
from fidelia.products.operations import NewCost, NewProduct, add_products_in_bulk, set_costs_in_bulk

from ..simulation.catalog import POSTAGE, POSTAGE_NAME, articles
from ..simulation.stores import PLACES, opened_on
from .state import NAME

COUNTRY, CURRENCY, TIME_ZONE = "FR", "EUR", "Europe/Paris"
COSTS_ROSE_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Network:
    """The partner and the stores by code."""

    partner_id: UUID
    store_ids: dict[str, UUID]


def found_company(*, by: Actor, at: datetime, begins_on: date) -> Network:
    """Set up the operator with one partner, one banner and every place of sale."""
    set_up_operator(by=by, at=at, name=NAME, country=COUNTRY, currency=CURRENCY, language="fr", time_zone=TIME_ZONE)
    partner = add_partner(by=by, at=at, code="maison-eleonore", name=f"{NAME} SAS", country=COUNTRY, currency=CURRENCY)
    banner = add_banner(by=by, at=at, partner_id=partner.id, code="eleonore", name=NAME)
    stores = {}
    for place in PLACES:
        store = add_store(
            by=by, at=at, banner_id=banner.id, code=place.code, name=place.name, channel=place.channel,
            country=COUNTRY, currency=CURRENCY, time_zone=TIME_ZONE, opened_on=opened_on(place, begins_on),
        )  # fmt: skip
        stores[place.code] = store.id
    return Network(partner.id, stores)


def stock_shelves(*, by: Actor, at: datetime, begins_on: date) -> int:
    """Add the articles with their costs, which rose by 4 % after a year, and postage; return how many."""
    rows = [
        NewProduct(code=one.code, name=one.name, category=one.category, brand=one.brand, is_product=True, earns=True)
        for one in articles()
    ]
    rows.append(NewProduct(code=POSTAGE, name=POSTAGE_NAME, is_product=False, earns=False))
    costs = [
        NewCost(code=one.code, cost=Money(one.cost * percent // 100, CURRENCY), valid_from=day)
        for one in articles()
        for day, percent in ((begins_on, 100), (begins_on + COSTS_ROSE_AFTER, 104))
    ]
    with transaction_of_use_case():
        add_products_in_bulk(by=by, at=at, rows=rows, origin=Origin.BACKFILL)
        set_costs_in_bulk(by=by, at=at, rows=costs)
    return len(rows)
