"""Offers to activate: what is open, what counts already and until when; one gesture, once."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from fidelia.kernel.errors import FideliaError, NotFound, Refused
from fidelia.rewards.errors import OfferActivated, OfferNotOpen, OfferTaken
from fidelia.rewards.operations import activate_offer
from fidelia.rewards.queries.offers import OfferOfMember, offers_of_member

from .door import MemberRequest, members_only
from .holdings import Holdings, holdings_of

FEW = 10
ORDER = {"active": 0, "open": 1, "not_yet": 2, "taken": 3}
PLACES = {"home": "portal:home", "rewards": "portal:rewards"}


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer as a member reads it: `state` is active, open, not_yet or taken; what is over is shown nowhere."""

    key: str
    name: str
    says: str
    until: str
    state: str


def offers_shown(held: Holdings) -> list[ShownOffer]:
    """Return what counts for the member, then what may be activated, then what comes, then what is gone."""
    assert held.enrolment is not None, "asked for by the caller"
    found = [one for one in offers_of_member(held.enrolment, held.at) if one.state in ORDER]
    return [_shown(held, one) for one in sorted(found, key=lambda one: ORDER[one.state])]


@require_POST
@members_only
def activate(request: MemberRequest, key: str) -> HttpResponseBase:
    """Let an offer count from now on; a second click is the same gesture. What is not offered is not there."""
    held = holdings_of(request)
    back = PLACES.get(request.POST.get("from", ""), "portal:rewards")
    if held.enrolment is None:
        raise NotFound("There is no such offer.")
    try:
        activate_offer(by=request.person.by, at=request.at, enrolment=held.enrolment, offer=key)
    except OfferActivated:
        pass  # as she wished
    except NotFound:
        raise
    except Refused as refusal:
        messages.warning(request, _why_not(refusal))
        return redirect(back)
    name = next((one.name for one in offers_shown(held) if one.key == key), "")
    messages.success(request, _t("“%(offer)s” counts from now on. Show your card at the till.") % {"offer": name})
    return redirect(back)


def _why_not(refusal: FideliaError) -> str:
    if isinstance(refusal, OfferNotOpen):
        return _t("This offer cannot be activated today.")
    if isinstance(refusal, OfferTaken):
        return _t("As many members as could have taken this offer. Others will come.")
    return _t("This offer cannot be activated now. Nothing was changed.")


def _shown(held: Holdings, one: OfferOfMember) -> ShownOffer:
    terms = one.terms
    return ShownOffer(
        key=terms.key,
        name=held.said(terms.name),
        says=held.said(terms.description) if terms.description is not None else "",
        until=_until(held, one),
        state=one.state,
    )


def _until(held: Holdings, one: OfferOfMember) -> str:
    """Return when it ends, or begins; of the last few, how many there are."""
    terms = one.terms
    if one.state == "active":
        return _t("counts until %(day)s") % {"day": held.last_short(one.holds_until)} if one.holds_until else ""
    if one.state == "not_yet":
        return _t("from %(day)s") % {"day": held.short(terms.valid_from)} if terms.valid_from else ""
    if one.state == "taken":
        return _t("all gone")
    said = [_t("until %(day)s") % {"day": held.last_short(terms.valid_until)}] if terms.valid_until else []
    if terms.lasts_days is not None:
        said.insert(0, _days(terms.lasts_days))
    if one.left is not None and one.left <= FEW:
        said.append(_t("only %(count)s left") % {"count": one.left})
    return " · ".join(said)


def _days(count: int) -> str:
    return _t("for %(count)s days") % {"count": count} if count > 1 else _t("for one day")
