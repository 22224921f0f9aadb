"""The truth about the invented shop, kept beside it: what an analyst may compare a fitted model with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from .lifetimes import DAYS_PER_WEEK
from .parameters import COMPANIES, PERSONS, SHOP
from .shop import Shop

TRUTH = "truth.json"
CUSTOMERS = "customers.parquet"
CALENDAR = "calendar.parquet"


def keep_truth(shop: Shop, folder: Path) -> None:
    """Write truth.json (parameters), customers.parquet (each one's rate, end and spending), calendar.parquet (pace)."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(describe(shop), ensure_ascii=False, indent=1)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")
    pyarrow.parquet.write_table(customers_table(shop), folder / CUSTOMERS)
    days = {"day": pyarrow.array(shop.clock.calendar, pyarrow.date32()), "pace": pyarrow.array(shop.clock.pace)}
    pyarrow.parquet.write_table(pyarrow.table(days), folder / CALENDAR)


def describe(shop: Shop) -> dict[str, Any]:
    """Return the parameters of a shop as JSON values."""
    return {
        "what": "Maison Éléonore is invented. These are the true parameters behind its purchases.",
        "time": "Shop weeks: calendar.parquet says how many shop days (pace) pass in each calendar day.",
        "seed": shop.seed,
        "customers": len(shop.people),
        "begins_on": shop.clock.begins_on.isoformat(),
        "ends_on": shop.clock.ends_on.isoformat(),
        "persons": asdict(PERSONS),
        "companies": asdict(COMPANIES),
        "shop": asdict(SHOP),
        "campaign": {"launched_at": shop.launch_at.isoformat(), "lift_of_rate": SHOP.campaign_lift},
        "past_campaign": {
            "launched_at": shop.past_launch_at.isoformat(),
            "ended_at": shop.past_end_at.isoformat(),
            "newcomer_shop_days": SHOP.newcomer_days,
            "lift_of_rate_of_newcomers": SHOP.past_lift_of_newcomers,
            "lift_of_rate_of_others": SHOP.past_lift_of_others,
        },
    }


def customers_table(shop: Shop) -> pyarrow.Table:
    """Return one row per customer; `leaves_after_weeks` is a lifetime in shop weeks, from the first purchase on."""
    buyers = shop.buyers
    return pyarrow.table(
        {
            "customer_id": [str(person.id) for person in shop.people],
            "number": [person.number for person in shop.people],
            "kind": [person.kind for person in shop.people],
            "born_shop_day": buyers.born,
            "rate_per_week": buyers.rate * DAYS_PER_WEEK,
            "leaves_after_weeks": (buyers.dies - buyers.born) / DAYS_PER_WEEK,
            "is_alive": buyers.dies > shop.clock.length,
            "mean_spend": buyers.p / buyers.nu,
            "repeats": shop.repeats.astype(np.int64),
        }
    )
