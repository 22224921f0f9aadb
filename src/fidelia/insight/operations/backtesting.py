"""Backtest a version over history: export, find candidates, settle them in order, and keep what it comes to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.customers.queries import get_segment
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.queries import get_store
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.queries import Terms, parse_document

from ..backtest.doubts import doubts_of
from ..backtest.history import Occasion
from ..backtest.members import Members
from ..backtest.parts import ALL, Part, sieve_of
from ..backtest.replaying import Replay, measures_of
from ..backtest.results import Result
from ..backtest.tallies import Tallies, tier_moves
from ..backtest.trial import Trial
from ..errors import MalformedPart
from ..models import Backtest
from .exporting import export_facts
from .grounds import REDEMPTION_PERCENT, Asked, Ground, open_ground

STEP = 2_000
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
Told = Callable[[int, int], None]
SeenBy = Callable[[Occasion, Result, Result], None]


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
            "doubts": doubts_of(tried, trial.unknown, trial.of_today) if tried is not None else [],
            "holes": ground.holes,
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
    of_today: set[str]


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
        return Pass(tallies, {}, [], set(), set())
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
    moves = tier_moves(then, by_trial)
    return Pass(tallies, by_trial, moves, ground.history.unknown, ground.history.of_today)


def _held_by(
    ground: Ground, tried: Terms | None, members: Members, held: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return who holds which tier at the end, by the trial; without one, as it is."""
    if tried is None:
        return {enrolment: tier for enrolment, (_account, tier) in held.items()}
    at = ground.asked.ends or ground.history.rows("select max(occurred_at) from occasion")[0][0]
    same = all(measures_of(terms) == measures_of(tried) for terms in ground.versions.values())
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
