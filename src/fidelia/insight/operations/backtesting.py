"""Backtest a version over history: export, find candidates, settle them in order, and keep what it comes to."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow
from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.activity.operations.checkouts.replaying import ClosedBasket, read_closed
from fidelia.customers.queries import get_segment
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.queries import get_store
from fidelia.programme.models import PointsCurrency, Programme, ProgrammeVersion
from fidelia.programme.queries import Terms, parse_document, tier_credit_of
from fidelia.rules.tiers import HeldTier

from ..backtest.history import Beside, History, Occasion, Trial, open_history
from ..backtest.members import Known, Members
from ..backtest.parts import ALL, Part, sieve_of
from ..backtest.replaying import Replay, Result
from ..backtest.tallies import Tallies, tier_moves
from ..errors import MalformedPart
from ..models import Backtest, FactExport, folder_of
from .exporting import export_facts

STEP = 2_000
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
REDEMPTION_PERCENT = 80
Told = Callable[[int, int], None]
SeenBy = Callable[[Occasion, Result, Result], None]

_STORES = "select s.id::text, s.code, b.code from organisation_store s join organisation_banner b on b.id = s.banner_id"
_BIRTHS = "select id::text, birth_on from customers_customer where birth_on is not null"
_BACK_LINES = """
select lines.purchase_id, lines.quantity, lines.net, lines.product_code, coalesce(products.category, ''),
    coalesce(products.brand, ''), coalesce(products.earns and products.is_product, true), lines.returns_purchase_id,
    lines.returns_line_number
from lines join purchases using (purchase_id) left join products on products.code = lines.product_code
where purchases.kind = 'return' and purchases.programme_id = $programme order by lines.purchase_id, lines.line_number
"""
_OTHER_EARNINGS = """
select account_id, min(occurred_at), -sum(amount)::bigint from entries
where code = 'issuance' and coalesce(source_type, '') <> 'purchase' and currency in ($currency, $credit)
group by account_id, posting_id having sum(amount) <> 0
"""
_HELD = """
select enrolment_id, any_value(account_id), coalesce(max_by(tier, valid_from), '') from (
    select e.enrolment_id, e.account_id, coalesce(t.tier, '') as tier, t.valid_from
    from enrolments e left join tier_periods t on t.enrolment_id = e.enrolment_id and t.tier_set = ''
        and t.valid_from <= $at and (t.valid_until is null or t.valid_until > $at)
    where e.programme_id = $programme and e.ended_at is null)
