"""Match what was given back to the sale it came from, where a whole earlier line fits it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ibis
from ibis import _


def match_returns(backend: Any, rows: ibis.Table) -> dict[int, str]:
    """Return the sale of each returned line that fits one: by row number, the purchase whose line it gives back.

    A line fits when the same customer bought the same product in the same quantity for the same amount, earlier; the
    latest such line is taken, and each once. Lines of unknown customers fit none.
    """
    known = rows.filter(_.customer.notnull())
    back = known.filter(_.quantity < 0, _.net <= 0).mutate(units=-_.quantity, amount=-_.net)
    sold = known.filter(_.quantity > 0, _.net >= 0).mutate(units=_.quantity, amount=_.net)
    keys = ["customer", "product", "units", "amount"]
    wanted = back.select(*keys, "row_number", "occurred_at").order_by("occurred_at", "row_number")
    fitting = sold.semi_join(back, keys).select(*keys, "purchase_id", "occurred_at").order_by("occurred_at")
    shelves: dict[tuple[Any, ...], list[tuple[Any, str]]] = defaultdict(list)
    for row in backend.to_pyarrow(fitting).to_pylist():
        shelves[tuple(row[key] for key in keys)].append((row["occurred_at"], row["purchase_id"]))
    matched = {}
    for row in backend.to_pyarrow(wanted).to_pylist():
        shelf = shelves.get(tuple(row[key] for key in keys), [])
        earlier = [place for place, (at, _purchase) in enumerate(shelf) if at <= row["occurred_at"]]
        if earlier:
            matched[row["row_number"]] = shelf.pop(earlier[-1])[1]
    return matched
