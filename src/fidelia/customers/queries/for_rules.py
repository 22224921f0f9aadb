"""What rules may read of many customers at many moments, for history that is brought in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.db import read_jsonb

# Whoever has no dated fact, and no other customer's facts behind a merge, is the same at every moment.
_CHANGING = """
select asked.id from unnest(%s::uuid[]) asked (id)
where exists (select from customers_trait t where t.customer_id = asked.id)
    or exists (select from customers_segment_membership m where m.customer_id = asked.id)
    or exists (select from customers_customer other where other.merged_into_id = asked.id)
    or exists (select from customers_customer self where self.id = asked.id and self.merged_into_id is not null)
"""
_READ = """
select asked.place, customers_for_rules(asked.customer, asked.at)
from unnest(%s::int[], %s::uuid[], %s::timestamptz[]) as asked (place, customer, at)
"""


def read_for_rules(asked: Sequence[tuple[UUID, datetime]]) -> list[dict[str, Any]]:
    """Return what customers_for_rules() gives for each customer and moment, in their order; two statements.

    Those without a trait, a segment or a merge are read once for all their moments, and share one mapping.
    """
    people = list({customer_id for customer_id, _moment in asked})
    with connection.cursor() as cursor:
        cursor.execute(_CHANGING, [people])
        changing = {customer_id for (customer_id,) in cursor.fetchall()}
        needed = {_key(one, changing): one for one in asked}
        ids, moments = [one[0] for one in needed.values()], [one[1] for one in needed.values()]
        cursor.execute(_READ, [list(range(len(needed))), ids, moments])
        found = {place: read_jsonb(facts) for place, facts in cursor.fetchall()}
    read = {key: found[place] for place, key in enumerate(needed)}
    return [read[_key(one, changing)] for one in asked]


def _key(one: tuple[UUID, datetime], changing: set[UUID]) -> tuple[UUID, datetime | None]:
    return one if one[0] in changing else (one[0], None)