group by enrolment_id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to backtest: a document of a programme over [begins, ends); None: from the first, to the last decision."""

    programme: Programme
    document: Mapping[str, Any] | None
    begins: datetime | None = None
    ends: datetime | None = None
    redemption_percent: int = REDEMPTION_PERCENT
    part: Part = ALL
    beside: ProgrammeVersion | None = None  # a version that all of history is replayed by too, to compare with


@dataclass(slots=True)
class Ground:
    """What is read once for both passes over a history."""

    asked: Asked
    history: History
    versions: dict[str, Terms]
    beside: Beside
    known: Known
    baskets: dict[str, ClosedBasket]
    returned: frozenset[str]
    back_lines: dict[str, list[tuple[Any, ...]]]
    scales: dict[str, int]
    at: datetime
    held: dict[str, tuple[str, str]] = field(default_factory=dict)


def backtest_version(
    *, by: Actor, at: datetime, version: ProgrammeVersion, begins: datetime | None = None, ends: datetime | None = None,
    redemption_percent: int = REDEMPTION_PERCENT, part: Part | None = None, told: Told = lambda done, total: None,
) -> Backtest:  # fmt: skip
    """Replay history by a version beside what happened, prove the replay on what happened, and keep the result.

    All of history is replayed; with a `part`, what is counted is of that part. Raises Denied (programme.see,
    insight.refresh), MalformedPart, StoreUnknown, UnknownSegment, and what `export_facts` raises.
    """
    by.require("programme.see", Scope(version.programme.partner_id))
    part = part or ALL
    _check_part(by, part)
    asked = Asked(version.programme, version.document, begins, ends, redemption_percent, part)
    result = backtest_document(by=by, at=at, asked=asked, told=told)
    with transaction_of_use_case():
        kept = Backtest.objects.create(
            programme_id=version.programme_id, version_id=version.id, version_number=version.number, begins=begins,
            ends=ends, part=part.as_mapping(), result=result, made_at=at, made_by=by.label,
        )  # fmt: skip
        record_audit(
            by=by, at=at, verb="programme.see", object_type="backtest", object_id=kept.id,
            after={"version": version.number, "occasions": result["occasions"]},
        )  # fmt: skip
    return kept


def _check_part(by: Actor, part: Part) -> None:
    if part.month and not _MONTH.fullmatch(part.month):
        raise MalformedPart("A month is written as 2026-03.", pointer="/month")
    if part.store_id:
        try:
            store_id = UUID(part.store_id)
        except ValueError:
            raise MalformedPart("This is no id of a store.", pointer="/store_id") from None
        get_store(store_id=store_id)
    if part.segment:
        get_segment(by=by.lent("segment.see"), key=part.segment)


def backtest_document(
    *, by: Actor, at: datetime, asked: Asked, told: Told = lambda done, total: None
) -> dict[str, Any]:
    """Replay history by a document beside what happened; nothing but the export is written. See `Tallies.as_mapping`.

    Raises Denied (programme.see, insight.refresh), the refusals of the document.
    """
    by.require("programme.see", Scope(asked.programme.partner_id))
    tried = parse_document(asked.programme, asked.document, version_id=UUID(int=0)) if asked.document else None
    export = export_facts(by=by.lent("insight.refresh"), at=at)
    began = time.perf_counter()
    with open_ground(asked, export) as ground:
        proof = replay(ground, None, told)
        trial = proof if tried is None else replay(ground, tried, told)
        result = trial.tallies.as_mapping(scale=asked.programme.points_currency.scale)
        result |= {
            "proof": {"points": proof.tallies.points, "discount": proof.tallies.discount,
                      "credits": dict(sorted(proof.tallies.credits.items())),
                      "changed": proof.tallies.changed, "occasions": proof.tallies.occasions},
            "tiers": trial.moves,
            "unknown": sorted(trial.unknown),
            "liability": _liability(asked, tried, trial.tallies.points),
            "customers": len({*trial.tallies.members}),
            "beside": _beside_of(ground, trial, told),
            "seconds": round(time.perf_counter() - began, 1),
        }  # fmt: skip
    return result


def _beside_of(ground: Ground, trial: Pass, told: Told) -> dict[str, Any] | None:
    """Replay history a third time, by the version to compare with, and set the trial beside it."""
    asked, version = ground.asked, ground.asked.beside
    if version is None or not version.document:
        return None
    terms = parse_document(asked.programme, version.document, version_id=UUID(int=0))
    other = replay(ground, terms, told)
    points = [other.tallies.points[1], trial.tallies.points[1]]
    moves = _moved(other.held, trial.held)
    return {
        "number": version.number,
        **trial.tallies.beside(other.tallies),
        "moves": moves,
        "liability": _liability(asked, terms, points),
    }


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    return sum(1 for enrolment, tier in before.items() if after.get(enrolment, tier) != tier)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over a history came to; `held` is the tier of each enrolment at the end, by the trial."""

    tallies: Tallies
    held: dict[str, str]
    moves: list[list[Any]]
    unknown: set[str]


def replay(ground: Ground, tried: Terms | None, told: Told, seen_by: SeenBy | None = None) -> Pass:
    """Go over history once: by the trial in its period, elsewhere by the version that decided.

    `seen_by` is shown each occasion with what it came to and what it comes to.
    """
    asked = ground.asked
    trial = Trial(
        {version: terms.rule_set for version, terms in ground.versions.items()},
        tried.rule_set if tried is not None else None, asked.begins, asked.ends,
    )  # fmt: skip
    total = ground.history.prepare(trial, ground.beside)
    members, tallies = Members(ground.known), Tallies()
    sieve = sieve_of(asked.part, ground.history, ground.at)
    if not total:
        return Pass(tallies, {}, [], set())
    replay = Replay(
        versions=ground.versions, tried=tried, members=members, baskets=ground.baskets,
        returned_sales=ground.returned, back_lines=ground.back_lines, scales=ground.scales,
    )  # fmt: skip
    for done, seen in enumerate(ground.history.occasions(trial), 1):
        was, now = replay.judge(seen)
        if (tried is None or seen.is_tried) and sieve.holds(seen, was):
            tallies.add(seen, was, now)
            if seen_by is not None:
                seen_by(seen, was, now)
        if done % STEP == 0:
            told(STEP, total)
    told(total % STEP, total)
    held = ground.held
    if asked.part != ALL:
        held = {one: (account, tier) for one, (account, tier) in held.items() if account in sieve.accounts}
    then = {enrolment: tier for enrolment, (_account, tier) in held.items()}
    by_trial = _held_by(ground, tried, members, held)
    return Pass(tallies, by_trial, tier_moves(then, by_trial), ground.history.unknown)


