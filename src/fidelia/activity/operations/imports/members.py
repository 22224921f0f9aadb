"""What is known of the members of a batch before it is decided: who they are, and where they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from babel import Locale
from django.db import connection

from fidelia.customers.operations import NewCustomer, add_customers_in_bulk
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import read_jsonb
from fidelia.ledger.queries import list_earnings
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import NewMember, enrol_in_bulk
from fidelia.programme.queries import Terms
from fidelia.rules import GENESIS
from fidelia.rules.tiers import NO_TIER, TierTracker

from ..deciding import ChainHead
from .mapping import ImportMapping
from .receipts import Receipt

_LOCK_CHAINS = """
with opened as (
    insert into activity_chain (account_id, sequence, hash) select account, 0, %s from unnest(%s::uuid[]) account
    order by account on conflict do nothing
)
select 1
"""
_READ_CHAINS = """
select account_id, sequence, hash from activity_chain where account_id = any(%s) order by account_id for update
"""
_FACTS = """
select asked.place, customers_for_rules(asked.customer, asked.at)
from unnest(%s::int[], %s::uuid[], %s::timestamptz[]) as asked (place, customer, at)
"""
_BOUGHT_BEFORE = """
select customer_id from activity_purchase where customer_id = any(%s) and kind = 'sale' group by customer_id
"""
_OPEN_LINES = """
select sale.customer_id, line.product_code, line.quantity, line.net, line.purchase_id, line.line_number, line.points,
       sale.occurred_at, sale.account_id
from activity_purchase sale join activity_line line using (purchase_id)
where sale.customer_id = any(%s) and sale.kind = 'sale' and line.quantity > 0 and not exists (
    select from activity_line back
    where back.returns_purchase_id = line.purchase_id and back.returns_line_number = line.line_number)
order by sale.occurred_at
"""
# How the United Kingdom's and other files spell countries that the Unicode names spell otherwise.
_OTHER_NAMES = {"eire": "IE", "rsa": "ZA", "usa": "US", "uk": "GB", "hong kong": "HK", "czech republic": "CZ"}
_NO_COUNTRIES = ("EU", "EZ", "UN", "ZZ", "XA", "XB")


@dataclass(slots=True)
class SoldLine:
    """A line sold before that may come back whole."""

    quantity: int
    net: int
    purchase_id: UUID
    line_number: int
    points: int
    occurred_at: datetime
    account_id: UUID | None  # the account that earned by it, which is another one after a new membership


@dataclass(slots=True)
class MemberState:
    """Where one customer stands while their history is decided, receipt after receipt."""

    customer_id: UUID
    enrolment: Enrolment | None = None
    head: ChainHead | None = None
    tracker: TierTracker | None = None
    earnings: list[tuple[datetime, int]] = field(default_factory=list)
    has_bought: bool = False
    sold: dict[str, list[SoldLine]] = field(default_factory=lambda: defaultdict(list))

    def tier_at(self, at: datetime) -> str:
        """Return the tier held then; asked in the order of time."""
        if self.tracker is None:
            return NO_TIER
        while self.earnings and self.earnings[0][0] <= at:
            self.tracker.earn(*self.earnings.pop(0))
        return self.tracker.tier_at(at)

    def earn(self, at: datetime, points: int) -> None:
        if self.tracker is not None and points:
            self.tracker.earn(at, points)

    def take_sold(self, product: str, quantity: int, net: int, before: datetime) -> SoldLine | None:
        """Take the latest line that a returned one fits whole: same product, same quantity, same amount."""
        candidates = self.sold.get(product, [])
        for place in range(len(candidates) - 1, -1, -1):
            line = candidates[place]
            if line.quantity == quantity and line.net == net and line.occurred_at <= before:
                return candidates.pop(place)
        return None


def load_members(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    mapping: ImportMapping,
    receipts: Sequence[Receipt],
    terms: Terms | None,
) -> dict[str, MemberState]:
    """Building block: find or add the customers of a batch, enrol them, lock their chains, and read where they stand.

    The chains are locked in the order of their accounts; what is read is read after.
    """
    first = _first_receipts(receipts)
    if not first:
        return {}
    rows = [_new_customer(receipt, mapping) for receipt in first.values()]
    ids = add_customers_in_bulk(by=by.lent("customer.add"), at=at, rows=rows)
    by_customer = {customer_id: MemberState(customer_id) for customer_id in ids}
    states = {name: by_customer[customer_id] for name, customer_id in zip(first, ids, strict=True)}
    if mapping.enrol:
        members = _new_members(states, first)
        enrol_in_bulk(by=by.lent("enrolment.create"), at=at, programme=programme, members=members, source="import")
    _load_enrolments(programme, by_customer, terms)
    _load_past(by_customer, has_returns=any(receipt.kind == "return" for receipt in receipts))
    return states


def _first_receipts(receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    first: dict[str, Receipt] = {}
    for receipt in receipts:
        if receipt.customer is not None:
            first.setdefault(receipt.customer, receipt)
    return first


def _new_members(states: Mapping[str, MemberState], first: Mapping[str, Receipt]) -> list[NewMember]:
    """Return each customer once, a member since the earliest receipt under any of their names."""
    since: dict[UUID, datetime] = {}
    for name, receipt in first.items():
        known = since.get(states[name].customer_id, receipt.occurred_at)
        since[states[name].customer_id] = min(known, receipt.occurred_at)
    return [NewMember(customer_id, moment) for customer_id, moment in since.items()]


def in_order_of_time(receipts: Sequence[Receipt], states: Mapping[str, MemberState]) -> list[Receipt]:
    """Return the receipts of a batch, each person's together in the order of time, whatever names they came under."""
    place: dict[UUID | None, int] = {}
    for receipt in receipts:
        place.setdefault(_person_of(receipt, states), len(place))
    return sorted(receipts, key=lambda receipt: (place[_person_of(receipt, states)], receipt.occurred_at))


