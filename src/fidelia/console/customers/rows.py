"""Customers as rows of a list: what is said of each, read for all of them by the same few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.activity.queries import PurchaseSums, sum_purchases
from fidelia.customers.models import Customer
from fidelia.customers.queries import find_addresses, ids_of_each
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.ledger.queries import list_balances
from fidelia.organisation.queries import list_stores
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import see_enrolments, terms_of, tiers_of_each_at, version_in_force
from fidelia.rules.tiers import TierLevel

from ..words import KINDS, LANGUAGES, SOURCES, word

SPEND_DAYS = 365


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has: points in minor units with their scale, and the name and rank from the top of the tier."""

    points: int
    scale: int
    tier: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as the list shows it; `query` leads its page back to its place in the list, `custom` is what custom
    fields say, by name."""

    customer: Customer
    name: str
    second: str
    standing: Standing | None
    spend: Money | None
    last_sale_at: datetime | None
    store: str
    kind: str
    language: str
    source: str
    custom: Sequence[tuple[str, str]] = ()
    query: str = ""


def rows_of(by: Actor, customers: Sequence[Customer], at: datetime) -> list[CustomerRow]:
    """Return the customers with address, tier, points and purchases; the same few statements for any number of them."""
    ids = [customer.id for customer in customers]
    if not ids:
        return []
    whose = {id: asked for asked, all_ids in ids_of_each(ids).items() for id in all_ids}
    addresses = find_addresses(ids, "email") if by.may_somewhere("customer.see_contacts") else {}
    standings = _standings(by, whose, at) if by.may_somewhere("points.see") else {}
    sums = _sums(by, whose, at) if by.may_somewhere("purchase.see") else {}
    stores = {store.id: store.name for store in list_stores(by=by)}
    return [_row(customer, addresses, standings, sums, stores) for customer in customers]


def name_of(customer: Customer) -> str:
    """Return what a page calls a customer; one who is known by a card alone has no name."""
    return customer.display_name or _("Customer without a name")


def added(one: PurchaseSums, other: PurchaseSums) -> PurchaseSums:
    """Return the sums of two ids of one person in one currency."""
    dates = [at for at in (one.last_sale_at, other.last_sale_at) if at is not None]
    return replace(
        one,
        sales_since=one.sales_since + other.sales_since,
        amount_since=one.amount_since + other.amount_since,
        sales=one.sales + other.sales,
        last_sale_at=max(dates, default=None),
    )


def _row(
    customer: Customer,
    addresses: dict[UUID, str],
    standings: dict[UUID, Standing],
    sums: dict[UUID, PurchaseSums],
    stores: dict[UUID, str],
) -> CustomerRow:
    bought = sums.get(customer.id)
    return CustomerRow(
        customer=customer,
        name=name_of(customer),
        second=addresses.get(customer.id, "") or customer.town,
        standing=standings.get(customer.id),
        spend=Money(bought.amount_since, bought.currency) if bought else None,
        last_sale_at=bought.last_sale_at if bought else None,
        store=stores.get(customer.home_store_id, "") if customer.home_store_id else "",
        kind=word(KINDS, customer.kind),
        language=word(LANGUAGES, customer.language),
        source=word(SOURCES, customer.source),
    )


def _sums(by: Actor, whose: dict[UUID, UUID], at: datetime) -> dict[UUID, PurchaseSums]:
    """The largest currency of each person; what was bought under merged ids counts for the survivor."""
    sums: dict[UUID, PurchaseSums] = {}
    for each in sum_purchases(by=by, customer_ids=whose, since=at - timedelta(days=SPEND_DAYS)):
        person = whose[each.customer_id]
        known = sums.get(person)
        if known is None:
            sums[person] = each
        elif known.currency == each.currency:
            sums[person] = added(known, each)
    return sums


def _standings(by: Actor, whose: dict[UUID, UUID], at: datetime) -> dict[UUID, Standing]:
    enrolments = [each for each in see_enrolments(by=by, customer_ids=whose, right="points.see") if not each.ended_at]
    held = tiers_of_each_at([enrolment.id for enrolment in enrolments], at)
    standings: dict[UUID, Standing] = {}
    for programme_id in {enrolment.programme_id for enrolment in enrolments}:
        members = [enrolment for enrolment in enrolments if enrolment.programme_id == programme_id]
        standings |= _standings_in(members, held, whose, at)
    return standings


def _standings_in(
    members: Sequence[Enrolment], held: dict[UUID, str], whose: dict[UUID, UUID], at: datetime
) -> dict[UUID, Standing]:
    programme = members[0].programme
    currency = programme.points_currency
    accounts = [enrolment.account_id for enrolment in members]
    balances = list_balances(account_ids=accounts, currency=currency.code, at=at)
    version = version_in_force(programme, at)
    tiers = terms_of(version.id).tiers if version else None
    levels = {level.key: (place, level) for place, level in enumerate(reversed(tiers.levels), 1)} if tiers else {}
    return {
        whose[enrolment.customer_id]: _standing(
            balances[enrolment.account_id].available, currency.scale, levels.get(held.get(enrolment.id, ""))
        )
        for enrolment in members
    }


def _standing(points: int, scale: int, ranked: tuple[int, TierLevel] | None) -> Standing:
    if ranked is None:
        return Standing(points, scale)
    rank, level = ranked
    return Standing(points, scale, level.name.in_language(get_language() or "en"), rank)
