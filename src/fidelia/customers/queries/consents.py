"""What customers agreed to at a moment: the last word before it, said under any id of the person; no word is no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from ..models import Consent
from .identities import ids_of, ids_of_each

_LAST_WORDS = """
select distinct on (person.asked) person.asked, c.given
from unnest(%(asked)s::uuid[], %(ids)s::uuid[]) as person (asked, id)
join customers_consent c on c.customer_id = person.id
where c.purpose = %(purpose)s and c.channel = any(array[%(channel)s, 'any']) and c.occurred_at <= %(at)s
order by person.asked, c.occurred_at desc, c.id desc
"""


def consent_at(customer_id: UUID, purpose: str, channel: str, at: datetime) -> bool:
    """Tell whether the customer consented to this purpose on this channel at this moment; never having said is no."""
    return last_words_at([customer_id], purpose, channel, at).get(customer_id, False)


def objects_at(customer_id: UUID, purpose: str, channel: str, at: datetime) -> bool:
    """Tell whether the customer's last word was no, for what needs no consent but may be objected to."""
    return not last_words_at([customer_id], purpose, channel, at).get(customer_id, True)


def last_words_at(customer_ids: Sequence[UUID], purpose: str, channel: str, at: datetime) -> dict[UUID, bool]:
    """Return the last word of each customer who ever said one; two queries for all."""
    pairs = [(asked, id) for asked, ids in ids_of_each(customer_ids).items() for id in ids]
    with connection.cursor() as cursor:
        cursor.execute(
            _LAST_WORDS,
            {
                "asked": [asked for asked, _ in pairs],
                "ids": [id for _, id in pairs],
                "purpose": purpose,
                "channel": channel,
                "at": at,
            },
        )
        return dict(cursor.fetchall())


def list_consents(customer_id: UUID) -> list[Consent]:
    """Return every word a person said about consent, newest first, with its proof."""
    return list(Consent.objects.filter(customer_id__in=ids_of(customer_id)).order_by("-occurred_at", "-id"))
