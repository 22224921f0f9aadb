"""How fast points are posted: one call each, beside pgbench's TPC-B on the same server in the same minute.

Run it by `python -m benchmarks.posting`; it makes an installation of its own with fsync on and removes it. The bar is
0.8 of TPC-B's transactions a second with 8 clients, one posting in each transaction. Other figures: the same call from
Python, the verb inside a use case's transaction, thousands of postings at once, and the sweeper.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

from fidelia.worker.postgres.paths import Places
from fidelia.worker.processes import find_working_in

from .installation import CORES, busy_of_machine, cpu_of, make_tpcb, measure_tpcb, pgbench, scratch_installation

ACCOUNTS = 100_000
CLIENTS = 8
SECONDS = 4
ROUNDS = 5
BULK = 40_000
BAR = 0.8
BULK_BAR = 15_000
SWEEPER_BAR = 5_000
AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
REQUEST = """
\\set account random(1, {accounts})
\\set key random(1, 9223372036854775807)
select * from public.ledger_post_entry(lpad(to_hex(:account::bigint), 32, '0')::uuid, row(
    'b' || :key::bigint, '\\x00'::bytea, gen_random_uuid(), '{kind}', 'points', {amount}, now(), now(), null, null,
    'system', null, 'live', 'purchase', null, '', null, null, null, null, {parts},
    null, null, null, null, null)::public.ledger_request);
"""
ONE_PART = """array[row(
    gen_random_uuid(), {amount}, now(), now() + make_interval(days => (:account::bigint % 365)::int), null, null,
    'operator', 5000
)::public.ledger_part]"""
EARN = REQUEST.format(accounts=ACCOUNTS, kind="earn", amount=50, parts=ONE_PART.format(amount=50))
REDEEM = REQUEST.format(accounts=ACCOUNTS, kind="redeem", amount=20, parts="null")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds: int = parser.parse_args().rounds
    with scratch_installation() as places:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "fidelia.config.settings", "FIDELIA_DATABASE_POOL_MAX": "0"}
        import django

        django.setup()
        open_the_accounts()
        make_tpcb(places)
        print(f"{CLIENTS} clients, {CORES} cores, fsync on, {ACCOUNTS:,} accounts, {SECONDS} s each")
        in_turns(places, rounds)
        show(places, "earn, one call (Python)", lambda: run_processes("call"))
        show(places, "earn in a transaction (Python, Django)", lambda: run_processes("verb"))
        bulk = show(places, f"post_in_bulk, {BULK:,} purchases, 1 client", lambda: post_bulk(0))
        print(f"    bar {BULK_BAR:,}/s: {'met' if bulk >= BULK_BAR else 'MISSED'}")
        show(places, f"post_in_bulk, {BULK:,} with 10 % returns", lambda: post_bulk(10))
        show(places, "the same again, nothing posted", lambda: post_bulk(10))
        swept = show(places, "sweeper beside live burns, lots", lambda: sweep_beside_burns(places))
        print(f"    bar {SWEEPER_BAR:,}/s: {'met' if swept >= SWEEPER_BAR else 'MISSED'}")
        check_invariants()


def in_turns(places: Places, rounds: int) -> None:
    """Measure TPC-B and each way to post one after the other, several times over: others' load comes and goes."""
    ways: dict[str, Callable[[], float]] = {
        "TPC-B": lambda: measure_tpcb(places, clients=CLIENTS, seconds=SECONDS),
        "earn, one call (pgbench)": lambda: run_script(places, EARN),
        "70 % earn, 30 % redeem (pgbench)": lambda: run_script(places, EARN, REDEEM),
    }
    rates: dict[str, list[float]] = {what: [] for what in ways}
    for round_number in range(rounds):
        print(f"round {round_number + 1} of {rounds}")
        for what, measure in ways.items():
            rates[what].append(show(places, what, measure))
    print("medians")
    tpcb = median(rates["TPC-B"])
    for what, measured in rates.items():
        print(f"  {what:42} {median(measured):9,.0f}/s  {median(measured) / tpcb:.2f} × TPC-B")
    met = median(rates["earn, one call (pgbench)"]) >= BAR * tpcb
    print(f"  bar, one call: {BAR} × TPC-B: {'met' if met else 'MISSED'}")


def show(places: Places, what: str, measure: Callable[[], float]) -> float:
    """Measure a rate and print it, with what the server took for each and what others took of the machine meanwhile.

    Of processes of Python only the rate: they spend longer on starting than on posting.
    """
    started, before = time.perf_counter(), (server_cpu(places), busy_of_machine(), own_cpu())
    rate = measure()
    seconds = time.perf_counter() - started
    server, busy, own = (
        now - then for now, then in zip((server_cpu(places), busy_of_machine(), own_cpu()), before, strict=True)
    )
    others = 100 * max(busy - server - own, 0) / (seconds * CORES)
    cost = f"server {1e6 * server / (rate * seconds):4.0f} µs each, " if "Python" not in what else ""
    print(f"  {what:42} {rate:9,.0f}/s  {cost}others {others:.0f} %", flush=True)
    return rate


def server_cpu(places: Places) -> float:
    return sum(map(cpu_of, find_working_in(places.data)))


def own_cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run_script(places: Places, *scripts: str) -> float:
    """Run pgbench with the scripts (the first 7 of 10 times, the second 3) as the application's role."""
    with tempfile.TemporaryDirectory() as folder, as_application():
        os.chmod(folder, 0o755)
        files = []
        for number, script in enumerate(scripts):
            path = f"{folder}/{number}.sql"
            with open(path, "w", encoding="utf-8") as file:
                file.write(script)
            files.append(f"--file={path}@{7 if number == 0 else 3}")
        said = pgbench(
            places, "--protocol=prepared", f"--client={CLIENTS}", "--jobs=2", f"--time={SECONDS}", "--no-vacuum",
            "--max-tries=1", *files, database="fidelia",
        )  # fmt: skip
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    assert found is not None, said
    return float(found[1])


