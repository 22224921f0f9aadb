"""What scarce things cost: a million codes, and counters that everybody wants, beside pgbench's TPC-B.

Run it by `python -m benchmarks.rewards` (`--choices` leaves the codes out); it makes an installation of its own with
fsync on and removes it. Bars: a million unguessable codes in less than 15 s; one fought-over stock row by 16 clients,
taken alone and by members who choose one reward for points (one call each: key, points, piece, choice, event, audit),
at 0.25 of TPC-B's transactions. Besides, with 8 clients: a budget on one row, the same budget spread over slots, and
nothing to wait for.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from uuid import UUID

from fidelia.worker.postgres.paths import Places

from .installation import CORES, busy_of_machine, make_tpcb, measure_tpcb, pgbench, scratch_installation
from .posting import as_application

CODES = 1_000_000
CODES_SECONDS_MAX = 15
SECONDS = 4
ROUNDS = 3
BAR = 0.25
AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
TAKE = """
select rewards_consume(jsonb_build_object('programme_id', '{programme}', 'purchase_id', gen_random_uuid(),
    'currency', 'EUR', 'at', now(), 'now', now(), {asked}));
"""
STOCK = "'stock', jsonb_build_array(jsonb_build_object('id', '{stock}', 'pieces', 1))"
LIMIT = """'limits', jsonb_build_array(jsonb_build_object('subject', '{subject}', 'amount', 500,
    'capacity', 1000000000000, 'alerts', jsonb_build_array(80, 100), 'spreads', {spreads}))"""
CHOICE = """
\\set n random(1, {members})
select rewards_redeem(jsonb_build_object('redemption_id', gen_random_uuid(), 'reward_id', '{reward}',
    'enrolment_id', (select id from bench_member where n = :n), 'pieces', 1,
    'known_at', (select changed_at from rewards_reward where id = '{reward}'),
    'currency', 'EUR', 'at', now(), 'now', now(), 'actor_kind', 'system', 'actor_label', 'benchmark', 'once',
    jsonb_build_object('owner', 'bench', 'key', gen_random_uuid(), 'hash', repeat('0', 64))));
