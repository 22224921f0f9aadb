"""Gift cards: what is owed on them, the list, one card with its movements; sold, blocked, paid out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.money import MalformedAmount, Money
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programmes
from fidelia.programme.queries.gift_cards_in_words import describe_charge, describe_gift_cards
from fidelia.rewards.models import GiftCard, GiftCardMovement
from fidelia.rewards.operations import (
    block_gift_card,
    refund_gift_card,
    sell_gift_card,
    take_top_up_back,
    top_up_gift_card,
)
from fidelia.rewards.operations.gift_cards import gift_card_terms
from fidelia.rewards.operations.topping_up import end_once_charged
from fidelia.rewards.queries import (
    count_gift_cards,
    find_gift_cards,
    get_gift_card,
    list_movements,
    show_code,
    what_is_owed,
)
from fidelia.rewards.queries.gift_cards import GiftCardFilters
from fidelia.rules.gift_card_terms import GiftCardPolicy
from fidelia.ui.formats import number
from fidelia.ui.parts import Figure, Tab

from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of
from ..refusals import put_on, sentence_of
from ..speech import Speech, speech_of
from .forms import RefundForm, SaleForm, TopUpForm

PAGE_SIZE = 50
STATES = ("", "open", "empty", "expired", "blocked")
PATTERN = "####-####-####-####"


@signed_in
def gift_cards(request: ConsoleRequest) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    state = request.GET.get("state", "")
    filters = GiftCardFilters(request.GET.get("q", "").strip()[:100], state if state in STATES else "")
    place = asked_place(request)
    found = find_gift_cards(
        by=by, at=speech.now, filters=filters, after=place.after_as(datetime.fromisoformat, UUID),
        before=place.before_as(datetime.fromisoformat, UUID), limit=PAGE_SIZE + 1,
    )  # fmt: skip
    total = count_gift_cards(by=by, at=speech.now, filters=filters)
    page = page_of(
        request, place, found, PAGE_SIZE, key_of=lambda one: (one.sold_at.isoformat(), str(one.id)),
        total=number(total, get_language() or "en"), order=_("the last sold first"),
    )  # fmt: skip
    context = {
        "rows": [_row(one, speech) for one in page.rows],
        "page": page.pager,
        "tabs": _tabs(state),
        "text": filters.text,
        "figures": _figures(by, speech),
        "may_sell": bool(_programmes(by)),
        "nothing_at_all": not total and not filters.text and not filters.state,
    }
    return show(request, "console/rewards/gift_cards.html", context, partial="rows")


@signed_in
def sell(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("gift_card.sell"):
        by.require("gift_card.sell")
    programmes = {str(one.id): one for one in _programmes(by)}
    choices = [(id, one.name.in_language(get_language() or "en")) for id, one in programmes.items()]
    form = SaleForm(request.POST or None, programmes=choices)
    if request.method == "POST" and form.is_valid():
        card = _sell(by, form, programmes[form.cleaned_data["programme"]])
        if card is not None:
            messages.success(request, _("The gift card was sold. Give its code to who bought it."))
            return redirect("console:gift-card", card_id=card.id)
    now, language = clock.now(), get_language() or "en"
    told = [
        (one.name.in_language(language), describe_gift_cards(gift_card_terms(one, now), one, language))
        for one in programmes.values()
    ]
    return show(request, "console/rewards/sale.html", {"form": form, "told": told}, status=422 if form.errors else 200)


@signed_in
def gift_card(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    card = get_gift_card(by=by, card_id=card_id)
    scope = Scope(card.partner_id, card.store_id)
    alive = card.expires_at is None or card.expires_at > speech.now
    terms, movements = gift_card_terms(card.programme, speech.now), list_movements(by=by, card=card)
    undone = _charges_to_undo(movements, terms, speech.now) if by.may("gift_card.refund", scope) else frozenset()
    context = {
        "card": card,
        **_row(card, speech),
        "code": show_code(PATTERN, card.code),
        "movements": [
            {
                "moved": one,
                "may_go_back": one.number in undone,
                "back": f"f-back-{one.number}",
                "amount": speech.money(one.amount, card.currency),
                "after": speech.money(one.balance_after, card.currency),
                "word": _words()[one.kind],
            }
            for one in movements
        ],
        "form": RefundForm(),
        "top_up_form": TopUpForm(prefix="top_up"),
        "terms": describe_gift_cards(terms, card.programme, get_language() or "en", ends=card.expires_at is not None),
        "charge": _charge_words(card, terms, speech)
        if by.may("gift_card.top_up", scope) and alive and card.blocked_at is None
        else None,
        "may_block": by.may("gift_card.block", scope),
        "may_refund": by.may("gift_card.refund", scope) and alive and card.balance > 0 and card.blocked_at is None,
    }
    return show(request, "console/rewards/gift_card.html", context)


@require_POST
@signed_in
def block(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    """Block a card, or let it work again."""
    is_blocked = request.POST.get("is_blocked") == "yes"
    get_gift_card(by=request.actor.lent("gift_card.see"), card_id=card_id)
    block_gift_card(by=request.actor, at=clock.now(), card_id=card_id, is_blocked=is_blocked)
    told = _("The card is blocked: it pays nothing.") if is_blocked else _("The card works again.")
    messages.success(request, told)
    return redirect("console:gift-card", card_id=card_id)


@require_POST
@signed_in
def top_up(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    """Put more money onto a card."""
    form = TopUpForm(request.POST, prefix="top_up")
    card = get_gift_card(by=request.actor.lent("gift_card.see"), card_id=card_id)
    try:
        if not form.is_valid():
            raise MalformedAmount("Write an amount.")
        amount = _money_of(form.cleaned_data["amount"], card.currency)
        top_up_gift_card(
            by=request.actor, at=clock.now(), card_id=card_id, amount=amount, note=form.cleaned_data["note"]
        )
        messages.success(request, _("The money is on the card."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:gift-card", card_id=card_id)


@require_POST
@signed_in
def take_back(request: ConsoleRequest, card_id: UUID, number: int) -> HttpResponseBase:
    """Take a charge back."""
    get_gift_card(by=request.actor.lent("gift_card.see"), card_id=card_id)
    try:
        take_top_up_back(
            by=request.actor, at=clock.now(), card_id=card_id, number=number, note=request.POST.get("note", "")
        )
        messages.success(request, _("The charge is taken back: pay its money out."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:gift-card", card_id=card_id)


@require_POST
@signed_in
def refund(request: ConsoleRequest, card_id: UUID) -> HttpResponseBase:
    """Pay out all that is on a card."""
    form = RefundForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the money is paid out."))
        return redirect("console:gift-card", card_id=card_id)
    try:
        refund_gift_card(by=request.actor, at=clock.now(), card_id=card_id, note=form.cleaned_data["note"])
        messages.success(request, _("The money is paid out; the card is empty."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:gift-card", card_id=card_id)


def _sell(by: Actor, form: SaleForm, programme: Programme) -> GiftCard | None:
    given = form.cleaned_data
    try:
        amount = _money_of(given["amount"], programme.currency)
        return sell_gift_card(
            by=by, at=clock.now(), programme=programme, amount=amount, valid_until=given["valid_until"],
            partner_id=programme.partner_id,
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, {"": "amount"} if refusal.code == "malformed_amount" else {})
        return None


def _money_of(text: str, currency: str) -> Money:
    return Money.parse(text.replace(",", ".").replace("\u202f", "").strip(), currency)


def _charge_words(card: GiftCard, terms: GiftCardPolicy, speech: Speech) -> list[str] | None:
    """Return what may come onto a card now, and how long it lives then, in sentences; None: nothing may."""
    ends = end_once_charged(card, terms, speech.now)
    day = None if ends is None else speech.last_day(ends)
    said = describe_charge(terms, card.programme, get_language() or "en", held=card.balance, ends=day)
    return (
        None
        if said is None
        else [_("%(amount)s are on it.") % {"amount": speech.money(card.balance, card.currency)}, *said]
    )


def _charges_to_undo(movements: Sequence[GiftCardMovement], terms: GiftCardPolicy, now: datetime) -> frozenset[int]:
    """Return the numbers of the charges for which a person is offered to take them back."""
    gone = {one.reverses for one in movements}
    days = timedelta(days=terms.top_up.undone_days if terms.top_up else 0)
    return frozenset(
        one.number
        for one in movements
        if one.kind == "topped_up" and one.purchase_id is None and one.number not in gone
        if now < one.occurred_at + days
    )


def _programmes(by: Actor) -> list[Programme]:
    found = see_programmes(by=by.lent("programme.see"))
    return [one for one in found if by.may("gift_card.sell", Scope(one.partner_id))]


def _row(card: GiftCard, speech: Speech) -> dict[str, Any]:
    """A card in a list shows the end of its code only: whoever has the code has the money."""
    expired = card.expires_at is not None and card.expires_at <= speech.now
    state = "blocked" if card.blocked_at else "expired" if expired else "open" if card.balance else "empty"
    return {
        "card": card,
        "ending": f"…{card.code[-4:]}",
        "balance": speech.money(card.balance, card.currency),
        "state": state,
        "last_day": None if card.expires_at is None else card.expires_at - timedelta(seconds=1),
    }


def _figures(by: Actor, speech: Speech) -> list[Figure]:
    return [
        Figure(
            _("Owed on gift cards"),
            speech.figure_money(one.balance, one.currency),
            note=_("on %(n)s cards") % {"n": speech.number(one.cards)},
        )
        for one in what_is_owed(by=by, at=speech.now)
    ]


def _tabs(state: str) -> list[Tab]:
    words = (_("All cards"), _("With money"), _("Empty cards"), _("Expired cards"), _("Blocked cards"))
    return [
        Tab(word, f"?state={each}" if each else "?", current=each == state)
        for each, word in zip(STATES, words, strict=True)
    ]


def _words() -> dict[str, str]:
    return {
        "sold": _("Sold"),
        "topped_up": _("Charged again"),
        "spent": _("Spent"),
        "given_back": _("Given back with a return"),
        "refunded": _("Paid out"),
        "expired": _("Lost by expiry"),
    }
