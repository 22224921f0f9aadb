"""What the whole file says of the order of its days: 03/04/2026 is the third of April, or the fourth of March."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from ..kinds import get_import_kind
from ..models import Import
from ..reading import DateOrder
from ..targets import Kind

# Each different text once: a day stands on many rows. `either` is the latest that reads both ways, as an example.
_COUNT = r"""
select coalesce(sum(rows) filter (where first > 12 and other <= 12), 0)::bigint,
    coalesce(sum(rows) filter (where other > 12 and first <= 12), 0)::bigint,
    coalesce(sum(rows) filter (where first <= 12 and other <= 12 and first <> other), 0)::bigint,
    max(text) filter (where first <= 12 and other <= 12 and first <> other)
from (
    select text, rows, part[1]::int as first, part[2]::int as other from (
        select text, count(*) as rows,
            regexp_match(text, '^(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})(?!\d)') as part
        from (select intake_cell(cells, place) as text from intake_row, unnest(%s::int[]) place
            where import_id = %s) written
        group by text) told
    where part is not null) days
"""


def count_day_orders(found: Import) -> Mapping[str, Any]:
    """Return how many staged days read only day first, only month first, and both ways, with an example of these.

    Nothing where the file is read year first, or by a form of its own.
    """
    mapping = found.file_mapping
    reading = mapping.reading
    if reading.date_order is DateOrder.YEAR_FIRST or reading.date_format:
        return {}
    target = get_import_kind(found.target).target
    days = [name for name in mapping.columns if target.column(name).kind in (Kind.MOMENT, Kind.DAY)]
    places = [found.columns.index(mapping.columns[name]) + 1 for name in days]
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [places, found.id])
        day_first, month_first, either, example = cursor.fetchone()
    return {"days_day_first": day_first, "days_month_first": month_first, "days_either": either, "day_either": example}
