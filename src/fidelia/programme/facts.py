"""What analytics may read of programmes."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

PROGRAMMES = FactTable(
    name="programmes",
    sql="""select id::text as programme_id, slug, currency, points_currency_id as points_currency, time_zone,
       is_sandbox, partner_id::text, created_at
from programme_programme""",
    columns={
        "programme_id": "string",
        "slug": "string",
        "currency": "string",
        "points_currency": "string",
        "time_zone": "string",
        "is_sandbox": "boolean",
        "partner_id": "string",
        "created_at": "timestamp",
    },
    key=("programme_id",),
    recorded_at_column="created_at",
)
FACTS = (PROGRAMMES,)
