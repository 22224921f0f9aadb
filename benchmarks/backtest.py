"""How long a backtest takes: candidates of 20 rules over a million purchases by DuckDB, then settling them in Python.

Run it by `python -m benchmarks.backtest [purchases]`. The facts are invented and written as an export writes them; no
database is needed. Printed: the bare scan of the same columns; stage one with all that it takes before a purchase can
be settled (values read out of records and facts, candidates judged, records put in order) and its ratio to the scan;
what counting the holes of the history takes besides; stage two in purchases a second of processor time; the whole; and
the largest memory of the process.
"""

# ruff: noqa: E402 – Django is made ready before what needs it
from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import django
import duckdb
import pyarrow

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelia.config.settings")
django.setup()

from fidelia.activity.fields import PURCHASE_FIELDS
from fidelia.insight.backtest.history import Beside, History, open_history
from fidelia.insight.backtest.holes import holes_of
from fidelia.insight.backtest.members import Known, Members
from fidelia.insight.backtest.replaying import Replay
from fidelia.insight.backtest.tallies import Tallies
from fidelia.insight.backtest.trial import Trial
from fidelia.insight.operations.beside_facts import COLUMNS
from fidelia.programme.queries import Terms
from fidelia.rules import RuleSet, parse_rule_set
from fidelia.rules.terms import PointsPolicy, PurchasePolicy

PURCHASES = 1_000_000
LINES_EACH = 3
VERSION = "00000000-0000-7000-8000-000000000001"
PROGRAMME = "00000000-0000-7000-8000-000000000002"


def rules() -> RuleSet:
    """Twenty rules like a shop's, of which a purchase meets a few."""
    from fidelia.activity.fields import LINES
    from fidelia.rules import Catalogue

    name = {"en": "rule", "fr": "règle"}
    listed: list[dict[str, Any]] = [{"key": "base", "name": name, "points_per": {"amount": "1", "points": "1"}}]
    for n in range(7):
        listed.append(
            {"key": f"over{n}", "name": name, "when": f"purchase.total >= {60 + 20 * n}", "points": str(5 + n)}
        )
    for n, day in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday")):
        when = f'purchase.weekday == "{day}" && purchase.hour < {9 + n}'
        listed.append({"key": day, "name": name, "when": when, "points": "3"})
    for n in range(5):
        when = f'lines.filter(l, l.category == "c{n}").sum(l, l.net) >= 30'
        listed.append({"key": f"c{n}", "name": name, "when": when, "lines": f'line.category == "c{n}"',
                       "multiply_points": {"by": 2}})  # fmt: skip
    listed += [
        {"key": "web", "name": name, "when": 'purchase.channel == "web"', "points": "2"},
        {"key": "month", "name": name, "when": "purchase.month == 12", "multiply_points": {"by": "1.5"}},
    ]
    catalogue = Catalogue(fields=PURCHASE_FIELDS, records=(LINES,), currency="EUR")
    assert len(listed) == 20
    return parse_rule_set({"rules": listed}, catalogue, points_scale=0)


def write_facts(folder: Path, purchases: int) -> None:
    """Write the facts of an invented history, as an export does."""
    accounts = purchases // 20 or 1
    db = duckdb.connect()
    db.execute(f"""create table p as select n, uuid() as id, (n % {accounts})::varchar as account,
        n // {accounts} + 1 as sequence,
        timestamp '2025-01-01' + to_seconds(n * 30 + 7 * 3600) as moment, ['store', 'web'][n % 2 + 1] as channel
        from range({purchases}) r(n)""")
    db.execute(f"""create table l as select n, k as line_number, (hash(n, k) % 6000 + 200)::bigint as net,
        (1000 * (1 + hash(k, n) % 2))::bigint as quantity, 'c' || (hash(n * 7 + k) % 40) as category
        from range({purchases}) a(n), range(1, {LINES_EACH + 1}) b(k)""")
    read = """json_object('purchase.total', sum(net), 'purchase.weekday', lower(dayname(any_value(moment))),
        'purchase.hour', hour(any_value(moment)), 'purchase.channel', any_value(channel),
        'purchase.month', month(any_value(moment)), 'lines', json_group_array(json_object('net', net,
        'quantity', quantity, 'earns', true, 'category', category)))"""
    tables = {
        "decisions": f"""select any_value(account) as account_id, any_value(sequence) as sequence,
            any_value(id)::varchar as purchase_id,
            '{VERSION}' as rule_version_id, json_object('format', 1, 'values', {read}, 'points', sum(net) // 100,
            'outcomes', json_array(json_array('base', sum(net) // 100, 'granted')), 'lines', json_array(),
            'unassigned', 0)::varchar as record, any_value(moment)::timestamptz as occurred_at,
            any_value(moment)::timestamptz as recorded_at from p join l using (n) group by n""",
        "purchases": f"""select any_value(id)::varchar as purchase_id, 'sale' as kind, '{PROGRAMME}' as programme_id,
            any_value(account) as customer_id, any_value(account) as enrolment_id, any_value(account) as account_id,
            null::varchar as store_id, null::varchar as borne_by_store_id, any_value(channel) as channel,
            sum(net)::bigint as total, null::bigint as gross, null::bigint as discount, null::bigint as tax,
            null::varchar as returns_purchase_id, null::timestamptz as claimed_at, 'EUR' as currency,
            any_value(moment)::timestamptz as occurred_at,
            any_value(moment)::timestamptz as recorded_at from p join l using (n) group by n""",
        "lines": "select id::varchar as purchase_id, line_number, '' as product_code, null::varchar as category, "
        "null::varchar as brand, quantity, net, null::bigint as "
        "gross, null::bigint as discount, null::bigint as tax, null::varchar as returns_purchase_id "
        "from p join l using (n)",
        "customers": "select distinct account as customer_id, null::varchar as merged_into, null::timestamptz as "
        "merged_at, now()::timestamptz as updated_at, 'person' as kind, 'FR' as country, 'fr' as language, 'till' as "
        "source, timestamptz '2024-01-01 00:00:00+00' as acquired_at from p",
        "customer_changes": "select 0::bigint as change_id, '' as customer_id, '' as fact, '' as former, "
        "now()::timestamptz as recorded_at where false",
        "subscription_periods": "select '' as period_id, '' as programme_id, '' as customer_id, '' as plan, '' as "
        "entitlements, now()::timestamptz as begins_at, now()::timestamptz as holds_until where false",
        "offer_activations": "select '' as programme_id, '' as customer_id, '' as offer, now()::timestamptz as "
        "activated_at, now()::timestamptz as holds_until where false",
        "products": "select '' as code, '' as category, '' as brand, true as earns, true as is_product where false",
        "enrolments": f"select distinct account as enrolment_id, '{PROGRAMME}' as programme_id, "
        "account as customer_id, "
        "account as account_id, timestamptz '2024-01-01 00:00:00+00' as enrolled_at, null::timestamptz as ended_at "
        "from p",
        "tier_periods": "select '' as enrolment_id, '' as tier_set, '' as tier, now()::timestamptz as valid_from, "
        "now()::timestamptz as valid_until where false",
        "traits": "select '' as customer_id, '' as name, 0::bigint as number, '' as text, true as flag, "
        "current_date as day, now()::timestamptz as valid_from, now()::timestamptz as valid_until where false",
        "segment_memberships": "select '' as customer_id, '' as segment, now()::timestamptz as valid_from, "
        "now()::timestamptz as valid_until where false",
    }  # fmt: skip
    for name, sql in tables.items():
        (folder / name).mkdir()
        db.execute(f"copy ({sql}) to '{folder / name / 'all.parquet'}' (format parquet, compression zstd)")
    db.close()


