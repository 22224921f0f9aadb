"""Programmes, memberships, and the points of a member."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.points import format_points
from fidelia.ledger.models import Entry, Posting
from fidelia.ledger.queries import AccountBalance, ExpiringPoints
from fidelia.programme.models import Enrolment, PointsCurrency, Programme, ProgrammeVersion, TierPeriod

from .types import Id, Input, Name40, Output, Slug, shown

_ENROLMENT_ID = "019a5c1e-8a11-7d01-8b7e-51f4f2f0aa01"
_ACCOUNT_ID = "019a5c1e-8a11-7d02-9c3d-77c1e0a2bb02"
_CUSTOMER_ID = "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10"
_VERSION_ID = "019a5c1e-5500-7000-8000-00000000000a"


class TextOut(Output):
    """A text that members read, in both languages."""

    en: str
    fr: str


class PointsCurrencyOut(Output):
    """What a programme counts in; amounts have `scale` decimals."""

    code: str
    name: TextOut
    scale: int
    may_go_negative: bool


class VersionOut(Output):
    """The version of the rules in force now."""

    id: UUID
    number: int
    in_force_from: datetime
    document: dict[str, Any]


_PROGRAMME = {
    "id": "019a5c1e-5400-7000-8000-000000000001",
    "slug": "fidelio",
    "name": {"en": "Fidelio Club", "fr": "Club Fidelio"},
    "currency": "EUR",
    "points_currency": {
        "code": "NOTES",
        "name": {"en": "notes", "fr": "notes"},
        "scale": 0,
        "may_go_negative": True,
    },
    "time_zone": "Europe/Paris",
    "is_sandbox": False,
    "version_in_force": {
        "id": _VERSION_ID,
        "number": 3,
        "in_force_from": "2026-01-01T00:00:00Z",
        "document": {"rules": []},
    },
}


class ProgrammeOut(Output):
    """A programme with the version of its rules in force now."""

    model_config = shown(_PROGRAMME)
    id: UUID
    slug: str
    name: TextOut
    currency: str
    points_currency: PointsCurrencyOut
    time_zone: str
    is_sandbox: bool
    version_in_force: VersionOut | None


class ProgrammePage(Output):
    """The programmes, oldest first."""

    model_config = shown({"data": [_PROGRAMME], "next": None})
    data: list[ProgrammeOut]
    next: str | None


class EnrolmentIn(Input):
    """Who becomes a member, of which programme (needed only where there are several), and where."""

    model_config = shown({"customer_id": _CUSTOMER_ID, "programme": "fidelio", "store": "lyon-01"})
    customer_id: Id
    programme: Slug | None = None
    store: Name40 | None = Field(None, description="The code of the store.")


class EnrolmentQuery(Input):
    """Whose memberships."""

    customer_id: Id


class TierOut(Output):
    """The tier held now, and until when."""

    key: str
    since: datetime
    until: datetime | None


_ENROLMENT = {
    "id": _ENROLMENT_ID,
    "programme": "fidelio",
    "customer_id": _CUSTOMER_ID,
    "account_id": _ACCOUNT_ID,
    "tier": {"key": "gold", "since": "2026-02-01T00:00:00Z", "until": None},
    "enrolled_at": "2026-03-02T09:30:00Z",
    "ended_at": None,
    "source": "api",
    "store_id": "019a5c1e-0002-7000-8000-000000000001",
}


class EnrolmentOut(Output):
    """A membership. Its points are on the account."""

    model_config = shown(_ENROLMENT)
    id: UUID
    programme: str
    customer_id: UUID
    account_id: UUID
    tier: TierOut | None
    enrolled_at: datetime
    ended_at: datetime | None
    source: str
    store_id: UUID | None


class EnrolmentPage(Output):
    """The memberships of a customer, the newest first."""

    model_config = shown({"data": [_ENROLMENT], "next": None})
    data: list[EnrolmentOut]
    next: str | None


class ExpiringOut(Output):
    """How many points die at one instant unless they are spent before."""

    amount: str
    expires_at: datetime


class BalanceOut(Output):
    """The points of a member now: available = balance − held − what has expired and is not yet written off."""

    model_config = shown(
        {
            "enrolment_id": _ENROLMENT_ID,
            "account_id": _ACCOUNT_ID,
            "points_currency": "NOTES",
            "balance": "480",
            "available": "380",
            "held": "100",
            "owed": "0",
            "pending": "0",
            "expiring_next": {"amount": "120", "expires_at": "2027-03-31T22:00:00Z"},
            "as_of": "2026-03-02T09:30:00Z",
        }
    )
    enrolment_id: UUID
    account_id: UUID
    points_currency: str
    balance: str
    available: str
    held: str
    owed: str = Field(description="What was taken back beyond what was there.")
    pending: str = Field(description="What is promised, and neither in the balance nor available yet.")
    expiring_next: ExpiringOut | None
    as_of: datetime


_ENTRY = {
    "posting_id": "019a5c1e-9000-7a00-8000-000000000005",
    "number": 1,
    "kind": "earn",
    "points_currency": "NOTES",
    "amount": "12",
    "balance_after": "480",
    "occurred_at": "2026-03-02T09:15:00Z",
    "recorded_at": "2026-03-02T09:30:00Z",
    "source_type": "purchase",
    "source_id": "019a5c1e-8f00-7b00-8000-000000000004",
    "rule_version_id": _VERSION_ID,
}


class EntryOut(Output):
    """One movement of points. `source_id` is the purchase or other act that caused it."""

    model_config = shown(_ENTRY)
    posting_id: UUID
    number: int
    kind: str
    points_currency: str
    amount: str
    balance_after: str | None
    occurred_at: datetime
    recorded_at: datetime
    source_type: str
    source_id: UUID | None
    rule_version_id: UUID | None


class EntryPage(Output):
    """Movements of points, the newest first."""

    model_config = shown({"data": [_ENTRY], "next": None})
    data: list[EntryOut]
    next: str | None


def programme_out(programme: Programme, version: ProgrammeVersion | None) -> ProgrammeOut:
    points = programme.points_currency
    return ProgrammeOut(
        id=programme.id,
        slug=programme.slug,
        name=_text(programme.name),
        currency=programme.currency,
        points_currency=PointsCurrencyOut(
            code=points.code, name=_text(points.name), scale=points.scale, may_go_negative=points.may_go_negative
        ),
        time_zone=programme.time_zone,
        is_sandbox=programme.is_sandbox,
        version_in_force=None if version is None else _version(version),
    )


def _text(text: LocalizedText) -> TextOut:
    return TextOut(en=text.en, fr=text.fr)


def _version(version: ProgrammeVersion) -> VersionOut:
    assert version.in_force_from is not None, "a version in force was published"
    return VersionOut(
        id=version.id, number=version.number, in_force_from=version.in_force_from, document=version.document
    )


def enrolment_out(enrolment: Enrolment, tier: TierPeriod | None) -> EnrolmentOut:
    return EnrolmentOut(
        id=enrolment.id,
        programme=enrolment.programme.slug,
        customer_id=enrolment.customer_id,
        account_id=enrolment.account_id,
        tier=None if tier is None else TierOut(key=tier.tier, since=tier.valid_from, until=tier.valid_until),
        enrolled_at=enrolment.enrolled_at,
        ended_at=enrolment.ended_at,
        source=enrolment.source,
        store_id=enrolment.store_id,
    )


def balance_out(
    enrolment: Enrolment, balance: AccountBalance, expiring: list[ExpiringPoints], as_of: datetime
) -> BalanceOut:
    scale = enrolment.programme.points_currency.scale
    next_ = expiring[0] if expiring else None
    return BalanceOut(
        enrolment_id=enrolment.id,
        account_id=balance.account_id,
        points_currency=balance.currency,
        balance=format_points(balance.posted, scale),
        available=format_points(balance.available, scale),
        held=format_points(balance.held, scale),
        owed=format_points(balance.owed, scale),
        pending=format_points(balance.pending, scale),
        expiring_next=None
        if next_ is None
        else ExpiringOut(amount=format_points(next_.amount, scale), expires_at=next_.expires_at),
        as_of=as_of,
    )


def entry_out(entry: Entry, posting: Posting, points: PointsCurrency) -> EntryOut:
    after = entry.balance_after
    return EntryOut(
        posting_id=entry.posting_id,
        number=entry.seq,
        kind=posting.kind,
        points_currency=entry.currency,
        amount=format_points(entry.amount, points.scale),
        balance_after=None if after is None else format_points(after, points.scale),
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        source_type=posting.source_type,
        source_id=posting.source_id,
        rule_version_id=entry.rule_version_id,
    )
