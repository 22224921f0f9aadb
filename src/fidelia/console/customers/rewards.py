"""The rewards of a customer: the way to the next chèque, vouchers, what may be chosen, and what was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.kernel import clock
from fidelia.kernel.calendar import last_day, local_day, zone_of
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.models import PointsCurrency
from fidelia.programme.queries import in_points
from fidelia.rewards.operations import activate_offer, redeem_reward
from fidelia.rewards.operations.vouchers import PATTERN
from fidelia.rewards.queries import cheque_standings, list_catalog, list_redemptions, list_vouchers, show_code
from fidelia.rewards.queries.catalog import Offered
from fidelia.rewards.queries.cheques import ChequeStanding
from fidelia.rewards.queries.offers import offers_of_member
from fidelia.rewards.queries.vouchers import VoucherRow
from fidelia.ui.formats import minor_points, plain_date

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of
from ..rewards.words import REASONS, kind_word, money_words, price_words, state_of, tongue
from .points import membership_of
from .reading import Dossier, frame_of, read_dossier

SHOWN_MAX = 30


@signed_in
def rewards(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    enrolment = membership_of(dossier).enrolment
    by, at = dossier.by, dossier.at
    sees = by.may_somewhere("reward.see")
    offers = list_catalog(enrolment.programme, at=at, enrolment=enrolment) if sees else []
    context = frame_of(dossier, "console:customer-rewards") | {
        "cheques": [_standing(dossier, one) for one in cheque_standings(enrolment, at=at)],
        "vouchers": [_voucher(dossier, row) for row in _vouchers(dossier)],
        "offers": [_offer(one) for one in offers],
        "chosen": [
            {
                "one": one,
                "name": one.reward.name.in_language(tongue()),
                "price": price_words(one.reward, one.points, one.money),
                "state": state_of(one),
                "dialog": f"f-cancel-{one.id}",
            }
            for one in (list_redemptions(by=by, customer_ids=dossier.ids, limit=SHOWN_MAX) if sees else [])
        ],
        "activations": _activations(dossier),
        "may_activate": dossier.may_on_points("offer.activate") and not dossier.customer.is_erased,
        "may_redeem": dossier.may_on_points("reward.redeem") and not dossier.customer.is_erased,
        "may_cancel": dossier.may_on_points("reward.cancel"),
    }
    return show(request, "console/customers/rewards.html", context)


@require_POST
@signed_in
def redeem(request: ConsoleRequest, customer_id: UUID, reward_id: UUID) -> HttpResponseBase:
    """Let the member choose a reward."""
    dossier = read_dossier(request, customer_id)
    enrolment = membership_of(dossier).enrolment
    try:
        made = redeem_reward(by=request.actor, at=clock.now(), enrolment=enrolment, reward_id=reward_id)
        name = made.reward.name.in_language(tongue())
        if made.voucher is not None:
            code = show_code(PATTERN, made.voucher.code)
            messages.success(request, _("{name}: the code is {code}.").format(name=name, code=code))
        else:
            messages.success(request, _("{name} is kept aside for {who}.").format(name=name, who=dossier.name))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:customer-rewards", customer_id=customer_id)


@require_POST
@signed_in
def activate(request: ConsoleRequest, customer_id: UUID, key: str) -> HttpResponseBase:
    """Let an offer count for the member from now on."""
    dossier = read_dossier(request, customer_id)
    enrolment = membership_of(dossier).enrolment
    try:
        activate_offer(by=request.actor, at=clock.now(), enrolment=enrolment, offer=key)
        messages.success(request, _("The offer counts for {who} from now on.").format(who=dossier.name))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:customer-rewards", customer_id=customer_id)


OFFER_TONES = {"active": "green", "open": "blue", "over": "grey", "not_yet": "grey", "closed": "grey", "taken": "grey"}


def _activations(dossier: Dossier) -> list[dict[str, Any]]:
    """Return the offers of the terms as they stand to the member; what was never open to her is left out."""
    if not dossier.by.may_somewhere("offer.see"):
        return []
    words = {
        "active": _("activated"), "open": _("can be activated"), "over": _("over"), "not_yet": _("not yet"),
        "taken": _("all gone"),
    }  # fmt: skip
    enrolment = membership_of(dossier).enrolment
    zone = zone_of(enrolment.programme.time_zone)
    found = [one for one in offers_of_member(enrolment, dossier.at) if one.state in words]
    return [
        {
            "key": one.terms.key,
            "name": one.terms.name.in_language(tongue()),
            "says": one.terms.description.in_language(tongue()) if one.terms.description else "",
            "since": plain_date(local_day(one.activated_at, zone), tongue()) if one.activated_at else "",
            "until": plain_date(last_day(one.holds_until, zone), tongue()) if one.holds_until else "",
            "state": words[one.state],
            "tone": OFFER_TONES[one.state],
            "is_open": one.state == "open",
        }
        for one in found
    ]


def _vouchers(dossier: Dossier) -> list[VoucherRow]:
    if not dossier.by.may("voucher.see"):
        return []
    found = list_vouchers(by=dossier.by, customer_ids=dossier.ids)
    return sorted(found, key=lambda row: row.state_at(dossier.at) not in ("open", "not_yet"))[:SHOWN_MAX]


VOUCHER_TONES = {"open": "green", "not_yet": "blue", "used": "grey", "expired": "grey", "revoked": "grey"}


def _voucher(dossier: Dossier, row: VoucherRow) -> dict[str, Any]:
    one, state = row.voucher, row.state_at(dossier.at)
    words = {
        "open": _("Usable"), "not_yet": _("Not yet"), "used": _("Used"), "expired": _("Expired"),
        "revoked": _("Withdrawn"),
    }  # fmt: skip
    zone = zone_of(one.programme.time_zone)
    return {
        "name": one.name.in_language(tongue()),
        "code": show_code(PATTERN, one.code),
        "amount": money_words(row.left if state == "open" else one.amount, one.currency),
        "minimum": money_words(one.minimum_basket, one.currency) if one.minimum_basket else "",
        "until": plain_date(last_day(one.valid_until, zone), tongue()) if one.valid_until else "",
        "state": words[state],
        "tone": VOUCHER_TONES[state],
    }


def _standing(dossier: Dossier, one: ChequeStanding) -> dict[str, Any]:
    enrolment = membership_of(dossier).enrolment
    programme, policy = enrolment.programme, one.policy
    currency = programme.points_currency
    if policy.currency:
        currency = PointsCurrency.objects.get(code=policy.currency)
    return {
        "name": policy.name.in_language(tongue()),
        "amount": money_words(one.amount, programme.currency),
        "missing": in_points(one.missing, currency, tongue()) if one.missing else "",
        "next_on": plain_date(one.next_on, tongue()) if one.next_on else "",
        "points": minor_points(one.points, currency.scale, tongue()),
        "threshold": in_points(policy.threshold, currency, tongue()),
        "ratio": one.ratio,
    }


def _offer(one: Offered) -> dict[str, Any]:
    reward = one.reward
    reasons = [str(REASONS[each]) for each in one.reasons if each in REASONS]
    if not reasons and one.points_missing:
        missing = price_words(reward, one.points_missing, 0)
        reasons = [_("{missing} more").format(missing=missing)]
    return {
        "reward": reward,
        "name": reward.name.in_language(tongue()),
        "kind": kind_word(reward.kind),
        "price": price_words(reward, reward.points, reward.money),
        "left": one.left,
        "may_be_had": one.may_be_had,
        "reason": " · ".join(reasons),
        "dialog": f"f-redeem-{reward.id}",
    }
