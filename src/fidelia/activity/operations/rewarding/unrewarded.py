"""Purchases of known customers that count for no account: read person by person, in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.customers.queries import ids_of_each
from fidelia.customers.queries.identities import survivors_of
from fidelia.kernel.db import read_jsonb
from fidelia.organisation.queries import get_store
from fidelia.programme.models import Enrolment, Programme

from ..imports.receipts import Receipt

_FREE = """
purchase.customer_id is not null and purchase.account_id is null and purchase.currency = %(currency)s
    and purchase.origin <> 'simulation' and purchase.checkout_id is null
    and (purchase.programme_id is null or purchase.programme_id = %(programme)s)
    and not exists (select from activity_claim claim where claim.purchase_id = purchase.purchase_id)
"""
_COUNT = f"select count(*) from activity_purchase purchase where {_FREE}"
_CUSTOMERS = f"""
select purchase.customer_id from activity_purchase purchase
where {_FREE} and (%(after)s::uuid is null or purchase.customer_id > %(after)s)
group by purchase.customer_id order by purchase.customer_id limit %(limit)s
"""
_IDS = f"select purchase_id from activity_purchase purchase where {_FREE} and customer_id = any (%(customers)s)"
_LOCK = """
select pg_advisory_xact_lock(hashtextextended(id::text, 0)) from (select unnest(%s::uuid[]) as id order by 1) sale
"""
_READ = f"""
select purchase.purchase_id, purchase.receipt_number, purchase.kind, purchase.customer_id, purchase.occurred_at,
    coalesce(purchase.store_id::text, ''), purchase.channel, purchase.total, lines.*, purchase.returns_purchase_id
from activity_purchase purchase cross join lateral (
    select count(*)::int, array_agg(product_code order by line_number), array_agg(quantity order by line_number),
        array_agg(net order by line_number), array_agg(returns_purchase_id order by line_number),
        array_agg(returns_line_number order by line_number)
    from activity_line line where line.purchase_id = purchase.purchase_id) lines
where {_FREE} and purchase.purchase_id = any (%(ids)s)
order by purchase.occurred_at, purchase.kind = 'return', purchase.purchase_id
"""
_REWARDED = """
select customer_id from activity_purchase where customer_id = any(%s) and kind = 'sale' and account_id is not null
union
select customer_id from activity_claim where customer_id = any(%s)
"""


@dataclass(slots=True)
class PastReceipt(Receipt):
    """A recorded purchase as the rules decide it; `backs` say which lines its lines give back, where they are known."""

    backs: list[tuple[UUID, int] | None] = field(default_factory=list)
    sale_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which purchases are meant."""

    programme: Programme

    def parameters(self, **more: object) -> dict[str, object]:
        return {"currency": self.programme.currency, "programme": self.programme.id, **more}


def count_unrewarded(asked: Asked) -> int:
    """Return how many purchases and returns of known customers count for no account."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, asked.parameters())  # type: ignore[arg-type] # ids and texts
        return int(cursor.fetchone()[0])


def list_people(asked: Asked, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the next customers who have such purchases."""
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, asked.parameters(after=after, limit=limit))  # type: ignore[arg-type]
        return [customer_id for (customer_id,) in cursor.fetchall()]


def whole_people(asked: Asked, customer_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return each customer of those persons, and of those who share an account with them → the customer who goes on.

    So that the history of no account is decided in two parts.
    """
    survivors = set(survivors_of(customer_ids).values())
    enrolments = Enrolment.objects.filter(programme=asked.programme, ended_at__isnull=True)
    accounts = enrolments.filter(customer_id__in=survivors).values_list("account_id", flat=True)
    survivors |= set(enrolments.filter(account_id__in=list(accounts)).values_list("customer_id", flat=True))
    return {each: survivor for survivor, ids in ids_of_each(sorted(survivors)).items() for each in ids}


def read_past(asked: Asked, people: dict[UUID, UUID]) -> list[PastReceipt]:
    """Return the purchases of persons in the order of time, each held against returns and claims until the end.

    What was rewarded while we waited is left out: it is read again under the locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(_IDS, asked.parameters(customers=list(people)))  # type: ignore[arg-type]
        ids = [purchase_id for (purchase_id,) in cursor.fetchall()]
        cursor.execute(_LOCK, [ids])
        cursor.execute(_READ, asked.parameters(ids=ids))  # type: ignore[arg-type]
        return [_receipt(row, people, place) for place, row in enumerate(cursor.fetchall())]


def _receipt(row: tuple, people: dict[UUID, UUID], place: int) -> PastReceipt:  # type: ignore[type-arg]
    (purchase_id, number, kind, customer_id, occurred_at, store, channel, total, count, products, quantities, nets,
     back_purchases, back_lines, sale_id) = row  # fmt: skip
    backs = [(one, line) if one is not None else None for one, line in zip(back_purchases, back_lines, strict=True)]
    return PastReceipt(
        place=place, number=number, kind=kind, customer=str(people[customer_id]), occurred_at=occurred_at, country="",
        store=store, channel=channel, net=total, line_count=count, is_known=False, products=products,
        quantities=quantities, nets=nets, categories=[""] * count, purchase_id=purchase_id, backs=backs,
        sale_id=sale_id or purchase_id,
    )  # fmt: skip


def find_who_earned(customer_ids: Sequence[UUID]) -> set[UUID]:
    """Return those who have earned by a purchase already: their next one is not their first."""
    with connection.cursor() as cursor:
        cursor.execute(_REWARDED, [list(customer_ids), list(customer_ids)])
        return {customer_id for (customer_id,) in cursor.fetchall()}


def know_products(codes: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return what rules may read of products today."""
    with connection.cursor() as cursor:
        cursor.execute("select products_for_rules(%s)", [sorted(set(codes))])
        found: dict[str, dict[str, object]] = read_jsonb(cursor.fetchone()[0])
        return found


def know_stores(ids: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return what rules may read of stores, by their id."""
    stores: dict[str, dict[str, object]] = {}
    for store_id in sorted({one for one in ids if one}):
        store = get_store(store_id=UUID(store_id))
        stores[store_id] = {
            "id": store_id, "code": store.code, "banner": store.banner.code, "partner_id": str(store.partner_id),
            "channel": store.channel,
        }  # fmt: skip
    return stores


def first_of_each(receipts: Sequence[Receipt]) -> dict[str, datetime]:
    """Return when each person's first of these was, by the name they have in them."""
    first: dict[str, datetime] = {}
    for receipt in receipts:
        if receipt.customer is not None:
            first[receipt.customer] = min(first.get(receipt.customer, receipt.occurred_at), receipt.occurred_at)
    return first
