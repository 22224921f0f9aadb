"""Exchange points for others, as the terms say: what it gives is shown before, and done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from fidelia.kernel.errors import Invalid, NotFound, Refused
from fidelia.kernel.ids import new_id
from fidelia.kernel.points import format_points, parse_points
from fidelia.ledger.queries import list_balances
from fidelia.programme.errors import ConfirmationNeeded
from fidelia.programme.models import PointsCurrency
from fidelia.programme.operations.converting import convert_points
from fidelia.programme.queries.conversions_in_words import describe_conversion
from fidelia.programme.queries.words import in_points
from fidelia.rules.conversion_terms import ConversionPolicy

from .door import SPENDING, MemberRequest, members_only, proof_of, to_log_in
from .holdings import Holdings, holdings_of
from .pages import show


@dataclass(frozen=True, slots=True)
class Way:
    """One way to exchange: of which points, for which, and how many there are to give."""

    number: int
    policy: ConversionPolicy
    source: PointsCurrency
    target: PointsCurrency
    available: int

    @property
    def most(self) -> int:
        return self.policy.most_of(self.available)


def ways_of(held: Holdings) -> list[Way]:
    """Return the ways of the terms in force, with what the member has of each currency."""
    if held.enrolment is None or held.terms is None:
        return []
    programme = held.enrolment.programme
    known = {"": programme.points_currency} | {
        one.currency_id: one.currency for one in programme.more_currencies.select_related("currency")
    }
    return [
        Way(number, one, known[one.source], known[one.target], _available(held, known[one.source].code))
        for number, one in enumerate(held.terms.conversions)
    ]


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def exchange(request: MemberRequest) -> HttpResponseBase:
    """Choose a way and an amount (GET shows what it gives), then do it (POST, once for each page that was shown)."""
    held = holdings_of(request)
    ways = ways_of(held)
    if not ways:
        raise NotFound("This programme exchanges no points.")
    asked = request.POST or request.GET
    chosen = next((one for one in ways if str(one.number) == asked.get("way", "")), None)
    amount, mistake = _amount(held, chosen, asked.get("amount", "")) if chosen is not None else (0, "")
    if request.method == "POST" and chosen is not None and not mistake:
        try:
            mistake = _convert(request, held, chosen, amount)
        except ConfirmationNeeded:
            asked_again = urlencode({"way": str(chosen.number), "amount": asked.get("amount", "")})
            return to_log_in(request, back=f"{request.path}?{asked_again}", why=SPENDING)
        if not mistake:
            return redirect("portal:points")
    context: dict[str, Any] = {
        "held": held,
        "ways": [_shown(held, one, asked.get("amount", "") if one is chosen else "") for one in ways],
        "mistake": mistake,
        "wrong_way": chosen.number if chosen is not None and mistake else None,
        "quote": _quote(held, chosen, amount) if chosen is not None and not mistake else None,
        "key": new_id(),
    }
    return show(request, "portal/exchange.html", context, here="points", status=409 if mistake else 200)


def _available(held: Holdings, currency: str) -> int:
    assert held.enrolment is not None, "asked for by the caller"
    if currency == held.currency:
        return held.balance.available
    try:
        found = list_balances(account_ids=[held.enrolment.account_id], currency=currency, at=held.at)
    except NotFound:
        return 0  # a currency of which the member never had any
    return found[held.enrolment.account_id].available


def _amount(held: Holdings, way: Way, typed: str) -> tuple[int, str]:
    """Return the amount in minor units, and what is wrong with it in words, empty for nothing."""
    try:
        amount = parse_points("".join(typed.replace(",", ".").split()), way.source.scale)
    except Invalid:
        return 0, _t("Write how many, as a number.")
    return amount, _why_not(held, way, amount)


def _why_not(held: Holdings, way: Way, amount: int) -> str:
    policy = way.policy
    said = {
        "below_minimum": (_t("One exchanges %(points)s at least."), policy.minimum),
        "above_maximum": (_t("At most %(points)s at a time."), policy.maximum or 0),
        "not_a_step": (_t("In whole steps of %(points)s."), policy.step),
        "gives_nothing": (_t("So few give nothing: %(points)s are kept."), policy.fee),
    }
    reason = policy.refusal_of(amount)
    if reason is not None:
        text, number = said[reason]
        return text % {"points": in_points(number, way.source, held.language)}
    if amount > way.available:
        return _t("You have %(points)s.") % {"points": in_points(way.available, way.source, held.language)}
    return ""


def _convert(request: MemberRequest, held: Holdings, way: Way, amount: int) -> str:
    """Exchange; return what was refused in words, empty for nothing."""
    assert held.enrolment is not None, "asked for by the caller"
    key = request.POST.get("key", "")[:80]
    try:
        done = convert_points(
            by=request.person.by, at=request.at, enrolment=held.enrolment, amount=amount, to=way.target.code,
            currency=way.source.code, key=f"portal:{request.person.id}:{key}", proof=proof_of(request),
        )  # fmt: skip
    except ConfirmationNeeded:
        raise
    except Refused:
        return _t("It cannot be done now. Nothing was taken.")
    messages.success(
        request,
        _t("You exchanged %(taken)s for %(given)s.")
        % {"taken": in_points(done.taken, way.source, held.language),
           "given": in_points(done.given, way.target, held.language)},
    )  # fmt: skip
    return ""


def _quote(held: Holdings, way: Way, amount: int) -> dict[str, Any]:
    language = held.language
    return {
        "way": way.number,
        "amount": format_points(amount, way.source.scale),
        "taken": in_points(amount, way.source, language),
        "given": in_points(way.policy.given_for(amount), way.target, language),
        "left": in_points(way.available - amount, way.source, language),
    }


def _shown(held: Holdings, way: Way, typed: str) -> dict[str, Any]:
    language = held.language
    return {
        "number": way.number,
        "name": f"{held.said(way.source.name)} → {held.said(way.target.name)}",
        "says": describe_conversion(way.policy, way.source, way.target, language),
        "has": in_points(way.available, way.source, language),
        "most": format_points(way.most, way.source.scale) if way.most else "",
        "typed": typed,
    }
