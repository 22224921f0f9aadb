"""Announce: append events to the outbox inside the transaction of the use case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from ..db import prepared_cursor, require_transaction
from .event import Event

ANNOUNCE = """
insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at)
select %s, %s, %s, %s, %s, %s"""
# For those who write the whole of several use cases by one statement: they read `fields_of(event)` of each as these
# columns, and add the `from`.
EVENT_COLUMNS = """event_name text, event_schema smallint, event_origin text, event_customer_id uuid,
event_payload jsonb, event_occurred_at timestamptz"""
ANNOUNCE_READ = """
insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at)
select event_name, event_schema, event_origin, event_customer_id, event_payload, event_occurred_at"""
_ANNOUNCE_ALL = """
insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at)
select * from unnest(%s::text[], %s::smallint[], %s::text[], %s::uuid[], %s::jsonb[], %s::timestamptz[])
"""


def announce(event: Event) -> None:
    """Append one event. The caller's transaction carries it: rolled back together, committed together."""
    require_transaction()
    with prepared_cursor() as cursor:
        cursor.execute(ANNOUNCE, values_of(event))


def fields_of(event: Event) -> dict[str, Any]:
    """Return the EVENT_COLUMNS of an event, as JSON has them."""
    return {
        "event_name": event.name,
        "event_schema": event.schema_version,
        "event_origin": event.origin,
        "event_customer_id": event.customer_id,
        "event_payload": event.payload(),
        "event_occurred_at": event.occurred_at,
    }


def values_of(event: Event) -> list[Any]:
    """Return the values of ANNOUNCE for an event."""
    payload = json.dumps(event.payload())
    return [event.name, event.schema_version, str(event.origin), event.customer_id, payload, event.occurred_at]


def announce_all(events: Sequence[Event]) -> None:
    """Append events in the given order with one statement."""
    require_transaction()
    if not events:
        return
    with prepared_cursor() as cursor:
        cursor.execute(
            _ANNOUNCE_ALL,
            [
                [event.name for event in events],
                [event.schema_version for event in events],
                [str(event.origin) for event in events],
                [event.customer_id for event in events],
                [Jsonb(event.payload()) for event in events],
                [event.occurred_at for event in events],
            ],
        )
