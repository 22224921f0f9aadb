"""My points: what dies when, every movement in words, and why a purchase gave what it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from fidelia.activity.errors import UnknownPurchase
from fidelia.activity.models import Purchase
from fidelia.activity.queries import explain_purchase, get_decision, list_purchases
from fidelia.activity.queries.receipts import get_receipt
from fidelia.kernel.sealing import seal, unseal
from fidelia.organisation.queries import list_stores
from fidelia.programme.queries import Moved, explain_movements, read_movements
from fidelia.rules import canonical_text
from fidelia.ui.formats import day_heading, month_name, number

from .door import MemberRequest, members_only
from .holdings import Holdings, holdings_of, slices_of
from .pages import show

PAGE_SIZE, LOOKED_THROUGH = 30, 100
RECENT_DAYS = 31
PLACE = "place in a member's points"
ICONS: Mapping[str, tuple[str, str]] = {
    "earn": ("shopping-bag", "good"), "activate": ("coins", "good"), "pend": ("clock", "good"),
    "redeem": ("gift", "warm"), "capture": ("gift", "warm"), "hold": ("clock-pause", "plain"),
    "release": ("arrow-back-up", "plain"), "revoke": ("receipt-refund", "warm"), "adjust": ("heart", "good"),
    "open": ("login", "good"), "expire": ("hourglass", "warm"), "transfer_out": ("arrows-exchange", "warm"),
    "transfer_in": ("arrows-exchange", "good"), "reinstate": ("arrow-back-up", "good"),
    "extend": ("hourglass", "plain"), "cancel": ("x", "warm"), "reverse": ("arrow-back-up", "plain"),
}  # fmt: skip
# The chips of the list: which kinds of postings each keeps.
FILTERS: Mapping[str, frozenset[str]] = {
    "gained": frozenset({"earn", "open", "adjust", "activate", "transfer_in", "reinstate"}),
    "used": frozenset({"redeem", "capture", "transfer_out", "hold"}),
    "pending": frozenset({"pend", "cancel"}),
    "ended": frozenset({"expire", "revoke"}),
}


@require_safe
@members_only
def points(request: MemberRequest) -> HttpResponseBase:
    held = holdings_of(request)
    if held.enrolment is None:
        return show(request, "portal/no_membership.html", here="points")
    kind = request.GET.get("kind", "") if request.GET.get("kind") in FILTERS else ""
    moved, place = _moved(held, kind, request.GET.get("before", ""))
    context = {
        "held": held,
        "points": held.points(held.balance.available),
        "worth": held.worth(held.balance.available),
        "pending": held.in_points(held.balance.pending) if held.balance.pending else "",
        "owed": held.in_points(held.balance.owed) if held.balance.owed else "",
        "slices": slices_of(held, _slice_words()) if held.balance.available > 0 else [],
        "groups": _groups(held, moved),
        "exchanges": bool(held.terms is not None and held.terms.conversions),
        "chips": _chips(kind),
        "kind": kind,
        "older": "?" + urlencode({"kind": kind, "before": place}) if place else "",
    }
    return show(request, "portal/points.html", context, here="points")


@require_safe
@members_only
def purchase(request: MemberRequest, purchase_id: UUID) -> HttpResponseBase:
    """One purchase: its lines, their points, and why. Another member's is as if it were not there."""
    detail = get_decision(by=request.person.by, purchase_id=purchase_id)
    bought = detail.purchase
    if bought.customer_id not in request.person.ids:
        raise UnknownPurchase("There is no such purchase.")
    held = holdings_of(request)
    if held.enrolment is None:
        raise UnknownPurchase("There is no such purchase.")
    is_return = bought.kind == Purchase.Kind.RETURN
    context = {
        "held": held,
        "is_return": is_return,
        "total": held.money(abs(bought.total), bought.currency),
        "day": held.day(bought.occurred_at),
        "place": _places(request.person.by).get(bought.store_id),
        "receipt": bought.receipt_number,
        "points": held.points(bought.points, sign=True),
        "unit": held.unit,
        "lines": [
            {
                "what": line.description or line.product_code,
                "quantity": number(Decimal(line.quantity) / 1000, held.language),
                "many": line.quantity != 1_000,
                "net": held.money(line.net, bought.currency),
                "points": held.points(line.points, sign=True) if line.points else "",
            }
            for line in detail.lines
        ],
        "receipt_url": reverse("portal:receipt", args=[purchase_id]) if detail.decision is not None else "",
        "reasons": explain_purchase(detail, held.language, only_giving=True),
    }
    return show(request, "portal/purchase.html", context, here="points")


