"""The points of a customer: movements with the balance after each, lots by expiry, and crediting by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.ids import new_id
from fidelia.kernel.points import parse_points
from fidelia.ledger.models import Lot
from fidelia.ledger.queries import list_lots
from fidelia.programme.models import AskedAdjustment
from fidelia.programme.operations.adjusting import approve_adjustment, correct_points, refuse_adjustment
from fidelia.programme.queries import list_asked_adjustments, terms_of, version_in_force

from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of
from ..refusals import put_on, sentence_of
from ..words import POSTINGS, SOURCES, word
from .points_ahead import ahead_of
from .reading import Dossier, Membership, frame_of, read_dossier
from .timeline_standing import Movement, movements_of

PAGE_SIZE = 50
REASON_LENGTH_MAX = 300


class AdjustmentForm(forms.Form):
    """How many points, and why; the key makes a second click the same act."""

    points = forms.CharField(
        label=_("Points"),
        max_length=20,
        help_text=_("Write -50 to take points back."),
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason, shown to the member"), max_length=REASON_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


@signed_in
def points(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    membership = membership_of(dossier)
    asked = asked_place(request)
    before = asked.after_as(datetime.fromisoformat, UUID, int)
    found, has_more = movements_of(membership, before=before, limit=PAGE_SIZE)
    page = page_of(
        request, asked, [*found, found[-1]] if has_more else found, PAGE_SIZE, key_of=_key_of,
        total="", order=_t("newest first"),
    )  # fmt: skip
    enrolment = membership.enrolment
    lots = list_lots(account_id=enrolment.account_id, currency=enrolment.programme.points_currency_id)
    context = frame_of(dossier, "console:customer-points") | {
        "balance": membership.balance,
        "scale": membership.scale,
        "rows": [_row(dossier, move) for move in page.rows],
        "page": page.pager,
        "lots": _by_expiry(dossier, lots),
        "asked": _asked(dossier, membership),
        "ahead": ahead_of(dossier, membership, request.GET.get("on", "")),
    }
    return show(request, "console/customers/points.html", context)


@signed_in
def adjust(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """Credit or take back points: what will happen is shown first, and nothing is written until it is confirmed."""
    dossier = read_dossier(request, customer_id)
    membership = membership_of(dossier)
    if not dossier.may_on_points("points.adjust"):
        raise Denied(_t("You may not correct balances of points."), right="points.adjust")
    form = AdjustmentForm(request.POST or None, initial={"key": new_id()})
    effect: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        effect = _effect(dossier, membership, form)
        done = _adjust(dossier, membership, form, effect) if effect is not None and "confirmed" in request.POST else ""
        if done and effect is not None:
            messages.success(request, done % {"points": effect["amount_text"], "name": dossier.name})
            return redirect("console:customer-points", customer_id=customer_id)
    context = frame_of(dossier, "console:customer-points") | {
        "form": form,
        "effect": None if form.errors else effect,
        "balance_text": dossier.speech.points(membership.balance.available, membership.scale, unit=True),
    }
    return show(request, "console/customers/adjust.html", context, status=422 if form.errors else 200)


def membership_of(dossier: Dossier) -> Membership:
    if dossier.membership is None:
        raise Denied(_t("This customer is not a member, or their points are not yours to see."), right="points.see")
    return dossier.membership


def _effect(dossier: Dossier, membership: Membership, form: AdjustmentForm) -> dict[str, Any] | None:
    """Return what the act would do, in words; None with the mistake on the form when it cannot be read."""
    try:
        amount = parse_points(form.cleaned_data["points"].replace("\u2212", "-").replace(" ", ""), membership.scale)
    except FideliaError:
        amount = 0
    if amount == 0:
        form.add_error("points", _t("Write an amount of points, such as 200 or -50."))
        return None
    available, speech = membership.balance.available, dossier.speech
    if available + amount < 0 and not membership.balance.may_go_negative:
        left = speech.points(available, membership.scale, unit=True)
        form.add_error("points", _t("There are only %(points)s to take back.") % {"points": left})
        return None
    expires_at = _expiry(membership, dossier.at) if amount > 0 else None
    return {
        "amount": amount,
        "expires_at": expires_at,
        "is_credit": amount > 0,
        "amount_text": speech.points(amount, membership.scale, sign=True, unit=True),
        "plain_text": speech.points(abs(amount), membership.scale, unit=True),
        "before_text": speech.points(available, membership.scale),
        "after_text": speech.points(available + amount, membership.scale),
        "expiry_text": speech.plain_date(speech.last_day(expires_at)) if expires_at else "",
    }


def _expiry(membership: Membership, at: datetime) -> datetime | None:
    version = version_in_force(membership.enrolment.programme, at)
    if version is None:
        return None
    terms = terms_of(version.id)
    return terms.points.expires_at(at, terms.zone)


def _adjust(dossier: Dossier, membership: Membership, form: AdjustmentForm, effect: dict[str, Any]) -> str:
    """Do it, and return what to say; nothing with the mistake on the form when it was refused."""
    enrolment = membership.enrolment
    try:
        done = correct_points(
            by=dossier.by, at=clock.now(), enrolment=enrolment, amount=effect["amount"],
            reason=form.cleaned_data["reason"], key=f"console:{form.cleaned_data['key']}",
            expires_at=effect["expires_at"],
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, {"/amount": "points", "/key": "key"})
        if not form.errors:
            form.add_error("points", sentence_of(refusal))
        return ""
    if isinstance(done, AskedAdjustment):
        return _t("%(points)s for %(name)s wait for a second person.")
    return _t("%(points)s for %(name)s, written with its reason.")


@require_POST
@signed_in
def decide(request: ConsoleRequest, customer_id: UUID, adjustment_id: UUID) -> HttpResponseBase:
    """A second person's word on a correction that was asked."""
    dossier = read_dossier(request, customer_id)
    if "refused" in request.POST:
        refuse_adjustment(by=dossier.by, at=clock.now(), adjustment_id=adjustment_id)
        messages.success(request, _t("The correction was refused; nothing was written."))
    else:
        approve_adjustment(by=dossier.by, at=clock.now(), adjustment_id=adjustment_id)
        messages.success(request, _t("The correction was approved and written."))
    return redirect("console:customer-points", customer_id=customer_id)


