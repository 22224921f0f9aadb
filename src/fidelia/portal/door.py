"""Who may come in: a session of the portal's own, apart from the console's, and what every page knows of its member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from fidelia.customers.models import Customer
from fidelia.customers.queries import ids_of, list_customers_by_id
from fidelia.kernel.actor import Actor, Grant
from fidelia.kernel.addresses import network_address
from fidelia.kernel.clock import now
from fidelia.kernel.errors import FideliaError
from fidelia.members.models import MemberSession
from fidelia.members.operations import use_session
from fidelia.organisation.models import MemberPortal
from fidelia.organisation.queries import find_portal, get_operator
from fidelia.programme.queries import Proven

from .errors import closed, refused

P = ParamSpec("P")
PROGRAMME_COOKIE = "fidelia_member_programme"
SESSION_COOKIE, ASK_COOKIE = "fidelia_member", "fidelia_member_ask"
SESSION_COOKIE_AGE = 180 * 86_400
SPENDING = "spending"
FRESH = timedelta(minutes=15)  # how long a code that opened a session is a proof for the spending of many points
# What a member may do, always with the ids of the session's own person.
RIGHTS = (
    *("customer.see", "customer.change", "customer.record_consent", "points.see", "purchase.see", "decision.see"),
    *("voucher.see", "coupon.see", "store.see", "card.see", "reward.see", "reward.redeem"),
    *("referral.see", "points.convert", "offer.activate"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """The member of a session: the survivor of her merges, and every id under which something of hers is kept."""

    customer: Customer
    ids: tuple[UUID, ...]
    by: Actor

    @property
    def id(self) -> UUID:
        return self.customer.id


class MemberRequest(HttpRequest):
    """A request of a member: who she is, by which session, of which portal, at which moment."""

    person: Person
    session_row: MemberSession
    brand: MemberPortal
    at: datetime
    holdings: Any


def open_to_all(
    view: Callable[Concatenate[HttpRequest, MemberPortal, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer anybody while the portal is open, in the language of their browser; closed, there is nothing here."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        brand = find_portal()
        if brand is None or not brand.is_open:
            return closed(request)
        try:
            return view(request, brand, *args, **kwargs)
        except FideliaError as refusal:
            return refused(request, refusal, brand)

    return guarded


def members_only(
    view: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let members in, in their language and the operator's time zone; others go to the log-in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        brand = find_portal()
        if brand is None or not brand.is_open:
            return closed(request)
        inside = _known(request, brand)
        if inside is None:
            return to_log_in(request)
        zone = ZoneInfo(get_operator().time_zone)
        with translation.override(inside.person.customer.language), timezone.override(zone):
            try:
                return view(inside, *args, **kwargs)
            except FideliaError as refusal:
                return refused(request, refusal, brand)

    return guarded


def by_code_only(
    view: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in members who proved their address by a code: a letter can be passed on, and its link with it."""

    @wraps(view)
    @members_only
    def guarded(request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.session_row.how == "code" else to_log_in(request)

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], guarded)


def _known(request: HttpRequest, brand: MemberPortal) -> MemberRequest | None:
    at = now()
    session = use_session(at=at, token=request.COOKIES.get(SESSION_COOKIE, ""))
    if session is None:
        return None
    ids = ids_of(session.customer_id)
    customer = list_customers_by_id(ids[:1]).get(ids[0])
    if customer is None or customer.is_erased:
        return None
    inside = cast(MemberRequest, request)
    inside.person = Person(customer, ids, Actor("member", customer.id, "member", tuple(map(Grant, RIGHTS))))
    inside.session_row, inside.brand, inside.at = session, brand, at
    return inside


def proof_of(request: MemberRequest) -> Proven | None:
    """Return what shows that it is the member who spends: a code that they have just entered.

    The link of a letter shows nothing, and neither does a device that has been open for longer: who finds a telephone
    would have all its points.
    """
    session = request.session_row
    return Proven() if session.how == "code" and request.at < session.began_at + FRESH else None


def to_log_in(request: HttpRequest, back: str = "", *, why: str = "") -> HttpResponse:
    """Send to the log-in, and afterwards to the page `back`, or to this one where it is one to be read.

    `why` a code is asked of who is in already: "spending" of many points.
    """
    wanted = back or (request.get_full_path() if request.method == "GET" else reverse("portal:home"))
    asked = ({} if wanted == reverse("portal:home") else {"next": wanted}) | ({"why": why} if why else {})
    return redirect(reverse("portal:log-in") + ("?" + urlencode(asked) if asked else ""))


def wanted_address(request: HttpRequest) -> str:
    """Return the page to go to after the log-in: one of this site, never another's."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("portal:home")


def remember_device(response: HttpResponse, token: str) -> None:
    """Give the device what opens its session; the script of a page cannot read it."""
    response.set_cookie(
        SESSION_COOKIE, token, max_age=SESSION_COOKIE_AGE, secure=settings.BEHIND_TLS, httponly=True, samesite="Lax"
    )


def network_of(request: HttpRequest) -> str:
    """Return the address of the network that a request comes from."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return network_address(str(request.META.get("REMOTE_ADDR", "")), forwarded, settings.PROXIES)


_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
_BROWSERS = (("SamsungBrowser", "Samsung Internet"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
             ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip


def device_of(request: HttpRequest) -> str:
    """Return what a member would call the device: "Chrome, Android"; nothing finer is kept."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (browser, system))) or "—"
