"""Set up the operator; add, rename and close what the network is made of."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from babel import Locale
from django.db import IntegrityError, models, transaction

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LANGUAGES
from fidelia.kernel.money import exponent_of
from fidelia.kernel.outbox import announce

from ..errors import (
    ClosedBeforeOpened,
    CodeTaken,
    MalformedCode,
    MalformedName,
    OperatorAlreadySetUp,
    StoreClosed,
    StoreUnknown,
    UnknownChannel,
    UnknownCountry,
    UnknownLanguage,
)
from ..events import StoreOpened, StoreWasClosed
from ..models import Banner, Channel, Operator, Partner, Store
from ..queries import get_banner, get_partner, get_store

_CODE = re.compile(r"[\w.-]{1,40}")
_NAME_LENGTH_MAX = 150


def set_up_operator(
    *, by: Actor, at: datetime, name: str, country: str, currency: str, language: str, time_zone: str
) -> Operator:
    """Say who runs this installation. The first act of a new one.

    Raises Denied, OperatorAlreadySetUp, MalformedName, UnknownCountry, UnknownCurrency, UnknownLanguage,
    UnknownTimeZone.
    """
    by.require("operator.set_up")
    check_place(country=country, currency=currency, time_zone=time_zone)
    if language not in LANGUAGES:
        raise UnknownLanguage(f"“{language}” is not a language of the product: en or fr.", pointer="/language")
    operator = Operator(
        name=checked_name(name), country=country, currency=currency, language=language, time_zone=time_zone,
        set_up_at=at,
    )  # fmt: skip
    with transaction_of_use_case():
        try:
            with transaction.atomic():
                operator.save(force_insert=True)
        except IntegrityError:
            raise OperatorAlreadySetUp("The operator of this installation is set up already.") from None
        record_audit(
            by=by, at=at, verb="operator.set_up", object_type="operator", object_id=1,
            after={"name": name, "country": country, "currency": currency, "time_zone": time_zone},
        )  # fmt: skip
    return operator


def add_partner(
    *, by: Actor, at: datetime, code: str, name: str, country: str, currency: str, registration_number: str = ""
) -> Partner:
    """Add a legal entity. Raises Denied, MalformedCode, MalformedName, UnknownCountry, UnknownCurrency, CodeTaken."""
    by.require("partner.add")
    check_place(country=country, currency=currency)
    partner = Partner(
        code=checked_code(code), name=checked_name(name), registration_number=registration_number, country=country,
        currency=currency, added_at=at,
    )  # fmt: skip
    with transaction_of_use_case():
        _insert(partner, code)
        _audit(by, at, "partner.add", partner, Scope(partner.id), after={"code": code, "name": name})
    return partner


def add_banner(*, by: Actor, at: datetime, partner_id: UUID, code: str, name: str) -> Banner:
    """Add a banner to a partner. Raises Denied, PartnerUnknown, MalformedCode, MalformedName, CodeTaken."""
    by.require("banner.add", Scope(partner_id))
    banner = Banner(partner_id=partner_id, code=checked_code(code), name=checked_name(name), added_at=at)
    with transaction_of_use_case():
        get_partner(partner_id=partner_id)
        _insert(banner, code)
        _audit(by, at, "banner.add", banner, Scope(partner_id), after={"code": code, "name": name})
    return banner


def add_store(
    *,
    by: Actor,
    at: datetime,
    banner_id: UUID,
    code: str,
    name: str,
    channel: str,
    country: str,
    currency: str,
    time_zone: str,
    opened_on: date,
) -> Store:
    """Add a place of sale to a banner and announce store.opened; `channel` is store, web or phone.

    Raises Denied, BannerUnknown, MalformedCode, MalformedName, UnknownChannel, UnknownCountry, UnknownCurrency,
    UnknownTimeZone, CodeTaken.
    """
    banner = get_banner(banner_id=banner_id)
    by.require("store.add", Scope(banner.partner_id))
    check_place(country=country, currency=currency, time_zone=time_zone)
    if channel not in Channel.values:
        raise UnknownChannel(f"“{channel}” is not a channel: store, web or phone.", pointer="/channel")
    store = Store(
        partner_id=banner.partner_id, banner=banner, code=checked_code(code), name=checked_name(name),
        channel=channel, country=country, currency=currency, time_zone=time_zone, opened_on=opened_on, added_at=at,
    )  # fmt: skip
    with transaction_of_use_case():
        _insert(store, code)
        _audit(by, at, "store.add", store, store.scope, after={"code": code, "name": name, "opened_on": opened_on})
        announce(StoreOpened(occurred_at=at, store_id=store.id, banner_id=banner.id, partner_id=banner.partner_id))
    return store


def rename_partner(*, by: Actor, at: datetime, partner_id: UUID, name: str) -> Partner:
    """Raises Denied, PartnerUnknown, MalformedName."""
    by.require("partner.rename", Scope(partner_id))
    with transaction_of_use_case():
        partner = get_partner(partner_id=partner_id)
        _rename(by, at, "partner.rename", partner, scope=Scope(partner_id), name=name)
    return partner


def rename_banner(*, by: Actor, at: datetime, banner_id: UUID, name: str) -> Banner:
    """Raises Denied, BannerUnknown, MalformedName."""
    banner = get_banner(banner_id=banner_id)
    by.require("banner.rename", Scope(banner.partner_id))
    with transaction_of_use_case():
        _rename(by, at, "banner.rename", banner, scope=Scope(banner.partner_id), name=name)
    return banner


def rename_store(*, by: Actor, at: datetime, store_id: UUID, name: str) -> Store:
    """Raises Denied, StoreUnknown, MalformedName."""
    store = get_store(store_id=store_id)
    by.require("store.rename", store.scope)
    with transaction_of_use_case():
        _rename(by, at, "store.rename", store, scope=store.scope, name=name)
    return store


def close_store(*, by: Actor, at: datetime, store_id: UUID, closed_on: date) -> Store:
    """End a store's trade with this day, its last, and announce store.closed. Its past stays.

    Raises Denied, StoreUnknown, StoreClosed, ClosedBeforeOpened.
    """
    by.require("store.close", get_store(store_id=store_id).scope)
    with transaction_of_use_case():
        store = _locked_store(store_id)
        if store.closed_on is not None:
            raise StoreClosed(f"{store.name} has been closed since {store.closed_on}.")
        if closed_on < store.opened_on:
            raise ClosedBeforeOpened(f"{store.name} opened on {store.opened_on}.", pointer="/closed_on")
        store.closed_on = closed_on
        store.save(update_fields=["closed_on"])
        _audit(
            by, at, "store.close", store, store.scope, before={"closed_on": None}, after={"closed_on": closed_on}
        )  # fmt: skip
        announce(StoreWasClosed(occurred_at=at, store_id=store.id, partner_id=store.partner_id))
    return store


def check_place(*, country: str, currency: str, time_zone: str = "UTC") -> None:
    """Raises UnknownCountry, UnknownCurrency, UnknownTimeZone."""
    if len(country) != 2 or country not in Locale("en").territories:
        raise UnknownCountry(f"“{country}” is not a country code of ISO 3166, such as FR.", pointer="/country")
    exponent_of(currency)
    zone_of(time_zone)


def checked_code(code: str) -> str:
    """Raises MalformedCode."""
    if not _CODE.fullmatch(code):
        raise MalformedCode(
            f"“{code}” is not a code: 1 to 40 letters, digits, dots, hyphens and underscores.", pointer="/code"
        )
    return code


def checked_name(name: str) -> str:
    """Raises MalformedName."""
    if not 1 <= len(name.strip()) <= _NAME_LENGTH_MAX:
        raise MalformedName(f"A name has 1 to {_NAME_LENGTH_MAX} characters.", pointer="/name")
    return name.strip()


def _insert(row: models.Model, code: str) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise CodeTaken(f"The code “{code}” is taken.", pointer="/code") from None


def _rename(by: Actor, at: datetime, verb: str, row: Partner | Banner | Store, *, scope: Scope, name: str) -> None:
    before, row.name = row.name, checked_name(name)
    row.save(update_fields=["name"])
    _audit(by, at, verb, row, scope, before={"name": before}, after={"name": row.name})


def _audit(
    by: Actor, at: datetime, verb: str, row: Partner | Banner | Store, scope: Scope, **states: dict[str, Any]
) -> None:
    record_audit(
        by=by, at=at, verb=verb, object_type=type(row).__name__.lower(), object_id=row.id, scope=scope, **states
    )


def _locked_store(store_id: UUID) -> Store:
    try:
        return Store.objects.select_for_update().get(pk=store_id)
    except Store.DoesNotExist:
        raise StoreUnknown("There is no such store.") from None
