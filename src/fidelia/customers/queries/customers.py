"""Find and list customers, as far as the actor may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.addresses import normalise_email, normalise_phone
from fidelia.kernel.changes import ChangeMark, changed, read_mark
from fidelia.kernel.errors import Invalid
from fidelia.kernel.folding import fold

from ..errors import UnknownCustomer
from ..models import ContactPoint, ContactStatus, Customer, FactChange, Identity
from .custom_filters import CustomWanted, holders_of_field
from .identities import ids_of_each, normalise_identity, survivors_of

LIMIT_MAX = 200
TEXT_LENGTH_MAX = 200
WORDS_MAX = 8
# Whom a test key adds is kept apart by this source: test keys see nobody else, and nobody else sees them.
SANDBOX = "sandbox"
HOUSEHOLD_MAX = 12
REGISTRATION_LENGTH_MAX = 40
SIREN_LENGTH = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilters:
    """What a list is narrowed to; nothing named means everyone."""

    kind: str | None = None
    country: str | None = None
    language: str | None = None
    source: str | None = None
    home_store_id: UUID | None = None
    segment_id: UUID | None = None
    segment_key: str | None = None
    acquired_since: datetime | None = None
    updated_since: datetime | ChangeMark | None = None
    updated_until: ChangeMark | None = None  # by now, unless told
    custom: tuple[tuple[str, CustomWanted], ...] = ()  # by the name of a custom field
    among: QuerySet[Any] | None = None  # ids of customers, as a module above selects them (the holders of a tier)


EVERYONE = CustomerFilters()


def get_customer(*, by: Actor, customer_id: UUID) -> Customer:
    """Return the customer under exactly this id (see `merged_into_id`). Raises Denied, UnknownCustomer."""
    if not by.may_somewhere("customer.see"):
        by.require("customer.see")
    row = Customer.objects.filter(id=customer_id).first()
    if row is None or not is_visible_to(by, row):
        raise UnknownCustomer("There is no such customer.", customer_id=str(customer_id))
    return row


def is_visible_to(by: Actor, row: Customer) -> bool:
    """Tell whether an actor may see a customer: of its own mode, in its part of the network."""
    is_own_mode = (row.source == SANDBOX) == (by.mode == "test")
    return is_own_mode and by.may("customer.see", Scope(row.partner_id, row.home_store_id))


def search_customers(
    *,
    by: Actor,
    text: str = "",
    filters: CustomerFilters = EVERYONE,
    after: tuple[str, UUID] | None = None,
    before: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[Customer]:
    """Return customers in order of name: all, or those named by `text`.

    `text` is a whole card number or other identity, a whole e-mail address or phone number, or the beginnings of words
    of the name, accents or not. `after` is the (sort_key, id) of the last row of the page before, `before` of the
    first row of the page after. Raises Denied (customer.see).
    """
    rows = _narrow(_visible_to(by), text, filters)
    if after is not None:
        sort_key, last_id = after
        # The plain bound lets PostgreSQL begin in the index where the page before ended.
        rows = rows.filter(Q(sort_key__gt=sort_key) | Q(id__gt=last_id), sort_key__gte=sort_key)
    if before is not None:
        sort_key, first_id = before
        rows = rows.filter(Q(sort_key__lt=sort_key) | Q(id__lt=first_id), sort_key__lte=sort_key)
        return list(rows.order_by("-sort_key", "-id")[: min(limit, LIMIT_MAX)])[::-1]
    return list(rows.order_by("sort_key", "id")[: min(limit, LIMIT_MAX)])


def find_presented(*, by: Actor, text: str) -> list[Customer]:
    """Return whom a whole card number, identity, e-mail address or phone number names, wherever they belong.

    Who shows a card or tells a number stands at the counter: that is more than a name that anybody may type. At most
    two, since more than one is nobody in particular. Raises Denied (customer.see, for any scope).
    """
    if not by.may_somewhere("customer.see"):
        by.require("customer.see")
    named = _find_by_any_identity(text[:TEXT_LENGTH_MAX]) if text.strip() else []
    return list(_visible_to(by.lent("customer.see")).filter(id__in=named).order_by("id")[:2])


def count_customers(
    *, by: Actor, text: str = "", filters: CustomerFilters = EVERYONE, at_most: int | None = None
) -> int:
    """Return how many customers `search_customers` would list in all, counting no further than `at_most`.

    Raises Denied (customer.see).
    """
    rows = _narrow(_visible_to(by), text, filters)
    return (rows if at_most is None else rows.order_by()[:at_most]).count()


def list_customers_by_id(customer_ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Return these customers by id; one query."""
    return Customer.objects.in_bulk(list(customer_ids))


