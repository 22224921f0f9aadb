"""What a backtest reads beside the facts: what would name people there, and codes of stores; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow
from django.db import connection

from fidelia.customers.fields import CUSTOM
from fidelia.programme.queries import Terms

from ..backtest.history import Beside

_TEXT, _DAY, _INSTANT = pyarrow.string(), pyarrow.date32(), pyarrow.timestamp("us", tz="UTC")
_STORES = "select s.id::text, s.code, b.code from organisation_store s join organisation_banner b on b.id = s.banner_id"
_BIRTHS = "select id::text, birth_on from customers_customer where birth_on is not null"
_BIRTH_CHANGES = """
select id, customer_id::text, nullif(former, '')::date, recorded_at from customers_fact_change where fact = 'birth_on'
"""
_FREE_TEXTS = """
select t.customer_id::text, t.name, t.text, t.valid_from, t.valid_until from customers_trait t
join customers_trait_definition d on d.name = t.name
where t.name = any (%s) and t.text is not null and d.choices = '[]'
"""
COLUMNS: Final[dict[str, dict[str, pyarrow.DataType]]] = {
    _STORES: {"store_id": _TEXT, "code": _TEXT, "banner": _TEXT},
    _BIRTHS: {"customer_id": _TEXT, "birth_on": _DAY},
    _BIRTH_CHANGES: {"change_id": pyarrow.int64(), "customer_id": _TEXT, "former": _DAY, "recorded_at": _INSTANT},
    _FREE_TEXTS: {"customer_id": _TEXT, "name": _TEXT, "text": _TEXT, "valid_from": _INSTANT, "valid_until": _INSTANT},
}


def read_beside(terms: Iterable[Terms]) -> Beside:
    """Read stores, births, and of the free texts that a house keeps of its customers those that the rules ask for."""
    asked = {path for each in terms for path in each.rule_set.fields_read if path.startswith(CUSTOM)}
    return Beside(
        stores=_table(_STORES),
        births=_table(_BIRTHS),
        birth_changes=_table(_BIRTH_CHANGES),
        free_texts=_table(_FREE_TEXTS, [sorted(asked)]),
    )


def _table(sql: str, values: Sequence[Any] | None = None) -> pyarrow.Table:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS[sql])
    named = zip(COLUMNS[sql].items(), columns, strict=True)
    return pyarrow.table({name: pyarrow.array(column, kind) for (name, kind), column in named})
