"""The history: the receipts written as a till would export them, and brought in by the import that everybody uses."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from fidelia.activity.operations.imports import ImportResult, import_purchases, parse_mapping
from fidelia.kernel.actor import Actor

from ..simulation import Receipt
from ..simulation.catalog import POSTAGE
from ..simulation.people import Person
from ..simulation.stores import PLACE_OF
from .circle import SLUG
from .members import NUMBER_SCHEME
from .network import CURRENCY, TIME_ZONE

SOURCE = "caisses"
HEADER = ("ticket", "date", "magasin", "canal", "client", "article", "libellé", "quantité", "montant")
MAPPING = {
    "source": SOURCE,
    "programme": SLUG,
    "currency": CURRENCY,
    "time_zone": TIME_ZONE,
    "customer_scheme": NUMBER_SCHEME,
    "enrol": False,  # who is a member was told before: some buy by name and did not join
    "columns": {
        "receipt": "ticket",
        "occurred_at": "date",
        "store": "magasin",
        "channel": "canal",
        "customer": "client",
        "product": "article",
        "description": "libellé",
        "quantity": "quantité",
        "net": "montant",
    },
    "not_products": [POSTAGE],
}


def write_receipts(receipts: Sequence[Receipt], people: Sequence[Person], path: Path) -> int:
    """Write the receipts as a CSV file, one line of a receipt a row; return how many rows."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for receipt in receipts:
            customer = people[receipt.customer].number if receipt.customer >= 0 else ""
            head = (receipt.number, receipt.at.isoformat(), receipt.store, PLACE_OF[receipt.store].channel, customer)
            for line in receipt.lines:
                writer.writerow((*head, line.code, line.name, _decimal(line.quantity, 3), _decimal(line.net, 2)))
            rows += len(receipt.lines)
    return rows


def bring_in(
    receipts: Sequence[Receipt],
    people: Sequence[Person],
    *,
    by: Actor,
    at: datetime,
    path: Path,
    progress: Callable[[str, int], None] = lambda _what, _done: None,
) -> ImportResult:
    """Write the receipts to a file and import it as backfill: nobody is informed of anything."""
    rows = write_receipts(receipts, people, path)
    result = import_purchases(
        by=by, at=at, path=path, mapping=parse_mapping(MAPPING), rejects_path=path.with_suffix(".rejects.csv"),
        progress=progress,
    )  # fmt: skip
    assert (result.recorded_rows, result.rejected_rows) == (rows, 0), (
        f"the import differs from the simulation: {result}"
    )
    assert result.net == sum(receipt.net for receipt in receipts), "the amounts differ from the simulation"
    return result


def _decimal(units: int, scale: int) -> str:
    sign, digits = "-" if units < 0 else "", f"{abs(units):0{scale + 1}}"
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"
