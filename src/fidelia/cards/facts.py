"""What analytics may read of loyalty cards: their lives, never their numbers."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

CARDS = FactTable(
    name="cards",
    sql="""select id::text as card_id, programme_id::text, series_id::text, customer_id::text, partner_id::text,
       store_id::text, state, made_at, given_at, registered_at, expires_at, changed_at,
       replaced_by_id::text as replaced_by_card_id
from cards_card""",
    columns={
        "card_id": "string",
        "programme_id": "string",
        "series_id": "string",
        "customer_id": "string",
        "partner_id": "string",
        "store_id": "string",
        "state": "string",
        "made_at": "timestamp",
        "given_at": "timestamp",
        "registered_at": "timestamp",
        "expires_at": "timestamp",
        "changed_at": "timestamp",
        "replaced_by_card_id": "string",
    },
    key=("card_id",),
    recorded_at_column="made_at",
)
FACTS = (CARDS,)
