"""Give past purchases their points: a trial that writes nothing, then the same for good; both as a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, start_job
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin, announce
from fidelia.programme.operations import NewMember, enrol_in_bulk, rederive_tiers
from fidelia.programme.operations.granting import revoke_policy_of
from fidelia.programme.queries import VersionHistory, get_only_programme, get_programme

from ...events import HistoryRewarded
from ..imports.history import Circumstances
from ..imports.mapping import ImportMapping
from ..imports.members import MemberState, in_order_of_time, load_enrolments, read_facts, without_those_who_left
from ..imports.record import only_import_of
from .deciding import PastDecision, write_claims
from .unrewarded import (
    Asked,
    PastReceipt,
    count_unrewarded,
    find_who_earned,
    first_of_each,
    know_products,
    know_stores,
    list_people,
    read_past,
    whole_people,
)

RIGHT = "purchase.import"
PEOPLE_TOGETHER = 300
SOURCE = "history"
COUNTS = ("purchases", "rewarded_purchases", "left_purchases", "members", "new_members", "points", "expired_points")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardChoice:
    """What a person decides of it.

    `programme` by its slug (empty: the only one). `first_rules`: what was bought before the first version came into
    force is decided by that version, else it gives nothing. `before_enrolment`: what members bought before they joined
    counts too. `enrol`: who is no member becomes one, since their first purchase.
    """

    programme: str = ""
    first_rules: bool = True
    before_enrolment: bool = True
    enrol: bool = False


def choice_of(document: Mapping[str, Any]) -> RewardChoice:
    """Return a choice from the arguments of a job or a form; what is not said has its default."""
    known = {name: document[name] for name in asdict(RewardChoice()) if name in document}
    return RewardChoice(**known)


def start_rewarding(*, by: Actor, at: datetime, choice: RewardChoice, is_trial: bool) -> Job:
    """Queue the trial, or the rewarding itself. Raises Denied (purchase.import), UnknownProgramme."""
    by.require(RIGHT)
    _programme_of(choice)
    return start_job(by=by, at=at, kind="history.try" if is_trial else "history.reward", arguments=asdict(choice))


def reward_history(
    *, by: Actor, at: datetime, choice: RewardChoice, progress: Progress, is_trial: bool = False
) -> dict[str, Any]:
    """Decide each past purchase of a known customer at its own date, once, and post what it gives (origin backfill).

    People by people, each few in a transaction; stopped or killed, it goes on; run again, it finds nothing new. Nobody
    is informed. A trial does the same and rolls every transaction back. Returns counts, points in minor units, and how
    many members reach each tier. Raises Denied (purchase.import), UnknownProgramme, ImportRunning.
    """
    by.require(RIGHT)
    asked = Asked(_programme_of(choice))
    reached = dict(progress.checkpoint or {})
    counts = Counter(dict.fromkeys(COUNTS, 0) | reached.get("counts", {}))
    tiers = Counter(reached.get("tiers", {}))
    after = UUID(reached["after"]) if reached.get("after") else None
    with only_import_of(f"history of {asked.programme.id}"):
        progress.expect(progress.done + count_unrewarded(asked) - (counts["purchases"] if is_trial else 0))
        run = _Run(by, at, asked, choice, VersionHistory(asked.programme, first_reaches_back=choice.first_rules))
        while people := list_people(asked, after=after, limit=PEOPLE_TOGETHER):
            after = people[-1]
            _do(run, people, counts, tiers, progress, is_trial=is_trial)
            progress.show()
    if not is_trial:
        _tell(by, at, asked, counts)
    return {**counts, "tiers": dict(tiers)}


@dataclass(frozen=True, slots=True)
class _Run:
    by: Actor
    at: datetime
    asked: Asked
    choice: RewardChoice
    versions: VersionHistory


class _Tried(Exception):
    """A trial has seen enough: whatever it wrote is rolled back."""


def _do(
    run: _Run, people: Sequence[UUID], counts: Counter[str], tiers: Counter[str], progress: Progress, *, is_trial: bool
) -> None:
    """Reward some people in one transaction; counts and checkpoint are of all so far, or of none of these."""
    come, moved = Counter(counts), Counter(tiers)
    try:
        with transaction_of_use_case():
            found, reached = _reward(run, people)
            come.update(found)
            moved.update(reached)
            if is_trial:
                raise _Tried
            _reach(progress, people, come, moved, found["purchases"])
    except _Tried:
        with transaction_of_use_case():
            _reach(progress, people, come, moved, found["purchases"])
    counts.update({name: come[name] - counts[name] for name in come})
    tiers.update({name: moved[name] - tiers[name] for name in moved})


def _reach(progress: Progress, people: Sequence[UUID], counts: Counter[str], tiers: Counter[str], done: int) -> None:
    progress.reach({"after": str(people[-1]), "counts": dict(counts), "tiers": dict(tiers)}, count=done)


def _reward(run: _Run, people: Sequence[UUID]) -> tuple[Counter[str], Counter[str]]:
    asked, programme = run.asked, run.asked.programme
    persons = whole_people(asked, people)
    receipts = read_past(asked, persons)
    states = {str(one): MemberState(one) for one in {persons[each] for each in persons}}
    new = _enrol(run, receipts, states) if run.choice.enrol else 0
    by_customer = {state.customer_id: state for state in states.values()}
    load_enrolments(programme, by_customer, run.versions.terms_at(run.at))
    for customer_id in find_who_earned(list(persons)):
        by_customer[persons[customer_id]].has_bought = True
    ordered = in_order_of_time(receipts, states)
    decision = PastDecision(_circumstances(run, receipts), before_enrolment=run.choice.before_enrolment)
    batch = decision.decide(ordered, states, read_facts(ordered, states))
    counts = write_claims(run.by, run.at, programme, batch, {one.purchase_id: one for one in receipts})
    counts.update({"purchases": len(receipts), "new_members": new})
    enrolments = {state.enrolment.id for state in states.values() if state.enrolment is not None}
    moves = rederive_tiers(at=run.at, enrolment_ids=enrolments, origin=Origin.BACKFILL) if enrolments else []
    return counts, Counter(move.to_tier for move in moves if move.to_tier)


def _enrol(run: _Run, receipts: Sequence[PastReceipt], states: Mapping[str, MemberState]) -> int:
    first = first_of_each(receipts)
    members = [NewMember(states[name].customer_id, moment) for name, moment in first.items()]
    members = without_those_who_left(run.asked.programme, members)
    lent = run.by.lent("enrolment.create")
    made = enrol_in_bulk(by=lent, at=run.at, programme=run.asked.programme, members=members, source=SOURCE)
    return len(made)


def _circumstances(run: _Run, receipts: Sequence[PastReceipt]) -> Circumstances:
    programme = run.asked.programme
    return Circumstances(
        import_id=programme.id,  # of no import: what is decided is recorded already
        mapping=ImportMapping(source=SOURCE, currency=programme.currency, columns={}, enrol=False),
        programme_id=programme.id,
        versions=run.versions,
        products=know_products([code for one in receipts for code in one.products]),
        stores=know_stores([one.store for one in receipts]),
        policy=revoke_policy_of(programme.points_currency),
        at=run.at,
    )


def _programme_of(choice: RewardChoice) -> Any:
    return get_programme(choice.programme) if choice.programme else get_only_programme(sandbox=False)


def _tell(by: Actor, at: datetime, asked: Asked, counts: Counter[str]) -> None:
    programme = asked.programme
    with transaction_of_use_case():
        record_audit(
            by=by, at=at, verb=RIGHT, object_type="programme", object_id=programme.id, after={"rewarded": dict(counts)}
        )  # fmt: skip
        announce(
            HistoryRewarded(
                occurred_at=at, origin=Origin.BACKFILL, programme_id=programme.id,
                count=counts["rewarded_purchases"], points=counts["points"],
            )
        )  # fmt: skip
