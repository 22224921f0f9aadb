"""My data: all that is kept about me, to read and to take along; and my wish to be erased."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fidelia.persons.operations import ask_erasure, withdraw_request
from fidelia.persons.queries import collect_person, requests_of
from fidelia.ui.formats import date_time, plain_date

from .door import MemberRequest, by_code_only
from .pages import show

ROWS_SHOWN = 200
FORMAT = "fidelia-own-data-1"
PARTS = {
    "facts": _("Who you are"), "identities": _("Cards and numbers"), "contact_points": _("How we reach you"),
    "consents": _("What you agreed to"), "changes": _("What changed in your record"),
    "traits": _("What we learnt about you"), "segments": _("Groups you are in"), "memberships": _("Memberships"),
    "tiers": _("Tiers"), "granted_tiers": _("Tiers that were given to you"), "pools": _("Points you share"),
    "opening_balances": _("Points you brought along"), "asked_corrections": _("Corrections that wait"),
    "told_beforehand": _("Expiries that we told you of"), "postings": _("Movements of points"),
    "entries": _("Entries of points"), "coupons": _("Coupons"), "vouchers": _("Vouchers"),
    "gift_cards": _("Gift cards"), "reward_uses": _("What you used"), "rewards_chosen": _("What I chose"),
    "loyalty_cheques": _("Loyalty cheques"), "taken_back": _("What was taken back"), "cards": _("Loyalty cards"),
    "purchases": _("Purchases"), "claims": _("Purchases you claimed"), "checkouts": _("Open checkouts"),
    "messages": _("Messages we sent you"), "rfm": _("How often and how lately you buy"),
    "kept_lists": _("Lists you stand in until we count anew"), "campaigns": _("Campaigns"),
    "activated_offers": _("Offers you activated"),
    "subscriptions": _("Paid memberships"), "subscription_periods": _("What you paid for memberships"),
    "referrals": _("Friends you brought"), "referral_codes": _("Codes for friends"),
    "judged_purchases": _("Purchases judged while another house kept your points"),
    "sign_ups": _("When you joined by yourself"),
    "devices": _("Devices you were logged in on"), "requests": _("What you asked about your data"),
}  # fmt: skip


@require_safe
@by_code_only
def data(request: MemberRequest) -> HttpResponseBase:
    """All that is kept, to read: the same rows as the file, part by part."""
    collected = collect_person(by=request.person.by, customer_id=request.person.id)
    parts = [
        {
            "name": str(PARTS.get(name, name.replace("_", " ").capitalize())),
            "count": len(rows),
            "rows": [_readable(request, row) for row in rows[:ROWS_SHOWN]],
        }
        for name, rows in collected.items()
        if rows
    ]
    return show(request, "portal/data.html", {"parts": parts, "rows_shown": ROWS_SHOWN}, here="me")


@require_safe
@by_code_only
def download(request: MemberRequest) -> HttpResponseBase:
    """The same as a file that machines read (GDPR, article 20)."""
    collected = collect_person(by=request.person.by, customer_id=request.person.id)
    whole = {"format": FORMAT, "made_at": request.at, "held_by": request.brand.name, "data": collected}
    text = json.dumps(whole, default=_as_json, ensure_ascii=False, indent=1)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_t("my-data")}-{request.at:%Y-%m-%d}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@by_code_only
@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: MemberRequest) -> HttpResponseBase:
    """Ask to be erased: what goes, what the law keeps, and until when an answer comes, are said before."""
    if request.method == "POST":
        ask_erasure(
            by=request.person.by, at=request.at, customer_id=request.person.id, note=request.POST.get("note", ""),
            source="portal",
        )  # fmt: skip
        return redirect("portal:erasure")
    asked = requests_of(request.person.ids)
    language = request.person.customer.language
    context = {
        "rows": [
            {
                "state": one.state,
                "asked": plain_date(timezone.localtime(one.asked_at).date(), language),
                "due": plain_date(one.due_on, language),
                "answer": one.answer,
            }
            for one in asked
        ],
        "open": any(one.state == "open" for one in asked),
    }
    return show(request, "portal/erasure.html", context, here="me")


@by_code_only
@require_POST
def keep_me(request: MemberRequest) -> HttpResponseBase:
    """Think better of it."""
    withdraw_request(by=request.person.by, at=request.at, customer_id=request.person.id)
    messages.success(request, _t("Nothing will be erased."))
    return redirect("portal:erasure")


def _readable(request: MemberRequest, row: dict[str, Any]) -> list[tuple[str, str]]:
    language = request.person.customer.language
    return [(name.replace("__", " ").replace("_", " "), _said(value, language)) for name, value in row.items()
            if value not in (None, "", [], {})]  # fmt: skip


def _said(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return _t("yes") if value else _t("no")
    if isinstance(value, datetime):
        return date_time(timezone.localtime(value), language)
    if isinstance(value, date):
        return plain_date(value, language)
    if isinstance(value, dict | list):
        return json.dumps(value, default=_as_json, ensure_ascii=False)
    return str(value)


def _as_json(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "as_mapping"):
        return value.as_mapping()
    return str(value)
