"""The catalog for a member: what it costs her, what is missing, the choice with what follows said before, and after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_safe

from fidelia.files.queries import open_file
from fidelia.kernel.errors import NotFound, Refused
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.kernel.ids import new_id
from fidelia.ledger.errors import InsufficientPoints
from fidelia.programme.errors import ConfirmationNeeded
from fidelia.rewards.errors import LimitReached, StockUsedUp, UnknownRedemption, UnknownReward
from fidelia.rewards.models import Redemption, Reward
from fidelia.rewards.operations import redeem_reward
from fidelia.rewards.queries import cheque_standings, get_redemption, get_reward, list_catalog, list_redemptions
from fidelia.rewards.queries.catalog import Offered, offer
from fidelia.ui.pictures import read_picture

from .door import SPENDING, MemberRequest, members_only, proof_of, to_log_in
from .holdings import Holdings, holdings_of
from .pages import show

ICONS = {"gift": "gift", "sample": "star", "voucher": "ticket", "service": "calendar-heart"}
FEW = 10
FIRST_ABOVE = 3
CHOSEN_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """A reward as a member reads it: its price, whether she may have it, and if not, what is missing."""

    id: UUID
    name: str
    description: str
    icon: str
    tone: str
    price: str
    says: str
    may_be_had: bool
    is_short: bool
    has_picture: bool = False
    is_first: bool = False


def catalog_of(held: Holdings) -> list[Shown]:
    """Return what the programme offers, the cheapest first, as it stands to this member."""
    assert held.enrolment is not None, "asked for by the caller"
    found = list_catalog(held.enrolment.programme, at=held.at, enrolment=held.enrolment)
    shown = [_shown(held, one, number) for number, one in enumerate(found)]
    within = [(one.reward.points, number) for number, one in enumerate(found) if one.may_be_had and one.reward.points]
    if not within or len(shown) < FIRST_ABOVE:
        return shown
    # The most that her points give now comes first, and large.
    chosen = shown.pop(max(within)[1])
    return [replace(chosen, is_first=True), *shown]


def chosen_by(held: Holdings) -> list[dict[str, Any]]:
    """Return what the member chose and waits for her, and the last of what is done."""
    found = list_redemptions(by=held.person.by, customer_ids=held.person.ids, limit=CHOSEN_SHOWN)
    states = {"reserved": _t("waits for you"), "fulfilled": _t("handed over"), "cancelled": _t("cancelled")}
    return [
        {
            "id": one.id,
            "name": held.said(one.reward.name),
            "icon": _icon(one.reward),
            "state": _t("issued") if one.voucher_id and one.state == "fulfilled" else states[one.state],
            "waits": one.state == "reserved",
            "says": f"{_price(held, one.points, one.money)}, {held.short(one.redeemed_at)}",
        }
        for one in found
    ]


def next_cheque(held: Holdings) -> dict[str, str] | None:
    """Return the way to the next chèque, the first kind of the terms; None where the programme has none."""
    assert held.enrolment is not None, "asked for by the caller"
    found = cheque_standings(held.enrolment, at=held.at)
    if not found:
        return None
    one = found[0]
    values = {"amount": held.money(one.amount), "points": held.in_points(one.missing)}
    if one.missing:
        says = _t("%(points)s more, and it is yours.") % values
    elif one.next_on is not None:
        says = _t("It comes on %(day)s.") % {"day": held.short_day(one.next_on)}
    else:
        says = _t("It is on its way.")
    title = _t("Next cheque: %(amount)s") % values
    return {"title": title, "says": says, "share": f"{100 * one.ratio:.1f}"}


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def reward(request: MemberRequest, reward_id: UUID) -> HttpResponseBase:
    """One reward: its price and what is left afterwards are said before; the choice is one POST, made once."""
    held = holdings_of(request)
    if held.enrolment is None:
        raise UnknownReward("There is no such reward.")
    found = get_reward(by=request.person.by, reward_id=reward_id)
    if found.programme_id != held.enrolment.programme_id:
        raise UnknownReward("There is no such reward.")
    mistake = ""
    if request.method == "POST":
        try:
            return redirect("portal:chosen", redemption_id=_choose(request, held, found))
        except NotFound:
            raise
        except ConfirmationNeeded:
            return to_log_in(request, back=request.path, why=SPENDING)
        except Refused as refusal:
            mistake = _why_not(refusal)
    (offered,) = offer([found], at=request.at, enrolment=held.enrolment)
    context = {
        "held": held,
        "one": _shown(held, offered, 0),
        "points": held.points(found.points),
        "balance": held.in_points(held.balance.available),
        "left": held.in_points(held.balance.available - found.points),
        "key": new_id(),
        "is_voucher": found.kind == Reward.Kind.VOUCHER,
        "worth": held.money(found.voucher_amount) if found.voucher_amount else "",
        "money": held.money(found.money) if found.money else "",
        "mistake": mistake,
    }
    return show(request, "portal/reward.html", context, here="rewards", status=409 if mistake else 200)


@require_safe
@members_only
def picture(request: MemberRequest, reward_id: UUID) -> HttpResponseBase:
    """The picture of a reward, of the type that its bytes say; nothing that a browser would run."""
    found = get_reward(by=request.person.by, reward_id=reward_id)
    enrolment = holdings_of(request).enrolment
    if found.picture_id is None or enrolment is None or found.programme_id != enrolment.programme_id:
        raise UnknownReward("There is no such picture.")
    with open_file(found.picture_id) as stream:
        content = stream.read()
    known = read_picture(content)
    if known is None:
        raise UnknownReward("There is no such picture.")
    return HttpResponse(
        content, content_type=known.content_type,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"},
    )  # fmt: skip


@require_safe
@members_only
def chosen(request: MemberRequest, redemption_id: UUID) -> HttpResponseBase:
    """What was chosen: the code of its voucher, or where it waits. Another member's is as if it were not there."""
    found = get_redemption(by=request.person.by, redemption_id=redemption_id)
    if found.customer_id not in request.person.ids:
        raise UnknownRedemption("There is no such choice of a reward.")
    held = holdings_of(request)
    if held.enrolment is None:
        raise UnknownRedemption("There is no such choice of a reward.")
    context = {
        "held": held,
        "name": held.said(found.reward.name),
        "icon": _icon(found.reward),
        "price": _price(held, found.points, found.money),
        "state": found.state,
        "code": found.voucher.code if found.voucher is not None else "",
        "until": held.last_short(found.voucher.valid_until) if found.voucher and found.voucher.valid_until else "",
        "short_id": str(found.id)[-6:].upper(),
        "balance": held.in_points(held.balance.available),
        "is_waiting": found.state == Redemption.State.RESERVED,
    }
    return show(request, "portal/chosen.html", context, here="rewards")


