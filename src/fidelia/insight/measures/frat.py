"""FRAT: frequency, recency, amount and type of purchase."""

from __future__ import annotations

from datetime import datetime

import ibis
from ibis import _

from .rfm import WINDOW_DAYS, purchases_in_window, rfm, sales_kept

VARIED = "varied"


def frat(
    purchases: ibis.Table,
    lines: ibis.Table,
    *,
    as_of: datetime,
    currency: str,
    type_column: str,
    window_days: int = WINDOW_DAYS,
) -> ibis.Table:
    """RFM with the type of purchase: the kind of goods on which a customer spends more than on all others together.

    Frequency, recency and amount are those of `rfm`, with its scores. The type is the value of `type_column` of the
    lines (their category, for one) that makes more than half of what the customer spent on products in the window;
    whoever has none is "varied". Ties cannot occur: two types cannot both make more than half.

    Source: Stone, *Successful Direct Marketing Methods* (1975), for FRAT. Columns: those of `rfm`; type; type_share
    (the share that the largest type makes, float64; absent where nothing was spent on products of a known type); types
    (how many types the customer bought, int64).
    """
    scores = rfm(purchases, lines, as_of=as_of, currency=currency, window_days=window_days)
    inside = purchases_in_window(purchases, as_of=as_of, window_days=window_days).filter(_.currency == currency)
    kept = sales_kept(inside, lines, as_of=as_of)
    types = types_by_customer(kept, lines, type_column=type_column)
    return (
        scores.left_join(types, scores.customer_id == types.buyer_id)
        .drop("buyer_id")
        .mutate(type=_.type.fill_null(VARIED), types=_.types.fill_null(0))
    )


def types_by_customer(kept: ibis.Table, lines: ibis.Table, *, type_column: str) -> ibis.Table:
    """Per customer: buyer_id, type (the one above half, or "varied"), type_share, types."""
    sold = lines.filter(_.is_product, _.net > 0, lines[type_column].notnull(), lines[type_column] != "")
    spent = (
        kept.join(sold.select("purchase_id", "net", kind_of_goods=type_column), "purchase_id")
        .group_by(buyer_id=_.customer_id, kind_of_goods=_.kind_of_goods)
        .agg(spent=_.net.sum().cast("int64"))
    )
    largest = spent.group_by("buyer_id").agg(
        kind_of_goods=_.kind_of_goods.argmax(_.spent),
        most=_.spent.max(),
        whole=_.spent.sum().cast("int64"),
        types=_.count().cast("int64"),
    )
    return largest.select(
        "buyer_id",
        "types",
        type=(_.most * 2 > _.whole).ifelse(_.kind_of_goods, VARIED),
        type_share=_.most.cast("float64") / _.whole.cast("float64"),
    )