"""
MEMBERS = 2_000
OWN_LIMIT = """'limits', jsonb_build_array(jsonb_build_object('subject', 'r/own', 'amount', 500,
    'scope_id', gen_random_uuid(), 'capacity', 1000000000000))"""


def main() -> None:
    with scratch_installation() as places:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "fidelia.config.settings", "FIDELIA_DATABASE_POOL_MAX": "0"}
        import django

        django.setup()
        programme, stock = open_the_shop()
        if "--choices" not in sys.argv:
            draw_a_million(programme)
        make_tpcb(places)
        fight(places, programme, stock, offer_a_reward(programme))


def open_the_shop() -> tuple[UUID, UUID]:
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.localized import LocalizedText
    from fidelia.programme.operations import create_programme
    from fidelia.rewards.operations import add_stock

    by, name = Actor.system("benchmark"), LocalizedText(en="Circle", fr="Cercle")
    made = create_programme(
        by=by, at=AT, slug="circle", name=name, currency="EUR", time_zone="Europe/Paris", points_code="PTS",
        points_name=name,
    )  # fmt: skip
    stock = add_stock(by=by, at=AT, programme=made, key="mug", name=name, pieces=10**9)
    return made.id, stock.id


def offer_a_reward(programme_id: UUID) -> str:
    """Enrol members with points enough, offer one reward with stock to all of them; return the script of a choice."""
    from django.db import connection

    from fidelia.customers.operations import NewCustomer, add_customer
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.db import transaction_of_use_case
    from fidelia.kernel.localized import LocalizedText
    from fidelia.ledger.operations import earn
    from fidelia.programme.models import Programme
    from fidelia.programme.operations import enrol
    from fidelia.rewards.operations import RewardTerms, add_reward

    by, name = Actor.system("benchmark"), LocalizedText(en="Mug", fr="Tasse")
    programme = Programme.objects.get(pk=programme_id)
    for n in range(MEMBERS):
        who = add_customer(by=by, at=AT, customer=NewCustomer(source="import", given_name=f"M{n}", country="FR"))
        member = enrol(by=by, at=AT, programme=programme, customer_id=who.id, source="import")
        with transaction_of_use_case():
            earn(
                by=by, at=AT, account_id=member.account_id, currency=programme.points_currency_id, amount=10**9,
                key=f"start:{n}",
            )  # fmt: skip
    terms = RewardTerms(name=name, kind="gift", points=100, pieces=10**9, valid_from=date(2026, 1, 1))
    reward = add_reward(by=by, at=AT, programme=programme, key="mug", terms=terms)
    with connection.cursor() as cursor:
        cursor.execute("set role none")
        cursor.execute("create table bench_member as select row_number() over () as n, id from programme_enrolment")
        cursor.execute("create unique index on bench_member (n)")
        cursor.execute("grant select on bench_member to fidelia_app")
    return CHOICE.format(members=MEMBERS, reward=reward.id)


def draw_a_million(programme_id: UUID) -> None:
    """As the job does it: in batches with checkpoints, each code different from all that exist."""
    from fidelia.intake.operations.speaking import Unwatched
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.localized import LocalizedText
    from fidelia.programme.models import Programme
    from fidelia.rewards.models import CouponCode
    from fidelia.rewards.operations import SeriesTerms, create_series, generate_codes

    by, name = Actor.system("benchmark"), LocalizedText(en="A million", fr="Un million")
    terms = SeriesTerms(name=name, valid_from=date(2026, 12, 1), uses_per_code=1)
    programme = Programme.objects.get(pk=programme_id)
    series = create_series(by=by, at=AT, programme=programme, key="million", terms=terms, pattern="####-####-####")
    started, busy = time.perf_counter(), busy_of_machine()
    made = generate_codes(by=by, at=AT, series_id=series.id, count=CODES, progress=Unwatched())
    seconds = time.perf_counter() - started
    kept = CouponCode.objects.count()
    assert made == kept == CODES
    cpu = busy_of_machine() - busy
    print(f"{CODES:,} codes of 12 letters of 31 (59 bits): {seconds:.1f} s, the machine {cpu:.1f} s of CPU")
    print(f"  bar {CODES_SECONDS_MAX} s: {'met' if seconds < CODES_SECONDS_MAX else 'MISSED'}")


def fight(places: Places, programme: UUID, stock: UUID, choice: str) -> None:
    """Measure TPC-B and each way one after the other, several times over: others' load comes and goes."""

    def take(asked: str) -> str:
        return TAKE.format(programme=programme, asked=asked)

    ways: dict[str, tuple[int, str] | None] = {
        "TPC-B, 8 clients": None,
        "one reward chosen, 16 clients": (16, choice),
        "one stock row, 16 clients": (16, take(STOCK.format(stock=stock))),
        "budget on one row, 8 clients": (8, take(LIMIT.format(subject="r/row", spreads="false"))),
        "budget in slots, 8 clients": (8, take(LIMIT.format(subject="r/slots", spreads="true"))),
        "a limit of its own each, 8 clients": (8, take(OWN_LIMIT)),
    }
    rates: dict[str, list[float]] = {what: [] for what in ways}
    print(f"{CORES} cores, fsync on, {SECONDS} s each")
    for round_number in range(ROUNDS):
        print(f"round {round_number + 1} of {ROUNDS}", flush=True)
        for what, asked in ways.items():
            if asked is None:
                rates[what].append(measure_tpcb(places, clients=8, seconds=SECONDS))
            else:
                clients, text = asked
                rates[what].append(run(places, clients, text))
            print(f"  {what:36} {rates[what][-1]:8,.0f}/s", flush=True)
    tpcb = median(rates["TPC-B, 8 clients"])
    for what, measured in rates.items():
        print(f"  {what:36} {median(measured):8,.0f}/s  {median(measured) / tpcb:.2f} × TPC-B")
    for what in ("one reward chosen, 16 clients", "one stock row, 16 clients"):
        met = median(rates[what]) >= BAR * tpcb
        print(f"  bar, {what}: {BAR} × TPC-B: {'met' if met else 'MISSED'}")


def run(places: Places, clients: int, script: str) -> float:
    """Run one script by pgbench as the application's role; return its transactions a second."""
    with tempfile.TemporaryDirectory() as folder, as_application():
        os.chmod(folder, 0o755)
        path = Path(folder) / "take.sql"
        lines = [line if line.startswith("\\") else line.strip() for line in script.strip().splitlines()]
        ends = ["\n" if line.startswith("\\") else " " for line in lines]  # a statement is one line, a command its own
        path.write_text("".join(a + b for a, b in zip(lines, ends, strict=True)) + "\n", encoding="utf-8")
        said = pgbench(
            places, "--protocol=prepared", f"--client={clients}", "--jobs=2", f"--time={SECONDS}", "--no-vacuum",
            "--max-tries=1", f"--file={path}", database="fidelia",
        )  # fmt: skip
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    assert found is not None, said
    return float(found[1])


if __name__ == "__main__":
    main()
