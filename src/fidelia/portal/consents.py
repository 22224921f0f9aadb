"""What they may send me: one gesture for each purpose and channel, one for all, and every word kept as proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from fidelia.customers.models import Consent
from fidelia.customers.operations import record_consent
from fidelia.customers.queries import list_consents
from fidelia.kernel.errors import NotFound
from fidelia.ui.formats import short_date

from .door import MemberRequest, members_only
from .pages import show

WORDING_VERSION = "portal-2026-11"
HISTORY_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """A purpose and channel with the sentence that the member agrees to; `default` holds before any word."""

    purpose: str
    channel: str
    name: str | Promise
    wording: str | Promise
    icon: str
    default: bool = False


CHOICES = (
    Choice("marketing", "email", _("Offers by e-mail"), _("I would like news and offers by e-mail."), "mail"),
    Choice("marketing", "sms", _("Offers by text message"), _("I would like offers by text message."), "message"),
    Choice("marketing", "phone", _("Offers by telephone"), _("You may call me about offers."), "phone"),
    Choice("marketing", "post", _("Offers by post"), _("I would like news and offers by post."), "mailbox"),
    Choice(
        "profiling", "any", _("Suggestions for me"),
        _("My purchases may be used to suggest what suits me."), "wand",
    ),
    Choice(
        "service", "email", _("E-mails about my points"),
        _("I would like e-mails about my points, my tier and my rewards."), "coins", default=True,
    ),
)  # fmt: skip
BY_KEY = {f"{one.purpose}-{one.channel}": one for one in CHOICES}


@require_safe
@members_only
def consents(request: MemberRequest) -> HttpResponseBase:
    said = list_consents(request.person.id)
    rows = [{"key": key, "choice": one, **_state(request, one, said)} for key, one in BY_KEY.items()]
    context = {
        "rows": rows,
        "any_offer": any(row["is_given"] for row in rows if row["choice"].purpose == "marketing"),
        "history": [_told(request, one) for one in said[:HISTORY_SHOWN]],
    }
    return show(request, "portal/consents.html", context, here="me")


@members_only
@require_POST
def choose(request: MemberRequest, key: str) -> HttpResponseBase:
    """Say yes or no to one thing."""
    choice = BY_KEY.get(key)
    if choice is None:
        raise NotFound("There is no such choice.")
    given = request.POST.get("given") == "yes"
    is_given = _state(request, choice, list_consents(request.person.id))["is_given"]
    if given != is_given:
        _record(request, choice.purpose, choice.channel, given, choice.wording)
    messages.success(request, _t("It is noted. You can change your mind at any time."))
    return redirect("portal:consents")


@members_only
@require_POST
def refuse_all(request: MemberRequest) -> HttpResponseBase:
    """No offers any more, by any channel: one gesture, without a reason."""
    _record(request, "marketing", "any", False, _("No offers any more, by any channel."))
    messages.success(request, _t("You will get no more offers. What is already on its way may still arrive."))
    return redirect("portal:consents")


def _record(request: MemberRequest, purpose: str, channel: str, given: bool, wording: Any) -> None:
    with override(request.person.customer.language):
        proof = {
            "source": "portal", "wording": str(wording), "wording_version": WORDING_VERSION,
            "language": request.person.customer.language, "session": str(request.session_row.id),
        }  # fmt: skip
    record_consent(
        by=request.person.by, at=request.at, customer_id=request.person.id, purpose=purpose, channel=channel,
        given=given, proof=proof,
    )  # fmt: skip


def _state(request: MemberRequest, choice: Choice, said: list[Consent]) -> dict[str, Any]:
    """Return what holds now, and since when it was said; the newest word on the channel, or on any, counts."""
    word = next(
        (one for one in said if one.purpose == choice.purpose and one.channel in (choice.channel, "any")), None
    )  # fmt: skip
    return {
        "is_given": word.given if word is not None else choice.default,
        "since": _day(request, word) if word is not None else "",
    }


def _told(request: MemberRequest, word: Consent) -> dict[str, Any]:
    choice = BY_KEY.get(f"{word.purpose}-{word.channel}")
    named = {"marketing": _t("All offers"), "profiling": _t("Suggestions for me"), "service": _t("All about my points")}
    name = choice.name if choice is not None else named.get(word.purpose, word.purpose)
    return {"name": name, "given": word.given, "day": _day(request, word)}


def _day(request: MemberRequest, word: Consent) -> str:
    day, today = timezone.localtime(word.occurred_at).date(), timezone.localtime(request.at).date()
    return short_date(day, request.person.customer.language, today=today)
