"""The arrays of a decided receipt, as the statement that writes it reads them: a value for each line of the file's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .receipts import Receipt
from .sold_lines import SoldLine


def back_arrays(receipt: Receipt, matched: Mapping[int, SoldLine]) -> tuple[str | None, str | None]:
    """Return, for each line, the purchase and the line that it gives back; nothing where none is known."""
    if not matched:
        return None, None
    sold = [matched.get(place) for place in range(receipt.line_count)]
    return (
        array_of(in_file(receipt, [one.purchase_id if one is not None else "null" for one in sold])),
        array_of(in_file(receipt, [one.line_number if one is not None else "null" for one in sold])),
    )


def in_file(receipt: Receipt, values: Sequence[object]) -> Sequence[object]:
    """Return a value for each line of the file's receipt, where this one has only some of them."""
    if receipt.takes is None:
        return values
    known = dict(zip(receipt.takes, values, strict=True))
    return [known.get(place, "null") for place in range(1, receipt.takes[-1] + 1)]


def array_of(values: Sequence[object]) -> str:
    """Return an array as PostgreSQL writes it: the driver's own way costs ten times as much."""
    return f"{{{','.join(map(str, values))}}}"