def list_fact_changes(*, by: Actor, customer_id: UUID) -> list[FactChange]:
    """Return what changed in a customer's facts, newest first, with source and date. Raises UnknownCustomer."""
    get_customer(by=by, customer_id=customer_id)
    return list(FactChange.objects.filter(customer_id=customer_id).order_by("-occurred_at", "-id"))


def list_contact_points(customer_ids: Sequence[UUID]) -> list[ContactPoint]:
    """Return the contact points of these customers, retired ones too, the newest of each channel first."""
    return list(ContactPoint.objects.filter(customer_id__in=customer_ids).order_by("channel", "-since", "-id"))


def find_address(customer_ids: Sequence[UUID], channel: str) -> str | None:
    """Return the newest active address on a channel of a person (all `ids_of`), None if there is none."""
    points = ContactPoint.objects.filter(
        customer_id__in=customer_ids, channel=channel, status=ContactStatus.ACTIVE
    ).order_by("-since", "-id")
    return points.values_list("value", flat=True).first()


def find_addresses(customer_ids: Sequence[UUID], channel: str) -> dict[UUID, str]:
    """Return `find_address` of each person who has one, by the id asked about; two queries for all."""
    people = ids_of_each(customer_ids)
    asked_of = {id: asked for asked, ids in people.items() for id in ids}
    points = ContactPoint.objects.filter(
        customer_id__in=asked_of, channel=channel, status=ContactStatus.ACTIVE
    ).order_by("since", "id")
    # Oldest first, so that the newest of each person stays.
    return {asked_of[customer_id]: value for customer_id, value in points.values_list("customer_id", "value")}


def find_by_address(channel: str, value: str) -> list[UUID]:
    """Return the customers who are reached at a normalised address on a channel, or log in by it; merged ones too.

    Addresses that were retired name nobody; nor does one that more than twelve share: that is no household, but what a
    till writes for everybody who has none. Customers of a sandbox are never found.
    """
    reached = ContactPoint.objects.filter(channel=channel, value=value).exclude(status=ContactStatus.RETIRED)
    named = Identity.objects.filter(scheme=channel, value=value, until__isnull=True)
    most = HOUSEHOLD_MAX + 1
    ids = {*reached.values_list("customer_id", flat=True)[:most], *named.values_list("customer_id", flat=True)[:most]}
    own = Customer.objects.filter(id__in=ids).exclude(source=SANDBOX)
    return sorted(own.values_list("id", flat=True)) if len(ids) <= HOUSEHOLD_MAX else []


def list_everybody_at(channel: str, value: str, *, limit: int) -> list[UUID]:
    """Return all who are or were reached at a normalised address, up to a limit: whoever shares it, merged ones too.

    For what somebody at this address refuses; never to let somebody in.
    """
    points = ContactPoint.objects.filter(channel=channel, value=value).order_by("customer_id")
    return list(points.values_list("customer_id", flat=True).distinct()[:limit])