def _held_by(
    ground: Ground, tried: Terms | None, members: Members, held: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return who holds which tier at the end, by the trial; without one, as it is."""
    if tried is None:
        return {enrolment: tier for enrolment, (_account, tier) in held.items()}
    at = ground.asked.ends or ground.history.rows("select max(occurred_at) from occasion")[0][0]
    same = all(terms.tiers == tried.tiers for terms in ground.versions.values())
    return {
        enrolment: tier if same and not members.accounts[account].is_other
        else members.tier_at(account, enrolment, tried, at)
        for enrolment, (account, tier) in held.items()
    }  # fmt: skip


def _liability(asked: Asked, tried: Terms | None, points: list[int]) -> dict[str, Any] | None:
    """Return what the points issued will cost: points × the share that is redeemed × what a point pays."""
    pays = tried.points.pays if tried is not None else None
    if pays is None:
        return None
    rate = asked.redemption_percent
    money = [each * pays.money * rate // (pays.points * 100) for each in points]
    return {"money": money, "percent": rate, "currency": asked.programme.currency}


@contextmanager
def open_ground(asked: Asked, export: FactExport) -> Iterator[Ground]:
    """Open what is read once for every pass over a history."""
    programme = asked.programme
    with open_history(folder_of(export.id), programme_id=str(programme.id), zone=programme.time_zone) as history:
        for name in ("purchases", "lines", "products", "decisions", "enrolments", "tier_periods", "tier_grants",
                     "entries"):  # fmt: skip
            history.view(name)
        versions = _versions(programme)
        enrolled = _enrolled(history, programme)
        yield Ground(
            asked=asked,
            history=history,
            versions=versions,
            beside=_beside(),
            known=_known(history, programme, enrolled),
            baskets=_baskets(history, programme, enrolled),
            returned=frozenset(
                row[0] for row in history.rows("select distinct returns_purchase_id from lines "
                                               "where returns_purchase_id is not null")
            ),
            back_lines=_back_lines(history, programme),
            scales=dict(PointsCurrency.objects.values_list("code", "scale")),
            at=export.cut_off_at,
            held={
                row[0]: (row[1], row[2])
                for row in history.rows(_HELD, programme=str(programme.id), at=asked.ends or export.cut_off_at)
            },
        )  # fmt: skip


def _versions(programme: Programme) -> dict[str, Terms]:
    published = programme.versions.filter(in_force_from__isnull=False)
    return {str(one.id): parse_document(programme, one.document, version_id=one.id) for one in published}


def _beside() -> Beside:
    with connection.cursor() as cursor:
        cursor.execute(_STORES)
        stores = list(zip(*cursor.fetchall(), strict=True)) or [(), (), ()]
        cursor.execute(_BIRTHS)
        births = list(zip(*cursor.fetchall(), strict=True)) or [(), ()]
    text, day = pyarrow.string(), pyarrow.date32()
    return Beside(
        pyarrow.table({name: pyarrow.array(column, text)
                       for name, column in zip(("store_id", "code", "banner"), stores, strict=True)}),
        pyarrow.table({"customer_id": pyarrow.array(births[0], text), "birth_on": pyarrow.array(births[1], day)}),
    )  # fmt: skip


def _enrolled(history: History, programme: Programme) -> dict[UUID, datetime]:
    sql = "select enrolment_id, enrolled_at from enrolments where programme_id = $programme"
    return {UUID(row[0]): row[1] for row in history.rows(sql, programme=str(programme.id))}


def _known(history: History, programme: Programme, enrolled: Mapping[UUID, datetime]) -> Known:
    grants: dict[str, list[HeldTier]] = defaultdict(list)
    for enrolment_id, tier, begins, ends in history.rows(
        "select enrolment_id, tier, valid_from, valid_until from tier_grants"
    ):
        grants[enrolment_id].append(HeldTier(tier, begins, ends))
    earned: dict[str, list[Any]] = defaultdict(list)
    currency = programme.points_currency_id
    for account_id, at, amount in history.rows(_OTHER_EARNINGS, currency=currency, credit=tier_credit_of(currency)):
        earned[account_id].append((at, amount))
    return Known({str(one): at for one, at in enrolled.items()}, grants, earned)


def _baskets(history: History, programme: Programme, enrolled: Mapping[UUID, datetime]) -> dict[str, ClosedBasket]:
    closed = history.rows(
        """select purchase_id from purchases where programme_id = $programme and kind = 'sale'
               and gross is not null""",
        programme=str(programme.id),
    )  # fmt: skip
    return {str(each.purchase_id): each for each in read_closed([UUID(row[0]) for row in closed], enrolled)}


def _back_lines(history: History, programme: Programme) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in history.rows(_BACK_LINES, programme=str(programme.id)):
        purchase_id, quantity, net, code, category, brand, earns, sold_id, sold_line = row
        product = {"product": code, "category": category, "brand": brand, "earns": earns}
        found[purchase_id].append((quantity, net, product, sold_id, sold_line))
    return found
