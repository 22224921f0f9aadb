"""It counts one person once: merged customers are their survivor, erased ones nobody."""

from __future__ import annotations

import ibis
import pyarrow

from fidelia.insight.measures.people import by_person, that_happened

CUSTOMERS = [("a", "b", False), ("b", "c", False), ("c", None, False), ("d", None, True), ("e", "d", False)] + [
    (f"m{n}", f"m{n + 1}" if n < 8 else None, False) for n in range(9)
]


def table_of(rows: list[tuple[object, ...]], *names: str) -> ibis.Table:
    columns = list(zip(*rows, strict=True))
    types = [pyarrow.bool_() if isinstance(column[0], bool) else pyarrow.string() for column in columns]
    arrays = [pyarrow.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    return ibis.memtable(pyarrow.table(arrays, names=list(names)))


def test_rows_belong_to_the_person_at_the_end_of_the_chain() -> None:
    rows: list[tuple[object, ...]] = [(name, name) for name in ("a", "b", "c", "d", "e", "m0", "m8", "unknown")]
    rows.append(("nobody", None))
    result = by_person(
        table_of(rows, "row", "customer_id"), table_of(CUSTOMERS, "customer_id", "merged_into", "is_erased")
    )
    found = {row["row"]: row["customer_id"] for row in ibis.duckdb.connect().to_pyarrow(result).to_pylist()}
    persons = {"a": "c", "b": "c", "c": "c", "m0": "m8", "m8": "m8"}
    assert found == persons | dict.fromkeys(("d", "e", "unknown", "nobody"))


def test_simulations_and_sandboxes_never_happened() -> None:
    rows: list[tuple[object, ...]] = [
        ("1", "live", "real"),
        ("2", "simulation", "real"),
        ("3", "backfill", None),
        ("4", "live", "trial"),
    ]
    programmes = table_of([("trial", True), ("real", False)], "programme_id", "is_sandbox")
    happened = that_happened(table_of(rows, "row", "origin", "programme_id"), programmes)
    assert ibis.duckdb.connect().to_pyarrow(happened.order_by("row"))["row"].to_pylist() == ["1", "3"]
