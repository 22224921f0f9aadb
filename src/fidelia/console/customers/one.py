"""One customer: the timeline with the rail, and the tabs of messages, record and history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.access.queries import list_audit
from fidelia.cards.queries import cards_of, list_card_series
from fidelia.customers.fields import CUSTOM
from fidelia.customers.models import FactChange, TraitDefinition
from fidelia.customers.queries import (
    custom_values_of_each_at,
    key_of,
    list_consents,
    list_custom_fields,
    list_fact_changes,
    list_identities,
    list_segments,
    list_trait_definitions,
    segments_at,
)
from fidelia.insight.measures.segments import SEGMENT_BY_KEY
from fidelia.messaging.queries import list_messages
from fidelia.ui.parts import Tab

from ..audit import line_of
from ..cards.series import name_of_series, state_words
from ..pages import ConsoleRequest, show, signed_in
from ..paging import query_without
from ..words import (
    CHANNELS,
    FACTS,
    KINDS,
    LANGUAGES,
    MESSAGE_REASONS,
    MESSAGE_STATES,
    PURPOSES,
    SCHEMES,
    SOURCES,
    TRAIT_VALUES,
    word,
)
from .custom import label_of, say_value
from .figures import figures_of, permissions_of, tier_card_of
from .learnt import learnt_card_of
from .reading import Dossier, frame_of, read_dossier
from .timeline import KINDS as TIMELINE_KINDS
from .timeline import kinds_open_to, timeline_of
from .timeline_said import say_proof

MESSAGES_MAX = 100


@signed_in
def customer(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    open_kinds = kinds_open_to(dossier)
    only = request.GET.get("only", "")
    kinds = [only] if only in open_kinds else open_kinds
    timeline = timeline_of(dossier, kinds=kinds, before=_moment(request.GET.get("before", "")))
    older = timeline.older_before
    figures = figures_of(dossier)  # before the frame: what they read of the tiers need not be asked again
    context = frame_of(dossier, "console:customer") | {
        "figures": figures,
        "kinds": _kind_chips(request, open_kinds, only if only in open_kinds else ""),
        "timeline": timeline,
        "older_url": query_without(request, before=older.isoformat()) if older else "",
        "tier_card": tier_card_of(dossier),
        "learnt": learnt_card_of(dossier),
        "permissions": permissions_of(dossier),
        "contacts": _contacts(dossier),
        "segments": _segments(dossier, customer_id) if dossier.by.may("segment.see") else [],
    }
    return show(request, "console/customers/one.html", context, partial="older")


def _segments(dossier: Dossier, customer_id: UUID) -> list[tuple[str, str]]:
    """The segments a customer is in now, as (key, name), by name."""
    keys = segments_at(customer_id, dossier.at)
    if not keys:
        return []
    names = {one.key: one.name.in_language(dossier.speech.language) for one in list_segments(by=dossier.by)}
    return sorted([(key, names.get(key, key)) for key in keys], key=lambda one: one[1].casefold())


@signed_in
def messages(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    rows = [
        {
            "name": message.version.template.name.in_language(dossier.speech.language),
            "state": message.state,
            "state_text": word(MESSAGE_STATES, message.state),
            "reason": word(MESSAGE_REASONS, message.reason) if message.reason else "",
            "detail": message.detail,
            "purpose": word(PURPOSES, message.purpose),
            "at": message.sent_at or message.queued_at,
            "to": message.sent_to if dossier.may("customer.see_contacts") else "",
        }
        for message in list_messages(by=dossier.by, customer_ids=dossier.ids, limit=MESSAGES_MAX)
    ]
    context = frame_of(dossier, "console:customer-messages") | {"rows": rows}
    return show(request, "console/customers/messages.html", context)


@signed_in
def record(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    context = frame_of(dossier, "console:customer-record") | {
        "record_facts": _facts(dossier),
        "identities": [(word(SCHEMES, each.scheme), each) for each in list_identities(dossier.ids)],
        "contacts": _contacts(dossier),
        "consents": [
            {
                "said": said,
                "purpose": word(PURPOSES, said.purpose),
                "channel": word(CHANNELS, said.channel),
                "proof": say_proof(said.proof),
            }
            for said in list_consents(customer_id)
        ],
        "own_facts": _own_facts(dossier),
        "traits": _traits(dossier),
        **_cards(dossier),
        "identity_url": reverse("console:customer-identity", args=[customer_id])
        if dossier.may("customer.identify") and not dossier.customer.is_erased
        else "",
        "merged": [id for id in dossier.ids if id != customer_id],
    }
    return show(request, "console/customers/record.html", context)


def _cards(dossier: Dossier) -> dict[str, Any]:
    """What the record says of loyalty cards, to who may see them."""
    if not dossier.may("card.see"):
        return {"sees_cards": False}
    may_give, words = dossier.may("card.give") and dossier.membership is not None, state_words()
    running = [one for one in list_card_series(by=dossier.by.lent("card.see")) if one.ended_at is None]
    return {
        "sees_cards": True,
        "cards": [{"held": each, "word": words[each.state]} for each in cards_of(dossier.ids, at=dossier.at)],
        "card_series": [{"id": one.id, "name": name_of_series(one)} for one in running] if may_give else [],
        "may_give_card": may_give,
    }


@signed_in
def history(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    sees_audit = dossier.by.may_somewhere("audit.see")
    acts = list_audit(by=dossier.by, object_type="customer", object_id=customer_id) if sees_audit else []
    fields = {one.name: label_of(one) for one in list_custom_fields(retired=True)}
    context = frame_of(dossier, "console:customer-history") | {
        "changes": [_change(change, fields) for change in list_fact_changes(by=dossier.by, customer_id=customer_id)],
        "acts": [line_of(act) for act in acts],
        "sees_audit": sees_audit,
    }
    return show(request, "console/customers/history.html", context)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _kind_chips(request: ConsoleRequest, kinds: list[str], only: str) -> list[Tab]:
    names = dict(
        zip(TIMELINE_KINDS, (_("Purchases"), _("Points"), _("Messages"), _("Tiers"), _("Consents")), strict=True)
    )
    everything = Tab(_("Everything"), query_without(request, "only", "before") or "?", current=not only)
    return [
        everything,
        *(Tab(names[kind], query_without(request, "before", only=kind), current=kind == only) for kind in kinds),
    ]


def _contacts(dossier: Dossier) -> list[dict[str, Any]] | None:
    if dossier.card.contact_points is None:
        return None
    return [{"text": word(CHANNELS, point.channel), "point": point} for point in dossier.card.contact_points]


def _facts(dossier: Dossier) -> list[tuple[str, str]]:
    customer, speech = dossier.customer, dossier.speech
    home = dossier.stores.get(customer.home_store_id) if customer.home_store_id else None
    values = {
        "kind": word(KINDS, customer.kind),
        "given_name": customer.given_name,
        "family_name": customer.family_name,
        "company_name": customer.company_name,
        "registration_number": customer.registration_number,
        "vat_number": customer.vat_number,
        "role": customer.role,
        "birth_on": f"{customer.birth_on:%d/%m/%Y}" if customer.birth_on else "",
        "language": word(LANGUAGES, customer.language),
        "country": customer.country,
        "town": customer.town,
        "postal_code": customer.postal_code,
        "home_store_id": home.name if home else "",
    }
    source = _("%(source)s, %(day)s") % {
        "source": word(SOURCES, customer.source),
        "day": speech.plain_date(customer.acquired_at),
    }
    return [*((word(FACTS, name), value) for name, value in values.items() if value), (_("First source"), source)]


def _traits(dossier: Dossier) -> list[tuple[str, str]]:
    held = dossier.traits
    labels = {each.name: each for each in list_trait_definitions()} if held else {}
    return [
        (labels[name].label.in_language(dossier.speech.language), _said(dossier, labels[name], value))
        for name, value in sorted(held.items())
        if name in labels and not name.startswith(CUSTOM)
    ]


def _own_facts(dossier: Dossier) -> list[tuple[str, str]]:
    """The custom fields, filled in or not; of one that is retired, only what is still held."""
    held = custom_values_of_each_at([dossier.customer.id], dossier.at)[dossier.customer.id]
    fields = [one for one in list_custom_fields(retired=True) if one.retired_at is None or key_of(one) in held]
    return [(label_of(one), say_value(held.get(key_of(one)), dossier.speech.language)) for one in fields]


def _said(dossier: Dossier, definition: TraitDefinition, value: int | str | bool | date) -> str:
    speech = dossier.speech
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, str):
        group = SEGMENT_BY_KEY.get(value) if definition.name == "rfm_segment" else None
        return group.name.in_language(speech.language) if group else word(TRAIT_VALUES, value)
    if definition.unit == "minor" and dossier.sums is not None:
        return speech.money(value, dossier.sums.currency)
    return speech.number(value)


def _change(change: FactChange, fields: Mapping[str, str]) -> dict[str, Any]:
    fact = fields.get(change.fact) or word(FACTS, change.fact)
    return {"change": change, "fact": fact, "source": word(SOURCES, change.source)}
