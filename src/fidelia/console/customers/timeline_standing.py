"""Points that moved without a purchase, tiers reached and lost, and the day of joining, in the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.ledger.models import Entry, Posting
from fidelia.programme.queries import explain_movements, list_tier_periods, measured, read_movements
from fidelia.ui.parts import TimelineItem

from ..words import POSTING_ICONS, POSTINGS, word
from .reading import Dossier, Membership

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting as the member meets it: all its legs added up, and the balance after the last."""

    posting: Posting
    amount: int
    balance_after: int | None
    partner_id: UUID | None
    store_id: UUID | None
    pending: int = 0
    says: tuple[str, ...] = ()


def movements_of(
    membership: Membership, *, before: tuple[datetime, UUID, int] | None, limit: int
) -> tuple[list[Movement], bool]:
    """Return the newest movements of points before a place in words, and whether there are more; four statements."""
    shown, has_more = read_movements(membership.enrolment, before=before, limit=limit)
    return _told(membership, shown), has_more


def _told(membership: Membership, shown: Sequence[tuple[Posting, list[Entry]]]) -> list[Movement]:
    spoken = explain_movements(membership.enrolment, shown, get_language()[:2]) if shown else {}
    return [_movement(posting, legs, spoken.get(posting.posting_id, ())) for posting, legs in shown]


def _movement(posting: Posting, legs: Sequence[Entry], says: tuple[str, ...]) -> Movement:
    newest = max(legs, key=lambda leg: (leg.code == "member", leg.seq))
    own = [leg for leg in legs if leg.code == "member"]
    return Movement(
        posting=posting,
        amount=sum(leg.amount for leg in own),
        balance_after=newest.balance_after if own else None,
        partner_id=newest.partner_id,
        store_id=newest.store_id,
        pending=sum(leg.amount for leg in legs if leg.code == "pending"),
        says=says,
    )


def point_movements(
    dossier: Dossier, before: datetime, limit: int, *, with_bought: bool
) -> list[tuple[datetime, TimelineItem]]:
    """Return what happened to points; what came of purchases and returns only where these are not shown beside."""
    membership = dossier.membership
    if membership is None:
        return []
    shown, _more = read_movements(membership.enrolment, before=(before, NOBODY, 0), limit=limit)
    wanted = [(posting, legs) for posting, legs in shown if with_bought or posting.source_type != "purchase"]
    return [(move.posting.occurred_at, _item(dossier, membership, move)) for move in _told(membership, wanted)]


def _item(dossier: Dossier, membership: Membership, move: Movement) -> TimelineItem:
    speech, kind = dossier.speech, move.posting.kind
    return TimelineItem(
        POSTING_ICONS.get(kind, "coins"),
        word(POSTINGS, kind),
        detail=move.posting.note or " ".join(move.says[:1]),
        end=speech.points(move.amount, membership.scale, sign=True, unit=True),
        end_good=move.amount > 0,
        when=speech.when(move.posting.occurred_at),
        tone="amber" if kind == "adjust" else "grey",
    )


def tiers_held(dossier: Dossier) -> list[tuple[datetime, TimelineItem]]:
    """Return when each tier began, when the customer joined, and when we first knew of them."""
    membership = dossier.membership
    if membership is None:
        return []
    speech, enrolment = dossier.speech, membership.enrolment
    items = [
        (period.valid_from, _reached(dossier, membership, period.tier, period.valid_from))
        for period in list_tier_periods(enrolment.id)
        if period.valid_from <= dossier.at
    ]
    joined = TimelineItem(
        "user-plus",
        enrolment.programme.name.in_language(speech.language),
        lead=_("Joins"),
        when=speech.when(enrolment.enrolled_at),
        tone="green",
    )
    return [*items, (enrolment.enrolled_at, joined)]


def _reached(dossier: Dossier, membership: Membership, tier: str, at: datetime) -> TimelineItem:
    levels = {level.key: level for level in membership.standing.tiers.levels} if membership.standing else {}
    when = dossier.speech.when(at)
    if not tier:
        return TimelineItem("award", _("No tier any more"), when=when)
    level = levels.get(tier)
    name = level.name.in_language(dossier.speech.language) if level else tier
    standing = membership.standing
    detail = ""
    if level is not None and standing is not None:
        programme, language = membership.enrolment.programme, dossier.speech.language
        if standing.tiers.metric == "earned":
            threshold = dossier.speech.points(level.threshold, membership.scale, unit=True)
            detail = _("%(points)s earned in the window") % {"points": threshold}
        else:
            detail = measured(standing.tiers, programme, level.threshold, language)
    return TimelineItem("award", name, lead=_("Becomes"), detail=detail, when=when, tone="copper")
