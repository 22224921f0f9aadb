"""What is known of the members of a batch before it is decided: who they are, and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.customers.operations import NewCustomer, add_customers_in_bulk
from fidelia.customers.queries import ids_of_each, read_for_rules
from fidelia.kernel.actor import Actor
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import NewMember, enrol_in_bulk
from fidelia.programme.queries import Terms
from fidelia.rules import GENESIS
from fidelia.rules.tiers import NO_TIER

from ..deciding import ChainHead
from .cells import country_code
from .mapping import ImportMapping
from .receipts import Receipt
from .sold_lines import SoldGoods, SoldLine
from .standing import TierOfHistory, load_standings

ENROLLED_BY = "import"
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
_BOUGHT_BEFORE = """
select customer_id from activity_purchase where customer_id = any(%s) and kind = 'sale' group by customer_id
union
select customer_id from activity_claim where customer_id = any(%s)
"""
# What no chain guards is guarded as returns at the till guard it: by a lock on the purchase, in the order of ids.
_LOCK_SALES_OF_NO_ACCOUNT = """
select pg_advisory_xact_lock(hashtextextended(sale.id::text, 0)) from (
    select distinct sale.purchase_id as id
    from activity_purchase sale join activity_line line using (purchase_id)
    where sale.customer_id = any(%s) and sale.kind = 'sale' and sale.account_id is null and line.quantity > 0
        and line.product_code = any(%s)
    order by 1) sale
"""
# What was rewarded afterwards, or claimed, counts as its claim says.
_OPEN_LINES = """
select coalesce(claim.customer_id, sale.customer_id), line.product_code, sale.total + coalesce((
           select sum(back.net) from activity_line back where back.returns_purchase_id = sale.purchase_id), 0)::bigint,
       line.quantity, line.net, line.purchase_id, line.line_number,
       coalesce(claim.line_points[line.line_number], line.points),
       sale.occurred_at, coalesce(claim.account_id, sale.account_id), sale.store_id, sale.receipt_number,
       returned.quantity
from activity_purchase sale join activity_line line using (purchase_id)
left join activity_claim claim using (purchase_id)
cross join lateral (
    select coalesce(-sum(back.quantity), 0)::bigint as quantity from activity_line back
    where back.returns_purchase_id = line.purchase_id and back.returns_line_number = line.line_number) returned
where sale.purchase_id in (
        select purchase_id from activity_purchase where customer_id = any(%(customers)s) and kind = 'sale'
        union select purchase_id from activity_claim where customer_id = any(%(customers)s))
    and line.quantity > 0 and line.product_code = any(%(products)s)
order by sale.occurred_at
"""


@dataclass(slots=True)
class AccountState:
    """Where one points account stands while its history is decided; a family's is shared by its memberships."""

    head: ChainHead
    tiers: list[TierOfHistory] = field(default_factory=list)  # of each membership at it


@dataclass(slots=True)
class MemberState(SoldGoods):
    """Where one customer stands while their history is decided, receipt after receipt."""

    customer_id: UUID
    enrolment: Enrolment | None = None
    account: AccountState | None = None
    tier: TierOfHistory | None = None
    has_bought: bool = False
    is_new_member: bool = False  # this batch made them one

    def tier_at(self, at: datetime) -> str:
        """Return the tier held then, empty for none; asked in the order of time."""
        return self.tier.tier_at(at) if self.tier is not None else NO_TIER


def load_members(
    *,
    by: Actor,
    at: datetime,
    programme: Programme | None,
    mapping: ImportMapping,
    receipts: Sequence[Receipt],
    terms: Terms | None,
    import_id: UUID | None = None,
) -> dict[str, MemberState]:
    """Building block: find or add the customers of a batch, enrol them, lock their chains, and read where they stand.

    The chains are locked in the order of their accounts; what is read is read after.
    """
    first = _first_receipts(receipts)
    if not first:
        return {}
    rows = [_new_customer(receipt, mapping) for receipt in first.values()]
    ids = add_customers_in_bulk(by=by.lent("customer.create"), at=at, rows=rows, import_id=import_id)
    by_customer = {customer_id: MemberState(customer_id) for customer_id in ids}
    states = {name: by_customer[customer_id] for name, customer_id in zip(first, ids, strict=True)}
    if mapping.enrol and programme is not None:
        members = without_those_who_left(programme, _new_members(states, first))
        lent = by.lent("enrolment.create")
        for customer_id in enrol_in_bulk(by=lent, at=at, programme=programme, members=members, source=ENROLLED_BY):
            by_customer[customer_id].is_new_member = True
    if programme is not None:
        load_enrolments(programme, by_customer, terms)
    _load_past(by_customer, returned_products(receipts))
    return states


def returned_products(receipts: Iterable[Receipt]) -> set[str]:
    """Return the products of which something comes back."""
    return {
        product
        for receipt in receipts
        if receipt.gives_back
        for product, quantity in zip(receipt.products, receipt.quantities, strict=True)
        if quantity < 0
    }


