"""The night: pending points come to life → automatic rewards → tiers → expiry → tiers on balance → notices.

Points that a tier keeps alive are seen to before others expire.

Each step is safe to repeat and to interrupt: it finds what is left to do by itself, in short transactions. Nothing is
late by it either, because balances count by instants; the night writes down, derives and tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.operations import activate_due, expire_due

from ..models import Enrolment, Programme
from ..queries import Terms, terms_of, version_in_force
from .following import follow_tiers
from .keeping import keep_points_of_tiers
from .noticing import notice_endings, notice_expiring
from .tiers import rederive_tiers

NIGHT = "programme.nightly"
ROWS_A_ROUND = 500
ROUNDS_MAX = 100_000


def run_night(*, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Do the night's work in its order; return what each step came to.

    Stopped or killed, it begins again with the step it was at; run again, it finds nothing to do. Raises Denied
    (points.expire, programme.publish), StopRequested.
    """
    by.require("points.expire")
    by.require("programme.publish")
    reached: dict[str, Any] = dict(progress.checkpoint or {"done": {}})
    done: dict[str, int] = dict(reached["done"])
    for name, step in STEPS:
        if name not in done:
            done[name] = step(by, at, progress)
            with transaction_of_use_case():
                progress.reach({"done": done})
    return done


def _activate(by: Actor, at: datetime, progress: Progress) -> int:
    """What comes to life counts for tiers from then on: both are written in one transaction."""
    total = 0
    for _round in range(ROUNDS_MAX):
        with transaction_of_use_case():
            ended = activate_due(by=by, at=at, limit=ROWS_A_ROUND)
            accounts = {account_id for account_id, _currency, _lots in ended}
            members = Enrolment.objects.filter(account_id__in=accounts, ended_at__isnull=True)
            rederive_tiers(at=at, enrolment_ids=list(members.values_list("id", flat=True)))
        total += sum(lots for _account, _currency, lots in ended)
        if not ended:
            break
        progress.step(len(ended))
    return total


def _reward(by: Actor, at: datetime, progress: Progress) -> int:
    """Automatic rewards are made above this module; the composition root names them."""
    found: list[str] = settings.NIGHTLY_REWARDS
    return sum(import_string(path)(by=by, at=at, progress=progress) for path in found)


def _tiers(by: Actor, at: datetime, progress: Progress) -> int:
    kept = progress.checkpoint
    progress.checkpoint = None  # the place among the members of a version is the step's own
    moved = sum(follow_tiers(by=by, at=at, progress=progress).values())
    progress.checkpoint = kept
    return moved


def _keep(by: Actor, at: datetime, progress: Progress) -> int:
    """Points that a tier keeps alive, before others expire."""
    kept = 0
    for programme, terms in _in_force(at):
        for currency in (programme.points_currency_id, *terms.currencies):
            after: UUID | None = None
            for _round in range(ROUNDS_MAX):
                with transaction_of_use_case():
                    after, count = keep_points_of_tiers(
                        by=by, at=at, programme=programme, terms=terms, currency=currency, after=after,
                        limit=ROWS_A_ROUND,
                    )  # fmt: skip
                kept += count
                if after is None:
                    break
                progress.step()
    return kept


def _expire(by: Actor, at: datetime, progress: Progress) -> int:
    total = 0
    for _round in range(ROUNDS_MAX):
        with transaction_of_use_case():
            expired = expire_due(by=by, at=at, limit=ROWS_A_ROUND)
        total += expired
        if not expired:
            break
        progress.step(expired)
    return total


def _tiers_on_balance(by: Actor, at: datetime, progress: Progress) -> int:
    moved = 0
    for programme, terms in _in_force(at):
        if any(one.metric == "balance" for one in terms.tier_sets):
            for ids in _members(programme):
                with transaction_of_use_case():
                    moved += len(rederive_tiers(at=at, enrolment_ids=ids))
                progress.step(len(ids))
    return moved


def _notice(by: Actor, at: datetime, progress: Progress) -> int:
    told = 0
    for programme, terms in _in_force(at):
        for tier_set in terms.tier_sets:
            told += _all_rounds(
                lambda programme=programme, terms=terms, tier_set=tier_set: notice_endings(  # type: ignore[misc]
                    at=at, programme=programme, terms=terms, tier_set=tier_set, limit=ROWS_A_ROUND
                ),
                progress,
            )
        for currency in (programme.points_currency_id, *terms.currencies):
            after: UUID | None = None
            for _round in range(ROUNDS_MAX):
                with transaction_of_use_case():
                    after, count = notice_expiring(
                        at=at, programme=programme, terms=terms, currency=currency, after=after, limit=ROWS_A_ROUND
                    )
                told += count
                if after is None:
                    break
                progress.step()
    return told


def _all_rounds(act: Callable[[], int], progress: Progress) -> int:
    total = 0
    for _round in range(ROUNDS_MAX):
        with transaction_of_use_case():
            found = act()
        total += found
        if not found:
            break
        progress.step(found)
    return total


def _in_force(at: datetime) -> Iterator[tuple[Programme, Terms]]:
    for programme in Programme.objects.select_related("points_currency").order_by("id"):
        version = version_in_force(programme, at)
        if version is not None:
            yield programme, terms_of(version.id)


def _members(programme: Programme) -> Iterator[list[UUID]]:
    after: UUID | None = None
    for _round in range(ROUNDS_MAX):
        left = Enrolment.objects.filter(programme=programme, ended_at__isnull=True)
        left = left.filter(id__gt=after) if after else left
        ids = list(left.order_by("id").values_list("id", flat=True)[:ROWS_A_ROUND])
        if not ids:
            return
        yield ids
        after = ids[-1]


STEPS: tuple[tuple[str, Callable[[Actor, datetime, Progress], int]], ...] = (
    ("activated", _activate),
    ("rewarded", _reward),
    ("activated_late", _activate),  # what rewards gave for days long past, after nights that did not run
    ("tiers", _tiers),
    ("kept", _keep),
    ("expired", _expire),
    ("tiers_on_balance", _tiers_on_balance),
    ("noticed", _notice),
)