def _person_of(receipt: Receipt, states: Mapping[str, MemberState]) -> UUID | None:
    return states[receipt.customer].customer_id if receipt.customer is not None else None


def _new_customer(receipt: Receipt, mapping: ImportMapping) -> NewCustomer:
    assert receipt.customer is not None
    return NewCustomer(
        source="import",
        language=mapping.language,
        country=country_code(receipt.country),
        acquired_at=receipt.occurred_at,
        identities=((mapping.customer_scheme, receipt.customer),),
    )


@lru_cache(maxsize=1_000)
def country_code(text: str) -> str:
    """Return the ISO 3166 code of a country's code, English or French name; empty for what is none."""
    wanted = text.strip()
    if len(wanted) == 2 and wanted.isalpha() and wanted.upper() in Locale("en").territories:
        return "" if wanted.upper() in _NO_COUNTRIES else wanted.upper()
    return _names_of_countries().get(wanted.casefold(), "")


@lru_cache(maxsize=1)
def _names_of_countries() -> dict[str, str]:
    names = dict(_OTHER_NAMES)
    for language in ("en", "fr"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code not in _NO_COUNTRIES:
                names.setdefault(name.casefold(), code)
    return names


def _load_enrolments(programme: Programme, states: dict[UUID, MemberState], terms: Terms | None) -> None:
    enrolments = list(
        Enrolment.objects.filter(programme=programme, customer_id__in=list(states), ended_at__isnull=True)
    )
    accounts = sorted({enrolment.account_id for enrolment in enrolments})
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CHAINS, [GENESIS, accounts])
        cursor.execute(_READ_CHAINS, [accounts])
        heads = {account: ChainHead(account, sequence, bytes(hash_)) for account, sequence, hash_ in cursor.fetchall()}
    earnings = list_earnings(account_ids=accounts, currency=programme.points_currency_id)
    for enrolment in enrolments:
        state = states[enrolment.customer_id]
        state.enrolment = enrolment
        state.head = heads[enrolment.account_id]
        if terms is not None and terms.tiers is not None:
            state.tracker = TierTracker(terms.tiers, terms.zone)
            state.earnings = sorted(earnings.get(enrolment.account_id, ()))


def _load_past(states: dict[UUID, MemberState], *, has_returns: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT_BEFORE, [list(states)])
        for (customer_id,) in cursor.fetchall():
            states[customer_id].has_bought = True
        bought = [customer_id for customer_id, state in states.items() if state.has_bought]
        if has_returns and bought:
            cursor.execute(_OPEN_LINES, [bought])
            for customer_id, product, *line in cursor.fetchall():
                states[customer_id].sold[product].append(SoldLine(*line))


def read_customer_facts(asked: Sequence[tuple[UUID, datetime]]) -> list[dict[str, Any]]:
    """Return what rules may read of each customer at each moment, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FACTS,
            [list(range(len(asked))), [customer for customer, _at in asked], [moment for _customer, moment in asked]],
        )
        found = {place: read_jsonb(facts) for place, facts in cursor.fetchall()}
    return [found[place] for place in range(len(asked))]
