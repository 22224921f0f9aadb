"""Shape staged rows into the tables of facts: lines, and the purchases that they make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow
from ibis import _

# What makes two rows the same row of two overlapping sheets.
ROW = ("receipt", "occurred_at", "product", "description", "quantity", "net", "customer")


def without_repeated_sheets(
    backend: Any, staged: Path, folder: Path, *, by_customer: bool = False
) -> tuple[ibis.Table, int]:
    """Leave out rows that stand in an earlier sheet of the same workbook too; return the rows, and how many were left.

    Copies within one sheet stay: a file may well hold two equal lines of one receipt. Rows get their purchase: the
    receipt that they name; else, `by_customer`, the customer and moment; else the row itself.
    """
    rows = backend.read_parquet(staged, table_name="staged")
    copies = rows.mutate(
        copy=ibis.row_number().over(ibis.window(group_by=["sheet", *ROW], order_by="row_number")),
    )
    times = copies.mutate(time=ibis.row_number().over(ibis.window(group_by=[*ROW, "copy"], order_by="sheet")))
    once = times.filter((times.time == 0) | times.receipt.isnull())
    own = ibis.literal("#").concat(once.row_number.cast("string"))  # the purchase of a row that names no receipt
    visit = once.customer.concat("@", once.occurred_at.cast("string"), "@", once.store.fill_null(""))
    kept = once.mutate(purchase_id=ibis.coalesce(once.receipt, *([visit] if by_customer else []), own))
    path = folder / "kept.parquet"
    backend.to_parquet(kept.drop("copy", "time"), path)
    before, after = (backend.execute(table.count()) for table in (rows, backend.read_parquet(path, table_name="kept")))
    return backend.table("kept"), int(before - after)


def lines_of(
    backend: Any, rows: ibis.Table, matched: Mapping[int, str], folder: Path, *, not_products: Sequence[str]
) -> Path:
    """Write the table `lines`, each returned line with the sale that it gives back where one was found.

    Lines with the codes `not_products` (postage, fees) are no products.
    """
    pairs = pyarrow.table(
        {"matched_row": list(matched), "returns_purchase_id": list(matched.values())},
        schema=pyarrow.schema([("matched_row", pyarrow.int64()), ("returns_purchase_id", pyarrow.string())]),
    )
    found = ibis.memtable(pairs)
    joined = rows.left_join(found, rows.row_number == found.matched_row)
    lines = joined.select(
        "purchase_id",
        "row_number",
        "description",
        "category",
        "store",
        "country",
        "arm",
        "answer",
        "quantity",
        "net",
        "discount",
        "cost",
        "returns_purchase_id",
        "occurred_at",
        customer_id="customer",
        product_code="product",
        is_product=~joined["product"].isin(list(not_products)) if not_products else ibis.literal(True),
    )
    path = folder / "lines.parquet"
    backend.to_parquet(lines, path)
    return path


def purchases_of(backend: Any, rows: ibis.Table, currency: str, folder: Path) -> Path:
    """Write the table `purchases`: a receipt whose total is below zero, or whose lines all are, is a return."""
    purchases = rows.group_by("purchase_id").agg(
        customer_id=_.customer.max(),
        occurred_at=_.occurred_at.min(),
        total=_.net.sum().cast("int64"),
        all_back=(_.quantity < 0).all(),
        store=_.store.max(),
        country=_.country.max(),
    )
    told = purchases.mutate(kind=((_.total < 0) | _.all_back).ifelse("return", "sale"), currency=ibis.literal(currency))
    path = folder / "purchases.parquet"
    backend.to_parquet(told.drop("all_back"), path)
    return path
