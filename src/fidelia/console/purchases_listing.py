"""The list of purchases and returns: by receipt, store, channel, days and amount; each filter a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.activity.queries import PurchaseFilters, list_purchases
from fidelia.kernel import clock
from fidelia.kernel.money import exponent_of
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.models import Store
from fidelia.organisation.queries import get_operator, list_stores
from fidelia.ui.parts import Chip

from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of, query_without
from .purchases import rows_of
from .remembering import choose, last_chosen
from .speech import Speech, speech_of
from .views import tabs_of
from .words import CHANNELS, PURCHASE_KINDS, word

PAGE = "purchases"
PAGE_SIZE = 50
NAMES = ("receipt", "kind", "store", "channel", "since", "until", "least", "most")
SOLD_BY = ("store", "web", "phone")
AMOUNT_MAX = Decimal(10) ** 12


class FilterForm(forms.Form):
    """What one may ask of the list. What cannot be read is left aside, as in every address."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    store = forms.ChoiceField(label=_("Store"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    least = forms.CharField(
        label=_("Amount from"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    most = forms.CharField(label=_("Amount to"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def __init__(self, *args: Any, stores: list[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [("", _t("Purchases and returns")), *((code, word(PURCHASE_KINDS, code)) for code in PURCHASE_KINDS)]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        named = [("", _t("All stores")), *((str(store.id), store.name) for store in stores)]
        self.fields["store"].choices = named  # type: ignore[attr-defined]
        channels = [("", _t("All channels")), *((code, word(CHANNELS, code)) for code in SOLD_BY)]
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address that can be read: what they narrow to, and as sentences by their names."""

    receipt: str
    kind: str
    store: Store | None
    filters: PurchaseFilters
    sentences: Mapping[str, tuple[str, str]]

    def as_query(self, given: Mapping[str, str]) -> str:
        return urlencode({name: given[name] for name in NAMES if name in self.sentences})


@signed_in
def purchases(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    stores = list_stores(by=by)
    given = _with_store(request, stores)
    asked = _read(given, {str(store.id): store for store in stores}, speech_of(clock.now()), _currency())
    place = asked_place(request)
    found = list_purchases(
        by=by, kind=asked.kind or None, store_id=asked.store.id if asked.store else None,
        receipt_number=asked.receipt or None, filters=asked.filters,
        after=place.after_as(datetime.fromisoformat, UUID), before=place.before_as(datetime.fromisoformat, UUID),
        limit=PAGE_SIZE + 1,
    )  # fmt: skip
    page = page_of(
        request, place, found, PAGE_SIZE, key_of=lambda row: (row.occurred_at, row.purchase_id),
        total="", order=_t("newest first"),
    )  # fmt: skip
    query = asked.as_query(given)
    tabs = tabs_of(request, PAGE, _t("All"), query)
    chips = [
        Chip(lead, value, query_without(request, name, **({"store": ""} if name == "store" else {})))
        for name, (lead, value) in asked.sentences.items()
    ]
    context: dict[str, Any] = {
        "rows": rows_of(by, page.rows),
        "page": page.pager,
        "form": FilterForm(initial={name: given.get(name, "") for name in NAMES}, stores=stores),
        "receipt": asked.receipt,
        "kept": [(name, given[name]) for name in asked.sentences if name != "receipt"],
        "chips": chips,
        "reset_url": query_without(request, *NAMES, store="") if len(chips) > 1 else "",
        "tabs": tabs,
        "query": query,
        "unsaved": bool(query) and not any(tab.current for tab in tabs),
    }
    return show(request, "console/purchases/list.html", context, partial="rows")


def _with_store(request: ConsoleRequest, stores: Sequence[Store]) -> Mapping[str, str]:
    """Return what the address asks, of the store looked at last where it says none; one that it says is remembered."""
    given: dict[str, str] = {name: request.GET.get(name, "") for name in request.GET}
    by_id = {str(store.id): store.code for store in stores}
    if "store" in given:
        choose(request, "store", by_id.get(given["store"], ""))
    elif (last := last_chosen(request, "store")) and (found := [id for id, code in by_id.items() if code == last]):
        given["store"] = found[0]
    return given


def _read(given: Mapping[str, str], stores: Mapping[str, Store], speech: Speech, currency: str) -> Asked:
    said = {name: given.get(name, "").strip() for name in NAMES}
    since, until = _day(said["since"]), _day(said["until"])
    least, most = _amount(said["least"], currency), _amount(said["most"], currency)
    kind = said["kind"] if said["kind"] in PURCHASE_KINDS else ""
    channel = said["channel"] if said["channel"] in SOLD_BY else ""
    store = stores.get(said["store"])
    told = {
        "receipt": (_t("Receipt is"), said["receipt"]),
        "kind": (_t("Kind is"), word(PURCHASE_KINDS, kind) if kind else ""),
        "store": (_t("Store is"), store.name if store else ""),
        "channel": (_t("Channel is"), word(CHANNELS, channel) if channel else ""),
        "since": (_t("Since"), speech.plain_date(since) if since else ""),
        "until": (_t("Until"), speech.plain_date(until) if until else ""),
        "least": (_t("Amount from"), speech.money(least, currency) if least is not None else ""),
        "most": (_t("Amount up to"), speech.money(most, currency) if most is not None else ""),
    }
    return Asked(
        receipt=said["receipt"],
        kind=kind,
        store=store,
        filters=PurchaseFilters(
            channel=channel or None,
            since=since,
            until=until + timedelta(days=1) if until else None,
            least=least,
            most=most,
        ),
        sentences={name: sentence for name, sentence in told.items() if sentence[1]},
    )


def _day(text: str) -> datetime | None:
    """Return the first instant of a day where the operator is."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time()))
    except ValueError:
        return None


def _amount(text: str, currency: str) -> int | None:
    """Return an amount in minor units of the operator's money, however its decimals are written."""
    try:
        amount = Decimal(text.replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) > AMOUNT_MAX:
        return None
    return int(amount.scaleb(exponent_of(currency)))


def _currency() -> str:
    try:
        return get_operator().currency
    except OperatorNotSetUp:
        return "EUR"