def _first_receipts(receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    first: dict[str, Receipt] = {}
    for receipt in receipts:
        if receipt.customer is not None:
            known = first.setdefault(receipt.customer, receipt)
            if receipt.occurred_at < known.occurred_at:
                first[receipt.customer] = receipt
    return first


def _new_members(states: Mapping[str, MemberState], first: Mapping[str, Receipt]) -> list[NewMember]:
    """Return each customer once, a member since the earliest receipt under any of their names."""
    since: dict[UUID, datetime] = {}
    for name, receipt in first.items():
        known = since.get(states[name].customer_id, receipt.occurred_at)
        since[states[name].customer_id] = min(known, receipt.occurred_at)
    return [NewMember(customer_id, moment) for customer_id, moment in since.items()]


def without_those_who_left(programme: Programme, members: Sequence[NewMember]) -> list[NewMember]:
    """Who has ended a membership is not made a member again by what they bought before or after."""
    ids = [member.customer_id for member in members]
    ended = Enrolment.objects.filter(programme=programme, customer_id__in=ids, ended_at__isnull=False)
    # A membership that an opening made, and took back, was never ended by anybody.
    ended = ended.exclude(openings__is_enrolled=True, openings__opening__undone_at__isnull=False)
    left = set(ended.values_list("customer_id", flat=True))
    return [member for member in members if member.customer_id not in left]


def in_order_of_time(receipts: Sequence[Receipt], states: Mapping[str, MemberState]) -> list[Receipt]:
    """Return the receipts of a batch, each account's together in the order of time, whatever names they came under."""
    place: dict[UUID | None, int] = {}
    for receipt in receipts:
        place.setdefault(_account_of(receipt, states), len(place))
    return sorted(receipts, key=lambda one: (place[_account_of(one, states)], one.occurred_at, one.is_return))


def _account_of(receipt: Receipt, states: Mapping[str, MemberState]) -> UUID | None:
    if receipt.customer is None:
        return None
    state = states[receipt.customer]
    return state.enrolment.account_id if state.enrolment is not None else state.customer_id


def _new_customer(receipt: Receipt, mapping: ImportMapping) -> NewCustomer:
    assert receipt.customer is not None
    return NewCustomer(
        source="import",
        language=mapping.language,
        country=country_code(receipt.country),
        acquired_at=receipt.occurred_at,
        identities=((mapping.customer_scheme, receipt.customer),),
    )


def load_enrolments(programme: Programme, states: dict[UUID, MemberState], terms: Terms | None) -> None:
    """Building block: tell each customer's membership and account, the chains locked in the order of accounts."""
    enrolments = list(
        Enrolment.objects.filter(programme=programme, customer_id__in=list(states), ended_at__isnull=True)
    )
    accounts = _load_accounts(sorted({enrolment.account_id for enrolment in enrolments}))
    standings = load_standings(programme, enrolments, terms)
    for enrolment in enrolments:
        state = states[enrolment.customer_id]
        state.enrolment = enrolment
        state.account = accounts[enrolment.account_id]
        state.tier = standings.get(enrolment.id)
        if state.tier is not None:
            state.account.tiers.append(state.tier)


def _load_accounts(ids: list[UUID]) -> dict[UUID, AccountState]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CHAINS, [GENESIS, ids])
        cursor.execute(_READ_CHAINS, [ids])
        return {
            account: AccountState(ChainHead(account, sequence, bytes(hash_)))
            for account, sequence, hash_ in cursor.fetchall()
        }


def _load_past(states: dict[UUID, MemberState], returned: set[str]) -> None:
    """What a person bought before, under whatever record that was merged into theirs."""
    owner = {one: person for person, ids in ids_of_each(list(states)).items() for one in ids}
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT_BEFORE, [list(owner), list(owner)])
        bought = [customer_id for (customer_id,) in cursor.fetchall()]
        for customer_id in bought:
            states[owner[customer_id]].has_bought = True
        if returned and bought:
            cursor.execute(_LOCK_SALES_OF_NO_ACCOUNT, [bought, sorted(returned)])
            cursor.execute(_OPEN_LINES, {"customers": bought, "products": sorted(returned)})
            for customer_id, product, left, *line in cursor.fetchall():
                if customer_id in owner:  # a claim may be of somebody else by now, who was taken apart from this person
                    sold, state = SoldLine(*line), states[owner[customer_id]]
                    state.sold[product].append(sold)
                    state.left[sold.purchase_id] = left


def read_facts(receipts: Sequence[Receipt], members: Mapping[str, MemberState]) -> list[dict[str, Any] | None]:
    """Return what rules may read of the customer of each receipt at its moment; None for nobody."""
    asked = [
        (place, members[receipt.customer].customer_id, receipt.occurred_at)
        for place, receipt in enumerate(receipts)
        if receipt.customer is not None and members[receipt.customer].enrolment is not None
    ]
    found: list[dict[str, Any] | None] = [None] * len(receipts)
    known = read_for_rules([(customer_id, moment) for _place, customer_id, moment in asked])
    for (place, _customer_id, _moment), facts in zip(asked, known, strict=True):
        found[place] = facts
    return found
