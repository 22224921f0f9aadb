"""One card: what it shows, whose it is, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.cards.models import Card
from fidelia.cards.operations import (
    Person,
    adopt_card,
    block_card,
    give_card,
    let_work_again,
    look_up_card,
    register_card,
    replace_card,
    report_lost,
)
from fidelia.cards.operations.printing import print_card
from fidelia.cards.queries import get_card, list_card_series
from fidelia.cards.queries.cards import show_number
from fidelia.cards.queries.usable import WORKING, state_of
from fidelia.customers.errors import UnknownCustomer
from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.queries import get_programme_by_id
from fidelia.ui.codes import ean13_svg, is_ean13, qr_svg

from ..customers.rows import name_of
from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of
from .forms import ReasonForm, RegistrationForm, ReplacementForm
from .series import name_of_series, pdf_answer, state_words


@signed_in
def find(request: ConsoleRequest) -> HttpResponseBase:
    """Go to the card of a number; a number that only names a member becomes a card."""
    text = request.GET.get("q", "").strip()[:100]
    try:
        found = look_up_card(by=request.actor, at=clock.now(), number=text)
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:cards")
    return redirect("console:card", card_id=found.id)


@signed_in
def card(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by = request.actor
    found = get_card(by=by, card_id=card_id)
    scope = Scope(found.partner_id, found.store_id)
    may_block, may_give = by.may("card.block", scope), by.may("card.give", scope)
    state = state_of(found, clock.now())
    works = state in WORKING
    context: dict[str, Any] = {
        "card": found,
        "state": state,
        "shown": show_number(found.number),
        "state_word": state_words()[state],
        "series_name": name_of_series(found.series) if found.series is not None else "",
        "last_day": None if found.expires_at is None else found.expires_at - timedelta(seconds=1),
        "holder": _holder(by, found),
        # Both are drawn here of a number that is letters and digits alone.
        "bars": mark_safe(ean13_svg(found.number, label=found.number)) if is_ean13(found.number) else "",  # noqa: S308
        "square": mark_safe(qr_svg(found.number, label=found.number)),  # noqa: S308
        "reason_form": ReasonForm(),
        "replacement_form": ReplacementForm(),
        "registration_form": RegistrationForm(),
        "may_register": may_give and state == "provisional",
        "may_lose": may_block and works,
        "may_replace": may_block and found.customer_id is not None and state != "replaced",
        "may_block": may_block and state in (*WORKING, "issued", "lost"),
        "may_bring_back": may_block and state in ("lost", "blocked"),
    }
    return show(request, "console/cards/card.html", context)


@signed_in
def printed(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    """The card as a PDF of its own size."""
    pdf = print_card(by=request.actor, card_id=card_id, language=get_language() or "en")
    return pdf_answer(pdf, f"card-{card_id}.pdf")


@require_POST
@signed_in
def lose(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by, reason = request.actor, _reason(request)
    return _do(request, card_id, lambda: report_lost(by=by, at=clock.now(), card=card_id, reason=reason),
               _("The card is lost: a till refuses it and says so. The points stay."))  # fmt: skip


@require_POST
@signed_in
def block(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by, reason = request.actor, _reason(request)
    return _do(request, card_id, lambda: block_card(by=by, at=clock.now(), card=card_id, reason=reason),
               _("The card is blocked."))  # fmt: skip


@require_POST
@signed_in
def bring_back(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by = request.actor
    return _do(request, card_id, lambda: let_work_again(by=by, at=clock.now(), card=card_id),
               _("The card works again."))  # fmt: skip


@require_POST
@signed_in
def replace(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by, number = request.actor, request.POST.get("number", "").strip()[:100] or None
    reason = _reason(request)
    return _do(
        request, card_id, lambda: replace_card(by=by, at=clock.now(), card=card_id, number=number, reason=reason),
        _("This card works in the place of the other, with all its points."),
    )  # fmt: skip


@require_POST
@signed_in
def register(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by, form = request.actor, RegistrationForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    person = Person(
        given_name=given.get("given_name", ""), family_name=given.get("family_name", ""),
        email=given.get("email", ""), phone=given.get("phone", ""),
    )  # fmt: skip
    return _do(
        request, card_id,
        lambda: register_card(by=by, at=clock.now(), card=card_id, person=person, source="console"),
        _("The card has its member; the points can be used."),
    )  # fmt: skip


@require_POST
@signed_in
def adopt(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """A plain number of a customer becomes a card, to be acted upon."""
    get_customer(by=request.actor, customer_id=customer_id)
    number = request.POST.get("number", "")[:100]
    try:
        made = adopt_card(by=request.actor, at=clock.now(), number=number)
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:customer-record", customer_id=customer_id)
    return redirect("console:card", card_id=made.id)


@require_POST
@signed_in
def give(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """Give a member a card: by its number, or a new one of a series."""
    by = request.actor
    customer = get_customer(by=by, customer_id=customer_id)
    number = request.POST.get("number", "").strip()[:100] or None
    try:
        series = {str(one.id): one for one in list_card_series(by=by.lent("card.see"))}
        chosen = None if number else series.get(request.POST.get("series", ""))
        programme_id = (
            chosen.programme_id
            if chosen is not None
            else look_up_card(by=by.lent("card.see"), at=clock.now(), number=number or "").programme_id
        )
        made = give_card(
            by=by, at=clock.now(), customer_id=ids_of(customer.id)[0], number=number,
            series_id=chosen.id if chosen is not None else None, programme=get_programme_by_id(programme_id),
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:customer-record", customer_id=customer_id)
    messages.success(request, _("The card is the member’s."))
    return redirect("console:card", card_id=made.id)


def _do(request: ConsoleRequest, card_id: UUID, act: Callable[[], Card], told: str) -> HttpResponseBase:
    try:
        done = act()
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:card", card_id=card_id)
    messages.success(request, told)
    return redirect("console:card", card_id=done.id)


def _reason(request: ConsoleRequest) -> str:
    return forms.CharField(required=False).clean(request.POST.get("reason", ""))[:300] or ""


def _holder(by: Actor, found: Card) -> dict[str, Any] | None:
    """Whose it is, as far as the actor may see."""
    if found.customer_id is None:
        return None
    try:
        customer = get_customer(by=by, customer_id=ids_of(found.customer_id)[0])
    except (Denied, UnknownCustomer):
        return None
    return {"id": customer.id, "name": name_of(customer)}
