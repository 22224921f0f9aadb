"""The real data beside the checkout that published numbers come from; a test that needs one is skipped without it."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fidelia.insight.fits import BuyingHistory, CountedPurchases, count_purchases

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
CALIBRATION_ENDS = np.datetime64("1997-09-30")
HOLDOUT_ENDS = np.datetime64("1998-06-30")


def rows_of(relative: str) -> list[dict[str, str]]:
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"../shared/data/{relative} is not there: the published numbers need its rows")
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return list(csv.DictReader(text.splitlines()))


@cache
def cdnow(*, sample: bool) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Customer, day and amount of each row of CDNOW: the tenth that the papers use, or all."""
    rows = [row for row in rows_of("cdnow/cdnow_full.csv.gz") if row["in_sample"] == "1" or not sample]
    return (
        np.array([int(row["customer_id"]) for row in rows]),
        np.array([row["date"] for row in rows], dtype="datetime64[D]"),
        np.array([float(row["amount"]) for row in rows]),
    )


@cache
def cdnow_counted(*, sample: bool) -> CountedPurchases:
    """39 weeks to fit on, 39 to hold out."""
    customers, days, amounts = cdnow(sample=sample)
    return count_purchases(customers, days, amounts=amounts, until=CALIBRATION_ENDS, observed_until=HOLDOUT_ENDS)


@cache
def cdnow_history(*, sample: bool) -> BuyingHistory:
    return cdnow_counted(sample=sample).history


@cache
def donations() -> tuple[NDArray[Any], ...]:
    """Frequency, recency, periods and weights."""
    rows = rows_of("donations_bgbb/donations.csv")
    names = ("frequency", "recency", "periods", "weights")
    return tuple(np.array([float(row[name]) for row in rows]) for name in names)