class _WordsMatch(Func):
    """The words of a name, which the database keeps beside `search_key`, matched with a text query."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        statement, parameters = super().as_sql(compiler, connection, **context)
        key, match, query = statement.partition(self.arg_joiner)
        return f"{key.replace('search_key', 'search_words')}{match}to_tsquery('simple', {query[:-1]}))", parameters


def _visible_to(by: Actor) -> QuerySet[Customer]:
    scopes = by.scopes_of("customer.see")
    if not scopes:
        by.require("customer.see")
    rows = Customer.objects.filter(merged_into__isnull=True, erased_at__isnull=True)
    rows = rows.filter(source=SANDBOX) if by.mode == "test" else rows.exclude(source=SANDBOX)
    if any(scope == Scope() for scope in scopes):
        return rows
    visible = Q()
    for scope in scopes:
        named = {"partner_id": scope.partner_id, "home_store_id": scope.store_id}
        visible |= Q(**{column: value for column, value in named.items() if value is not None})
    return rows.filter(visible)


def _narrow(rows: QuerySet[Customer], text: str, filters: CustomerFilters) -> QuerySet[Customer]:
    plain = {
        name: getattr(filters, name)
        for name in ("kind", "country", "language", "source", "home_store_id")
        if getattr(filters, name) is not None
    }
    rows = rows.filter(**plain)
    if filters.acquired_since is not None:
        rows = rows.filter(acquired_at__gte=filters.acquired_since)
    if filters.updated_since is not None:
        until = filters.updated_until or read_mark()
        rows = changed(rows, since=filters.updated_since, until=until, instant="updated_at")
    if filters.among is not None:
        rows = rows.filter(id__in=filters.among)
    for name, value in filters.custom:
        rows = rows.filter(id__in=holders_of_field(name, value))
    if filters.segment_key is not None:
        rows = rows.filter(
            segment_memberships__segment__key=filters.segment_key, segment_memberships__valid_until__isnull=True
        )
    if filters.segment_id is not None:
        rows = rows.filter(
            segment_memberships__segment_id=filters.segment_id, segment_memberships__valid_until__isnull=True
        )
    return rows.filter(_named_by(text[:TEXT_LENGTH_MAX])) if text.strip() else rows


def _named_by(text: str) -> Q:
    # Identities are looked up first: an OR with a list of ids can use both indexes, an OR with a subquery neither.
    named = Q(id__in=_find_by_any_identity(text))
    words = fold(text).split()[:WORDS_MAX]
    if words:
        query = " & ".join(f"'{word}':*" for word in words)
        named |= Q(_WordsMatch(F("search_key"), Value(query)))
    return named


def _find_by_any_identity(text: str) -> list[UUID]:
    spellings = {
        "card": _spelled(lambda: normalise_identity("card", text)),
        "email": _spelled(lambda: normalise_email(text)),
        "phone": _spelled(lambda: normalise_phone(text)),
    }
    values = {text.strip(), *spellings.values()} - {""}
    named = Identity.objects.filter(value__in=values, until__isnull=True).values_list("customer_id", flat=True)
    reached = ContactPoint.objects.filter(
        Q(channel="email", value=spellings["email"]) | Q(channel="phone", value=spellings["phone"])
    ).values_list("customer_id", flat=True)
    found = [*named[:LIMIT_MAX], *reached[:LIMIT_MAX], *_find_by_registration(text)]
    return sorted(set(survivors_of(found).values())) if found else []


def _find_by_registration(text: str) -> list[UUID]:
    """Return the companies, and people of companies, that a SIREN, a SIRET or a VAT number names, however spaced."""
    clean = "".join(character for character in text.upper() if character.isalnum())
    if not 6 <= len(clean) <= REGISTRATION_LENGTH_MAX or not any(map(str.isdigit, clean)):
        return []
    numbers = Q(registration_number=clean) | Q(vat_number=clean)
    if len(clean) == SIREN_LENGTH and clean.isdigit():
        numbers |= Q(registration_number__startswith=clean)  # every establishment of a company
    return list(Customer.objects.filter(numbers).values_list("id", flat=True)[:LIMIT_MAX])


def _spelled(normalise: Callable[[], str]) -> str:
    try:
        return normalise()
    except Invalid:
        return ""
