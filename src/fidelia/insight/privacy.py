"""A person's own data in insight: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.db import require_transaction

from .models import Crowd, RfmScore

TABLES = ("insight_rfm",)
FACTS = ("last_sale_at", "recency_days", "frequency", "amount", "segment")


# Lists of ids, a hundred at most, that the next refresh deletes: they are read whole.
_LEAVE_CROWDS = """
update insight_crowd set customer_ids =
    array(select id from unnest(customer_ids) with ordinality as one(id, place)
        where id <> all(%s::uuid[]) order by place)
where customer_ids && %s::uuid[]
"""


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return what insight holds of a person: the scores of the last refresh, and in which lists behind a part of a
    chart they stand until the next one.
    """
    ids = list(customer_ids)
    return {
        "rfm": list(RfmScore.objects.filter(customer_id__in=ids).values(*FACTS)),
        "kept_lists": [
            {"chapter": chapter, "part": mark, "found_at": found_at}
            for chapter, mark, found_at in Crowd.objects.filter(customer_ids__overlap=ids)
            .order_by("found_at", "id")
            .values_list("chapter", "mark", "found_at")
        ],
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase a person inside the caller's transaction; exported facts hold ids only, and all go with the next export."""
    require_transaction()
    ids = list(customer_ids)
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE_CROWDS, [ids, ids])
    return {"insight_rfm": RfmScore.objects.filter(customer_id__in=list(customer_ids)).delete()[0]}
