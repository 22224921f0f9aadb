"""A shop made large: each customer of the invented shop many times over, with all that hangs on it, by set statements.

The demo invents 3,000 customers with two years of history in seconds and a million in hours, since every one of its
purchases is decided and posted. Pages do not care who decided: here the rows themselves are copied, each copy with ids,
cards, addresses, names and hours of its own, so that indexes are as deep and words as frequent as in a large shop.

Copies are placed beside their originals, which keeps ids in order of time, as UUIDv7 has them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fidelia.kernel.folding import fold

PURCHASES_A_CUSTOMER = 10
AUDIT_ROWS_MAX = 1_000_000
Told = Callable[[str], None]

# What differs between the copies; every other column is copied. `o` is the original, `k` numbers the copy.
PEOPLE = ("customer_id", "enrolment_id", "account_id")
RULES: dict[str, dict[str, str]] = {
    "customers_customer": {
        "id": "bench_id(o.id, k)",
        "given_name": "case o.kind when 'person' then g.given else '' end",
        "family_name": "case o.kind when 'person' then f.family else '' end",
        "company_name": "case o.kind when 'company' then o.company_name || ' ' || k else '' end",
        "search_key": "case o.kind when 'person' then g.given_key || ' ' || f.family_key "
                      "else o.search_key || ' ' || k end",
        "sort_key": "case o.kind when 'person' then f.family_key || ' ' || g.given_key else o.sort_key || ' ' || k end",
        "acquired_at": "o.acquired_at - k * interval '41 seconds'",
        "updated_at": "o.updated_at - k * interval '1 second'",
    },
    "customers_identity": {"value": "case o.scheme when 'card' then '28' || lpad(k::text, 4, '0') || right(o.value, 7) "
                                    "else o.value || '-' || k end"},
    "customers_contact_point": {"value": "case o.channel when 'email' then k || '.' || o.value "
                                         "else '+336' || lpad((abs(hashtext(o.value || k)) % 100000000)::text, 8, '0') "
                                         "end"},
    "customers_consent": {},
    "customers_trait": {"number": "case when o.name = 'rfm_net' then o.number + k % 997 else o.number end"},
    "customers_segment_membership": {},
    "programme_enrolment": {"id": "bench_id(o.id, k)"},
    "programme_tierperiod": {},
    "ledger_account": {},
    "ledger_balance": {},
    "ledger_posting": {
        "posting_id": "bench_id(o.posting_id, k)",
        "source_id": "bench_id(o.source_id, k)",
        "occurred_at": "o.occurred_at - k * interval '37 seconds'",
    },
    "ledger_entry": {
        "posting_id": "bench_id(o.posting_id, k)",
        "lot_id": "bench_id(o.lot_id, k)",
        "occurred_at": "o.occurred_at - k * interval '37 seconds'",
    },
    "ledger_lot": {"lot_id": "bench_id(o.lot_id, k)"},
    "activity_chain": {},
    "activity_purchase": {
        "purchase_id": "bench_id(o.purchase_id, k)",
        "posting_id": "bench_id(o.posting_id, k)",
        "returns_purchase_id": "bench_id(o.returns_purchase_id, k)",
        "receipt_number": "o.receipt_number || '-' || k",
        "idempotency_key": "o.idempotency_key || '-' || k",
        "occurred_at": "o.occurred_at - k * interval '37 seconds'",
    },
    "activity_line": {
        "purchase_id": "bench_id(o.purchase_id, k)",
        "returns_purchase_id": "bench_id(o.returns_purchase_id, k)",
    },
    "activity_decision": {"purchase_id": "bench_id(o.purchase_id, k)"},
    "insight_rfm": {"amount": "o.amount + k % 997"},
}  # fmt: skip
# A second series of purchases, without points, brings the two years of the demo to ten purchases a customer.
AGAIN = {
    "activity_purchase": {
        "purchase_id": "bench_id(o.purchase_id, k + 100000)",
        "customer_id": "bench_id(o.customer_id, k)",
        "enrolment_id": "bench_id(o.enrolment_id, k)",
        "account_id": "null", "posting_id": "null", "balance_after": "null", "rule_version_id": "null", "points": "0",
        "receipt_number": "o.receipt_number || '+' || k",
        "idempotency_key": "o.idempotency_key || '+' || k",
        "occurred_at": "o.occurred_at - k * interval '53 seconds'",
    },
    "activity_line": {"purchase_id": "bench_id(o.purchase_id, k + 100000)", "points": "0"},
}  # fmt: skip
NAMES = {
    "customers_customer": """
        join bench_given g on g.place = abs(hashtext(o.id::text || k)) % (select count(*) from bench_given)
        join bench_family f on f.place = abs(hashtext(k || o.id::text)) % (select count(*) from bench_family)"""
}
FUNCTION = """
create or replace function bench_id(original uuid, copy int) returns uuid language sql immutable parallel safe as $$
    select (left(original::text, 24)
        || lpad(to_hex((('x' || right(original::text, 12))::bit(48) # (copy::bigint << 24)::bit(48))::bigint), 12, '0')
    )::uuid $$
"""


def multiply(customers: int, told: Told) -> None:
    """Copy the shop at hand until it has so many customers. The connection must own the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")  # foreign keys hold by the making
        cursor.execute("set synchronous_commit = off")
        cursor.execute(FUNCTION)
        cursor.execute("select count(*) from customers_customer")
        known = cursor.fetchone()[0]
        copies = max(0, round(customers / known) - 1)
        _keep_names(cursor)
        with _without_indexes(cursor, told):
            _copy_again(cursor, copies, known, told)
            for table, rules in RULES.items():
                _copy(cursor, table, rules, copies, told)
            _copy_audit(cursor, told)
        _settle(cursor, copies)
        told("vacuum")
        cursor.execute("vacuum (analyze, parallel 2)")
        cursor.execute("set session_replication_role = origin")


def _copy_again(cursor: Any, copies: int, known: int, told: Told) -> None:
    """Sales once more, so many of a hundred that ten are bought by each customer; before the copies are made."""
    cursor.execute("select count(*), count(*) filter (where kind = 'sale') from activity_purchase")
    purchases, sales = cursor.fetchone()
    share = max(0.0, (PURCHASES_A_CUSTOMER * known - purchases) / sales)
    keep = f"abs(hashtext(o.purchase_id::text || k)) % 1000 < {round(1000 * share)}"
    sold = "and exists (select from activity_purchase p where p.purchase_id = o.purchase_id and p.kind = 'sale')"
    _copy(cursor, "activity_line", AGAIN["activity_line"], copies + 1, told, f"where {keep} {sold}", first=0)
    _copy(cursor, "activity_purchase", AGAIN["activity_purchase"], copies + 1, told,
          f"where {keep} and o.kind = 'sale'", first=0)  # fmt: skip


def _copy(
    cursor: Any, table: str, rules: dict[str, str], copies: int, told: Told, where: str = "", *, first: int = 1
) -> None:
    began = time.perf_counter()
    columns = _columns_of(cursor, table)
    given = {name: f"bench_id(o.{name}, k)" for name in PEOPLE if name in columns} | rules
    # Rows of the second series have no original to hang on: they are never copied again.
    plain = "" if where or not table.startswith("activity_") else _originals(table)
    cursor.execute(
        f"insert into {table} ({', '.join(columns)}) overriding user value "
        f"select {', '.join(given.get(name, f'o.{name}') for name in columns)} "
        f"from {table} o cross join generate_series({first}, {copies + first - 1}) k "
        f"{NAMES.get(table, '')} {where or plain}"
    )
    told(f"{table}: {cursor.rowcount:,} rows in {time.perf_counter() - began:.0f} s")


def _originals(table: str) -> str:
    if table == "activity_purchase":
        return "where strpos(o.receipt_number, '+') = 0"
    if table == "activity_line":
        return "where exists (select from bench_sale b where b.purchase_id = o.purchase_id)"
    return ""


def _keep_names(cursor: Any) -> None:
    """Lay the invented names out by number, folded as the customer file folds them; and which purchases are first."""
    for part, column in (("given", "given_name"), ("family", "family_name")):
        cursor.execute(f"select {column} from customers_customer where kind = 'person' and {column} <> ''")
        rows = [(place, name, fold(name)) for place, (name,) in enumerate(cursor.fetchall())]
        cursor.execute(f"create temporary table bench_{part} (place int primary key, {part} text, {part}_key text)")
        cursor.executemany(f"insert into bench_{part} values (%s, %s, %s)", rows)
        cursor.execute(f"analyze bench_{part}")
    cursor.execute("create temporary table bench_sale as select purchase_id from activity_purchase")
    cursor.execute("analyze bench_sale")


def _copy_audit(cursor: Any, told: Told) -> None:
    cursor.execute(
        """insert into access_audit
               (by_kind, by_id, by_label, verb, object_type, object_id, before, after, partner_id, at)
           select by_kind, by_id, by_label, verb, object_type, object_id, before, after, partner_id,
               at - k * interval '7 seconds'
           from access_audit cross join generate_series(1, (select %s / greatest(1, count(*)) from access_audit)) k
           order by k desc""",
        [AUDIT_ROWS_MAX],
    )
    told(f"access_audit: {cursor.rowcount:,} rows")


def _settle(cursor: Any, copies: int) -> None:
    """Counts that the shop keeps beside the rows themselves; the figures of the night come with `count_figures`."""
    cursor.execute("update insight_refresh set customer_count = customer_count * %s", [copies + 1])
    cursor.execute("update customers_segment set member_count = member_count * %s", [copies + 1])


def _columns_of(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        """select column_name from information_schema.columns
           where table_schema = 'public' and table_name = %s and is_identity = 'NO' and is_generated = 'NEVER'
           order by ordinal_position""",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


@contextmanager
def _without_indexes(cursor: Any, told: Told) -> Iterator[None]:
    """Take the indexes that guard nothing away for the while, and build each once over all of the rows."""
    cursor.execute(
        """select indexname, indexdef from pg_indexes i
           where schemaname = 'public' and tablename = any(%s)
               and not exists (select from pg_constraint c where c.conname = i.indexname)""",
        [[*RULES, "access_audit"]],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f'drop index public."{name}"')
    yield
    began = time.perf_counter()
    cursor.execute("set maintenance_work_mem = '1GB'")
    for _name, definition in indexes:
        cursor.execute(definition)
    told(f"{len(indexes)} indexes in {time.perf_counter() - began:.0f} s")


def main() -> None:
    """`python -m benchmarks.multiplying 1000000`: make the invented shop of the installation at hand so large."""
    from fidelia.worker.readiness import django_ready

    django_ready(as_owner=True)
    multiply(int(sys.argv[1]), lambda line: print(f"  {line}", flush=True))


if __name__ == "__main__":
    main()