@require_safe
@members_only
def receipt(request: MemberRequest, purchase_id: UUID) -> HttpResponseBase:
    """The decision about a purchase as a file that the member can have verified by anybody."""
    detail = get_decision(by=request.person.by, purchase_id=purchase_id)
    if detail.purchase.customer_id not in request.person.ids:
        raise UnknownPurchase("There is no such purchase.")
    text = canonical_text(get_receipt(by=request.person.by, purchase_id=purchase_id))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_t("receipt")}-{purchase_id}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def _moved(held: Holdings, kind: str, asked: str) -> tuple[list[Moved], str]:
    """Return a page of movements of a kind, and the sealed place where the next one begins."""
    assert held.enrolment is not None, "asked for by the caller"
    limit = LOOKED_THROUGH if kind else PAGE_SIZE
    moved, has_more = read_movements(held.enrolment, before=_place(asked), limit=limit)
    last = moved[-1][1][-1] if moved and has_more else None
    kept = [one for one in moved if one[0].kind in FILTERS[kind]] if kind else moved
    if last is None:
        return kept, ""
    return kept, seal(f"{last.occurred_at.isoformat()} {last.posting_id} {last.seq}", purpose=PLACE)


def _place(sealed: str) -> tuple[datetime, UUID, int] | None:
    said = unseal(sealed, purpose=PLACE) if sealed else None
    if said is None:
        return None
    at, posting, seq = said.split(" ")
    return datetime.fromisoformat(at), UUID(posting), int(seq)


def _groups(held: Holdings, moved: Sequence[Moved]) -> list[dict[str, Any]]:
    """Return the movements under the day within the last month, under the month before that."""
    assert held.enrolment is not None, "asked for by the caller"
    words = explain_movements(held.enrolment, moved, held.language)
    bought = {
        one.purchase_id: one for one in list_purchases(by=held.person.by, customer_ids=held.person.ids, limit=200)
    }
    places = _places(held.person.by) if bought else {}
    rows = [(_heading(held, posting.occurred_at), _row(held, (posting, legs), words, bought, places))
            for posting, legs in moved]  # fmt: skip
    return [
        {"heading": name, "rows": [row for _name, row in some]} for name, some in groupby(rows, key=lambda one: one[0])
    ]


def _row(
    held: Holdings,
    moved: Moved,
    words: Mapping[UUID, tuple[str, ...]],
    bought: Mapping[UUID, Purchase],
    places: Mapping[UUID | None, str],
) -> dict[str, Any]:
    posting, legs = moved
    own = sum(leg.amount for leg in legs if leg.code == "member")
    promised = sum(leg.amount for leg in legs if leg.code == "pending")
    icon, tone = ICONS.get(posting.kind, ("coins", "plain"))
    one = bought.get(posting.source_id) if posting.source_id else None
    said = list(words.get(posting.posting_id, ()))
    title = _title(held, one, places) if one is not None else said.pop(0)
    if one is not None and posting.kind == "earn":
        del said[:1]  # how many stands at the end of the row
    if not _is_recent(held, posting.occurred_at):
        said.insert(0, held.short(posting.occurred_at))  # above stands the month alone
    if posting.kind == "adjust" and posting.note:
        said.append(posting.note)
    return {
        "icon": icon, "tone": tone, "title": title, "says": said,
        "amount": held.points(own or (promised if posting.kind == "pend" else 0), sign=True),
        "is_gain": (own or promised) > 0,
        "is_pending": posting.kind == "pend",
        "is_nothing": not own and posting.kind != "pend",
        "purchase_id": one.purchase_id if one is not None else None,
    }  # fmt: skip


def _title(held: Holdings, one: Purchase, places: Mapping[UUID | None, str]) -> str:
    values = {"amount": held.money(abs(one.total), one.currency), "place": places.get(one.store_id, "")}
    if one.kind == Purchase.Kind.RETURN:
        return _t("Return of %(amount)s") % values
    return (
        _t("Purchase of %(amount)s, %(place)s") % values if values["place"] else _t("Purchase of %(amount)s") % values
    )


def _places(by: Any) -> dict[UUID | None, str]:
    return {store.id: store.name for store in list_stores(by=by)}


def _heading(held: Holdings, at: datetime) -> str:
    today, day = held.local_day(held.at), held.local_day(at)
    if _is_recent(held, at):
        return day_heading(day, held.language)
    return month_name(day, held.language, today=today)


def _is_recent(held: Holdings, at: datetime) -> bool:
    """Tell whether it stands under its day, not under its month."""
    return 0 <= (held.local_day(held.at) - held.local_day(at)).days < RECENT_DAYS


def _slice_words() -> dict[str, str]:
    return {"until": _t("to use until {day}"), "later": _t("after {day}"), "ever": _t("without an end")}


def _chips(kind: str) -> list[dict[str, Any]]:
    names = (("", _t("All")), ("gained", _t("Gained")), ("used", _t("Used")), ("pending", _t("On their way")),
             ("ended", _t("Ended")))  # fmt: skip
    return [{"name": name, "url": f"?kind={key}" if key else "?", "is_on": key == kind} for key, name in names]
