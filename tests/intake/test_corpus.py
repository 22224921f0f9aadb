"""Header rows of files met in the world: each column is proposed as what it is, or left to a person; never as another.

Numbers of this corpus are in docs/reference/imports.md; `tools/import_corpus.py` prints them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fidelia.activity.targets import PURCHASES
from fidelia.customers.operations.imports.target import CUSTOMERS
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.stores import STORES
from fidelia.intake.tables import Table
from fidelia.products.operations.imports.products import PRODUCTS
from fidelia.programme.operations.opening.target import MEMBERS

from .corpus import Entry, entries

TARGETS = {
    "purchases": PURCHASES,
    "customers": CUSTOMERS,
    "members": MEMBERS,
    "products": PRODUCTS,
    "stores": STORES,
}
DEFAULTS = {"currency": "EUR", "country": "FR", "time_zone": "Europe/Paris", "cut_over": "2026-11-01"}


def proposed(folder: Path, entry: Entry) -> Proposal:
    return propose(Table(entry.write(folder / "file.csv")), TARGETS[entry.kind], defaults=DEFAULTS)


def verdicts(entry: Entry, proposal: Proposal) -> Iterator[tuple[str, str, str, str]]:
    """Yield of each column: right, missed, doubted or wrong; its name, what it is and what is proposed."""
    found = {column: known for known, column in proposal.mapping.columns.items()}
    doubted = {column.name for column in proposal.columns if column.doubts}
    for name, _cell, known in entry.columns:
        taken = found.get(name, "")
        wanted = known.rstrip("?").split(",")
        if known == "?":
            continue
        if taken in wanted or (not taken and (known == "-" or known.endswith("?"))):
            yield "right", name, known, taken
        elif not taken:
            yield "missed", name, known, ""
        else:
            yield "doubted" if name in doubted else "wrong", name, known, taken


def judged(entry: Entry, proposal: Proposal) -> list[tuple[str, str, str, str]]:
    """Like verdicts; of columns that mean the same, one is enough."""
    told = list(verdicts(entry, proposal))
    met = {taken for verdict, _name, _known, taken in told if verdict == "right" and taken}
    return [
        ("right", name, known, taken)
        if verdict == "missed" and not met.isdisjoint(known.rstrip("?").split(","))
        else (verdict, name, known, taken)
        for verdict, name, known, taken in told
    ]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.kind}: {entry.of}")
def test_columns_are_proposed_as_what_they_are(tmp_path: Path, entry: Entry) -> None:
    assert [one for one in judged(entry, proposed(tmp_path, entry)) if one[0] != "right"] == []