@contextmanager
def as_application() -> Iterator[None]:
    os.environ["PGOPTIONS"] = "-c role=fidelia_app"
    try:
        yield
    finally:
        del os.environ["PGOPTIONS"]


def run_processes(how: str) -> float:
    """Let 8 processes of Python post for the time given; return postings a second in all."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.posting", how, str(seed)], stdout=subprocess.PIPE, text=True
        )
        for seed in range(CLIENTS)
    ]
    return sum(float(process.communicate()[0]) for process in processes)


def post_for_a_while(how: str, seed: int) -> float:
    """One of the processes: return its postings a second."""
    import django

    django.setup()
    from django.db import connection, transaction

    from fidelia.kernel.actor import Actor
    from fidelia.kernel.ids import new_id
    from fidelia.ledger.operations import EarnPart, PostingRequest, earn
    from fidelia.ledger.operations.posting import POST_ENTRY, request_json

    by, chance = Actor.system("benchmark"), Random(seed)

    def by_verb(account: UUID) -> None:
        with transaction.atomic():
            earn(by=by, at=AT, account_id=account, currency="points", amount=50, key=str(new_id()),
                 expires_at=AT + timedelta(days=365), source_type="purchase")  # fmt: skip

    def by_call(account: UUID) -> None:
        request = PostingRequest(
            account_id=account, currency="points", key=str(new_id()), kind="earn", amount=50,
            parts=(EarnPart(amount=50, expires_at=AT + timedelta(days=365)),),
        )  # fmt: skip
        connection.connection.execute(POST_ENTRY, [account, request_json(request, by=by, at=AT)]).fetchone()

    post = by_call if how == "call" else by_verb
    connection.ensure_connection()
    posted, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        post(UUID(int=chance.randint(1, ACCOUNTS)))
        posted += 1
    return posted / (time.perf_counter() - started)


def open_the_accounts() -> None:
    """Open the accounts, each with enough to spend."""
    from django.db import transaction

    from fidelia.kernel.actor import Actor
    from fidelia.ledger.operations import BulkEarn, open_accounts, post_in_bulk

    with transaction.atomic():
        open_accounts(
            by=Actor.system("benchmark"), at=AT, account_ids=[UUID(int=number + 1) for number in range(ACCOUNTS)],
            currency="points", partner_ids=[None] * ACCOUNTS, may_go_negative=True,
        )  # fmt: skip
        post_in_bulk(
            by=Actor.system("benchmark"), at=AT, currency="points", source_type="welcome",
            postings=(
                BulkEarn(account_id=UUID(int=number + 1), amount=100_000, key="welcome", occurred_at=AT)
                for number in range(ACCOUNTS)
            ),
        )  # fmt: skip


def post_bulk(returns_percent: int) -> float:
    """Post a history of purchases, some of them returned whole later, in one transaction for every 20,000."""
    from django.db import transaction

    from fidelia.kernel.actor import Actor
    from fidelia.ledger.operations import post_in_bulk

    rows = history(returns_percent)
    started = time.perf_counter()
    for first in range(0, BULK, 20_000):
        with transaction.atomic():
            results = post_in_bulk(
                by=Actor.system("benchmark"), at=AT, currency="points", source_type="purchase",
                postings=rows[first : first + 20_000],
            )  # fmt: skip
        assert {result.status for result in results} <= {"posted", "replayed"}
    return BULK / (time.perf_counter() - started)


def history(returns_percent: int) -> list[Any]:
    from fidelia.ledger.operations import BulkEarn, BulkRevoke

    chance = Random(returns_percent)
    rows: list[Any] = []
    earned: list[BulkEarn] = []
    for number in range(BULK):
        occurred_at = AT - timedelta(days=700) + timedelta(minutes=20 * number)
        if earned and chance.randrange(100) < returns_percent:
            of = earned.pop(chance.randrange(len(earned)))
            rows.append(BulkRevoke(account_id=of.account_id, amount=of.amount, key=f"r{returns_percent}:{number}",
                                   occurred_at=occurred_at, policy="allow_negative", earn_key=of.key))  # fmt: skip
        else:
            rows.append(BulkEarn(account_id=UUID(int=chance.randint(1, ACCOUNTS)), amount=chance.randint(1, 500),
                                 key=f"p{returns_percent}:{number}", occurred_at=occurred_at,
                                 expires_at=occurred_at + timedelta(days=365)))  # fmt: skip
            earned.append(rows[-1])
    return rows


def sweep_beside_burns(places: Places) -> float:
    """Sweep while clients earn and burn as fast as they can; return the lots a second."""
    with ThreadPoolExecutor(1) as beside:
        burning = beside.submit(run_script, places, EARN, REDEEM)
        rate = sweep()
        burning.result()
    return rate


def sweep() -> float:
    """Write down what of the histories has died, as the worker does."""
    from fidelia.kernel.actor import Actor
    from fidelia.ledger.jobs import sweep_due_points

    started = time.perf_counter()
    return sweep_due_points(by=Actor.system("benchmark"), at=AT) / (time.perf_counter() - started)


def check_invariants() -> None:
    from fidelia.ledger.queries import find_broken_invariants

    started = time.perf_counter()
    broken = find_broken_invariants()
    assert not broken, broken[:5]
    print(f"  every invariant of every entry holds (looked at in {time.perf_counter() - started:.1f} s)")


if __name__ == "__main__":
    if sys.argv[1:2] in (["call"], ["verb"]):
        print(post_for_a_while(sys.argv[1], int(sys.argv[2])))
    else:
        main()
