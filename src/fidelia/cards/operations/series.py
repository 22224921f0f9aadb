"""Create and end series of cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce
from fidelia.programme.models import Programme
from fidelia.rewards.operations.patterns import ALPHABET

from ..errors import CardKeyTaken, CardSeriesEnded, MalformedCardSeries, UnknownCardSeries
from ..events import CardSeriesOpened
from ..models import CardSeries
from .audit import audit
from .numbers import check_series, room_of

KEY_LENGTH_MAX = 60
VALIDITY_MONTHS_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCardSeries:
    """A series as people describe it: EAN-13 behind `prefix`, or `pattern` with # for each letter of `alphabet`.

    `first_number` is where running numbers begin, such as behind those that a former system used up.
    """

    key: str
    name: LocalizedText
    kind: str = CardSeries.Kind.EAN13
    prefix: str = ""
    pattern: str = ""
    alphabet: str = ALPHABET
    is_running: bool = False
    first_number: int = 0
    is_digital: bool = False
    validity_months: int | None = None
    partner_id: UUID | None = None


def create_card_series(
    *, by: Actor, at: datetime, programme: Programme, series: NewCardSeries, once: RequestKey | None = None
) -> CardSeries:
    """Create a series; cards are made of it afterwards.

    Raises Denied (card.make), MalformedCardSeries, CardKeyTaken.
    """
    by.require("card.make", Scope(series.partner_id))
    row = _row(programme, series, at)
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card_series", resource_id=row.id)
        try:
            with transaction.atomic():  # a savepoint, so that the refusal leaves the use case able to speak
                row.save(force_insert=True)
        except IntegrityError as error:
            if "its own key" not in str(error):
                raise
            raise CardKeyTaken(f"There is a series of cards “{series.key}” already.", pointer="/key") from None
        audit(by, at, "card.make", row.id, scope=Scope(row.partner_id), after=_told(row), noun="card_series")
        announce(CardSeriesOpened(occurred_at=at, series_id=row.id, programme_id=programme.id))
    return row


def end_card_series(*, by: Actor, at: datetime, series_id: UUID, once: RequestKey | None = None) -> CardSeries:
    """Make and give no more cards of a series; those given work on.

    Raises Denied (card.make), UnknownCardSeries, CardSeriesEnded.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card_series", resource_id=series_id)
        row = locked_series(by, series_id, "card.make")
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        audit(by, at, "card.make", row.id, scope=Scope(row.partner_id), after={"ended_at": at}, noun="card_series")
    return row


def locked_series(by: Actor, series_id: UUID, right: str) -> CardSeries:
    """Return an open series, its row locked. Raises Denied, UnknownCardSeries, CardSeriesEnded."""
    require_transaction()
    row = (
        CardSeries.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme")
        .filter(pk=series_id, programme__is_sandbox=by.mode == "test")
        .first()
    )
    by.require(right, Scope() if row is None else Scope(row.partner_id))
    if row is None:
        raise UnknownCardSeries("There is no such series of cards.")
    if row.ended_at is not None:
        raise CardSeriesEnded("This series of cards was ended.")
    return row


def _row(programme: Programme, series: NewCardSeries, at: datetime) -> CardSeries:
    key, months = series.key, series.validity_months
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        raise MalformedCardSeries("A key is letters, digits, hyphens and underscores, at most 60.", pointer="/key")
    if months is not None and not 1 <= months <= VALIDITY_MONTHS_MAX:
        raise MalformedCardSeries("A card is valid for 1 to 600 months.", pointer="/validity_months")
    is_ean = series.kind == CardSeries.Kind.EAN13
    row = CardSeries(
        id=new_id(), programme=programme, partner_id=series.partner_id, key=key, name=series.name, kind=series.kind,
        prefix=series.prefix if is_ean else "", pattern="" if is_ean else series.pattern.upper(),
        alphabet="" if is_ean else series.alphabet.upper(), is_running=series.is_running, is_digital=series.is_digital,
        next_number=series.first_number, validity_months=months, created_at=at,
    )  # fmt: skip
    check_series(row)
    if not 0 <= row.next_number < room_of(row):
        raise MalformedCardSeries("The first number lies outside the series.", pointer="/first_number")
    return row


def _told(row: CardSeries) -> dict[str, Any]:
    names = ("key", "name", "kind", "prefix", "pattern", "is_running", "is_digital", "validity_months")
    return {name: getattr(row, name) for name in names}