def _empty(columns: dict[str, pyarrow.DataType]) -> pyarrow.Table:
    return pyarrow.table({name: pyarrow.array([], kind) for name, kind in columns.items()})


def _stage_one(history: History, trial: Trial) -> tuple[int, dict[str, float]]:
    """Return how many occasions there are, and the seconds that each part of stage one takes."""
    parts, begun = {}, time.perf_counter()
    count = history.prepare(trial, Beside(*[_empty(columns) for columns in COLUMNS.values()]))
    for name, work in (
        ("what rules read", None),
        ("candidates", lambda: history.find_candidates(trial)),
        ("records put in order", history.put_in_order),
    ):
        if work is not None:
            work()
        now = time.perf_counter()
        parts[name], begun = now - begun, now
    return count, parts


def main(purchases: int) -> None:
    rule_set = rules()
    terms = Terms(UUID(VERSION), rule_set, PointsPolicy(), None, ZoneInfo("UTC"), PurchasePolicy())
    trial = Trial({VERSION: rule_set}, rule_set)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        writer = Process(target=write_facts, args=(folder, purchases))  # its memory is none of ours
        writer.start()
        writer.join()
        with open_history(folder, programme_id=PROGRAMME, zone="UTC") as history:
            for name in ("decisions", "purchases", "lines"):
                history.view(name)
            begun = time.perf_counter()
            history.rows("select sum(length(record)), sum(total) from decisions join purchases using (purchase_id)")
            history.rows("select sum(net), sum(quantity) from lines")
            scan = time.perf_counter() - begun
            count, parts = _stage_one(history, trial)
            begun = time.perf_counter()
            holes = holes_of(history.rows, programme_id=PROGRAMME, versions=[VERSION])
            counted = time.perf_counter() - begun
            assert not holes, holes
            print(f"{count:,} purchases, {count * LINES_EACH:,} lines, {len(rule_set.rules)} rules")
            print(f"bare scan                    {scan:6.2f} s")
            for name, seconds in parts.items():
                print(f"  {name:26} {seconds:6.2f} s")
            first = sum(parts.values())
            print(f"stage one, these together    {first:6.2f} s, {first / scan:.1f} times the bare scan (bar: 10 s)")
            print(f"holes counted                {counted:6.2f} s")
            members, tallies = Members(Known(ZoneInfo("UTC"), {}, {}, {})), Tallies()
            replay = Replay(
                versions={VERSION: terms}, tried=terms, members=members, baskets={}, returned_sales=frozenset(),
                back_lines={}, scales={},
            )  # fmt: skip
            begun, clock = time.process_time(), time.perf_counter()
            for seen in history.in_order(count):
                was, now = replay.judge(seen)
                tallies.add(seen, was, now)
            spent, passed = time.process_time() - begun, time.perf_counter() - clock
            print(f"stage two                    {passed:6.2f} s, {count / spent:,.0f} purchases a second of processor")
            whole = first + counted + passed
            print(f"whole                        {whole:6.2f} s, {count / whole:,.0f} purchases a second (bar: 20,000)")
    print(f"largest memory               {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PURCHASES)