def _choose(request: MemberRequest, held: Holdings, found: Reward) -> UUID:
    """Choose once for each page that was shown: a second click is the same choice."""
    assert held.enrolment is not None, "asked for by the caller"
    key = request.POST.get("key", "")[:80]
    said = hashlib.sha256(f"redeem {found.id} {held.enrolment.id}".encode()).digest()
    try:
        made = redeem_reward(
            by=request.person.by, at=request.at, enrolment=held.enrolment, reward_id=found.id,
            once=RequestKey(f"member {request.person.id}", f"portal:{key}", said) if key else None,
            proof=proof_of(request),
        )  # fmt: skip
    except RequestRepeated as repeated:
        return UUID(repeated.resource_id)
    return made.id


def _why_not(refusal: Refused) -> str:
    if isinstance(refusal, InsufficientPoints):
        return _t("You have not enough points any more. Nothing was taken.")
    if isinstance(refusal, StockUsedUp):
        return _t("The last one has just gone. Nothing was taken.")
    if isinstance(refusal, LimitReached):
        return _t("You have had it as often as you may. Nothing was taken.")
    return _t("It cannot be had now. Nothing was taken.")


def _shown(held: Holdings, offered: Offered, number: int) -> Shown:
    one = offered.reward
    return Shown(
        id=one.id,
        name=held.said(one.name),
        description=held.said(one.description) if one.description else "",
        icon=_icon(one),
        tone=("warm", "cool", "sand")[number % 3],
        price=_price(held, one.points, one.money),
        says=_says(held, offered),
        may_be_had=offered.may_be_had,
        is_short="not_enough_points" in offered.reasons,
        has_picture=one.picture_id is not None,
    )


def _says(held: Holdings, offered: Offered) -> str:
    """Return the one thing to know: why it cannot be had, or how few there are, or where it is fetched."""
    one = offered.reward
    said = (
        ("out_of_stock" in offered.reasons, _t("all gone")),
        ("not_yet" in offered.reasons, _t("from %(day)s") % {"day": held.short(one.valid_from)}),
        ("limit_reached" in offered.reasons, _t("you have had it")),
        ("not_eligible" in offered.reasons, _t("not open to you yet")),
        (offered.points_missing > 0, _t("%(points)s more needed") % {"points": held.in_points(offered.points_missing)}),
        (offered.left is not None and offered.left <= FEW, _t("only %(count)s left") % {"count": offered.left}),
        (one.kind in (Reward.Kind.GIFT, Reward.Kind.SAMPLE), _t("to be fetched in the shop")),
    )
    return next((words for holds, words in said if holds), "")


def _price(held: Holdings, points: int, money: int) -> str:
    said = [held.in_points(points)] if points else []
    said += [held.money(money)] if money else []
    return " + ".join(said) or _t("free")


def _icon(reward: Reward) -> str:
    return ICONS.get(reward.kind, "gift")
