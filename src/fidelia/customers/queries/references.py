"""Which other tables name a customer: asked of the database itself, so that no module can be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection
from psycopg import sql

from ..models import ImportedCustomer

# What says that something happened is no reason for a customer to stay.
RECORDS = ("kernel_outbox", "kernel_parked_event", "access_audit", "kernel_change_mark")
_TABLES = """
select c.table_name from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name = 'customer_id'
    and not starts_with(c.table_name, 'customers_') and c.table_name <> all(%s)
order by c.table_name
"""


# What a row of a table is called; a table that is not named here is called by its own name, without its module.
CALLED = {
    "activity_checkout": "checkouts",
    "activity_claim": "claimed purchases",
    "activity_purchase": "purchases",
    "campaigns_member": "people of campaigns",
    "insight_rfm": "scores",
    "members_code": "codes to come in",
    "members_session": "devices",
    "members_used_link": "links used",
    "messaging_message": "messages",
    "persons_request": "requests about own data",
    "programme_enrolment": "memberships",
    "rewards_coupon_code": "coupons",
    "rewards_gift_card": "gift cards",
    "rewards_use": "rewards used",
    "rewards_voucher": "vouchers",
}


def list_imported(import_id: UUID) -> list[UUID]:
    """Return the customers that an import added and that were not erased since."""
    return list(ImportedCustomer.objects.filter(import_id=import_id).values_list("customer_id", flat=True))


def called(table: str) -> str:
    """Return what rows of a table are called."""
    return CALLED.get(table, table.partition("_")[2].replace("_", " "))


def find_references(customer_ids: Sequence[UUID], *, besides: Collection[str] = ()) -> dict[str, int]:
    """Return how many of these customers each table of another module names; those that name none are left out."""
    if not customer_ids:
        return {}
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [[*RECORDS, *besides]])
        for (table,) in cursor.fetchall():
            question = sql.SQL("select count(distinct customer_id) from {} where customer_id = any(%s)")
            cursor.execute(question.format(sql.Identifier(table)), [list(customer_ids)])
            count = cursor.fetchone()[0]
            if count:
                found[table] = count
    return found