def _asked(dossier: Dossier, membership: Membership) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "amount": dossier.speech.points(one.amount, membership.scale, sign=True, unit=True),
            "reason": one.reason,
            "by": one.asked_by_label,
            "at": one.asked_at,
        }
        for one in list_asked_adjustments(by=dossier.by)
        if one.enrolment_id == membership.enrolment.id
    ]


def _key_of(move: Movement) -> tuple[Any, ...]:
    # Entries of the posting itself are not before its first leg.
    return (move.posting.occurred_at, move.posting.posting_id, 0)


def _row(dossier: Dossier, move: Movement) -> dict[str, Any]:
    posting = move.posting
    store = dossier.stores.get(move.store_id) if move.store_id else None
    return {
        "posting": posting,
        "kind": word(POSTINGS, posting.kind),
        "detail": posting.note or (store.name if store else ""),
        "says": move.says,
        "pending": move.pending,
        "source": word(SOURCES, posting.source_type) if posting.source_type != "purchase" else "",
        "purchase_id": posting.source_id if posting.source_type == "purchase" else None,
        "amount": move.amount,
        "balance_after": move.balance_after,
    }


def _by_expiry(dossier: Dossier, lots: list[Lot]) -> list[dict[str, Any]]:
    """Lots added up by the day they die, the first to die first, with the share each has of all."""
    total = sum(lot.remaining for lot in lots) or 1
    sums: dict[datetime | None, int] = {}
    for lot in lots:
        if lot.remaining and (lot.expires_at is None or lot.expires_at > dossier.at):
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.remaining
    speech = dossier.speech
    return [
        {
            "until": speech.plain_date(speech.last_day(expires_at)) if expires_at else _t("never"),
            "amount": amount,
            "ratio": amount / total,
        }
        for expires_at, amount in sums.items()
    ]
