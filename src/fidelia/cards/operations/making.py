"""Make cards of a series by the batch, bring in numbers printed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, queue_job
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.bulk import stage_rows
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce

from ..errors import CardNumbersExhausted, CardNumberTaken, MalformedCardSeries
from ..events import CardsMade
from ..models import CardSeries
from .audit import audit
from .numbers import check_room, numbers_of, read_number
from .series import locked_series

MAKE = "card.make"
COUNT_MAX = 5_000_000
BATCH = 50_000
BROUGHT_AT_ONCE_MAX = 10_000
DRAWS_MAX = 20
_INSERT = """
insert into cards_card (id, programme_id, series_id, number, state, partner_id, store_id, made_at, changed_at, reason)
select gen_random_uuid(), %(programme)s, %(series)s, made.number, 'issued', %(partner)s, %(store)s, %(at)s, %(at)s, ''
from card_numbers made
where not exists (
    select from customers_identity named
    where named.scheme = 'card' and named.value = made.number and named.until is null)
on conflict (number) do nothing returning number
"""


def ask_cards(
    *, by: Actor, at: datetime, series_id: UUID, count: int, store_id: UUID | None = None,
    once: RequestKey | None = None,
) -> Job:  # fmt: skip
    """Start the job that makes so many cards. Raises Denied (card.make), MalformedCardSeries, CardNumbersExhausted."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="job")
        series = locked_series(by, series_id, MAKE)
        if not 1 <= count <= COUNT_MAX:
            raise MalformedCardSeries(f"Ask for 1 to {COUNT_MAX} cards.", pointer="/count")
        check_room(series, count, series.cards.count())
        label = LocalizedText(
            en=f"{count:,} cards of “{series.name.en}”",
            fr=f"{count:,} cartes de « {series.name.fr} »".replace(",", "\u202f"),
        )
        arguments = {"series_id": str(series_id), "count": count, "store_id": str(store_id) if store_id else ""}
        job = queue_job(by=by, at=at, kind=MAKE, label=label, scope=Scope(series.partner_id), arguments=arguments)
        name_resource(once, job.id)
    return job


def make_cards(
    *, by: Actor, at: datetime, series_id: UUID, count: int, progress: Progress, store_id: UUID | None = None,
    batch: int = BATCH,
) -> int:  # fmt: skip
    """Make so many cards that are with nobody yet; return how many there are now.

    In batches, each with its checkpoint: stopped and resumed it makes what is missing, no more. Raises Denied
    (card.make), UnknownCardSeries, CardSeriesEnded, CardNumbersExhausted.
    """
    progress.expect(count)
    while progress.done < count:
        with transaction_of_use_case():
            series = locked_series(by, series_id, MAKE)
            wanted = min(batch, count - progress.done)
            made = len(draw_cards(series, wanted, at=at, store_id=store_id))
            _tell(by, at, series, made)
            progress.reach({"cards": progress.done + made}, count=made)
        progress.step(0)
    return progress.done


def bring_cards(
    *, by: Actor, at: datetime, series_id: UUID, numbers: Sequence[str], once: RequestKey | None = None
) -> int:
    """Keep numbers printed elsewhere as cards of a series, with nobody yet; at most 10,000 at once.

    Raises Denied (card.make), UnknownCardSeries, CardSeriesEnded, MalformedCardSeries, MalformedCardNumber,
    CardNumberTaken.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card_series", resource_id=series_id)
        series = locked_series(by, series_id, MAKE)
        kept = [read_number(text, series, pointer=f"/numbers/{place}") for place, text in enumerate(numbers)]
        if not 1 <= len(set(kept)) == len(kept) <= BROUGHT_AT_ONCE_MAX:
            raise MalformedCardSeries(f"Give 1 to {BROUGHT_AT_ONCE_MAX} different numbers.", pointer="/numbers")
        written = set(_insert(series, kept, at=at, store_id=None))
        for place, number in enumerate(kept):
            if number not in written:
                raise CardNumberTaken(f"The number “{number}” is in use already.", pointer=f"/numbers/{place}")
        _tell(by, at, series, len(kept))
    return len(kept)


def draw_cards(series: CardSeries, count: int, *, at: datetime, store_id: UUID | None = None) -> list[str]:
    """Building block: write so many cards of a locked series; return their numbers. Raises CardNumbersExhausted."""
    require_transaction()
    check_room(series, count, 0 if series.is_running else series.cards.count())
    made: list[str] = []
    for _again in range(DRAWS_MAX):
        tried = numbers_of(series, count - len(made))
        made += _insert(series, list(dict.fromkeys(tried)), at=at, store_id=store_id)
        if series.is_running:
            series.next_number += len(tried)
            series.save(update_fields=["next_number"])
            check_room(series, count - len(made), 0)
        if len(made) == count:
            return made
    raise CardNumbersExhausted("Too many numbers of this series are taken.")


def _insert(series: CardSeries, numbers: list[str], *, at: datetime, store_id: UUID | None) -> list[str]:
    stage_rows("card_numbers", {"number": 'varchar(64) collate "C"'}, ((number,) for number in numbers))
    values = {"programme": series.programme_id, "series": series.id, "partner": series.partner_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {**values, "store": store_id})
        return [number for (number,) in cursor.fetchall()]


def _tell(by: Actor, at: datetime, series: CardSeries, count: int) -> None:
    audit(by, at, MAKE, series.id, scope=Scope(series.partner_id), after={"cards": count}, noun="card_series")
    announce(CardsMade(occurred_at=at, series_id=series.id, count=count))
