"""The lives of points as hotels, airlines and shops publish them in their terms, by configuration and dates alone.

Each row: the scheme and its rule, the terms that say it, when points are earned, what happens later, and the last local
day on which they are there. Sources: miles-and-more.com (mileage expiry, with its example), milelion.com of 28 February
2026 (Flying Blue from May 2026), mainlymiles.com (KrisFlyer, Avios), turkishairlines.com, the comparison of expiry
policies of awardwallet.com; tastingtable.com of 25 February 2025, which quotes the terms of Starbucks with their
example; ilovegwp.com, which quotes Beauty Insider's 18 months; econostrum.info and linternaute.com of February 2025 and
journaldesfemmes.fr of 2026 (Carrefour, Intermarché, Casino: the euros of a year end with the next February; Franprix
with March; Picard with January). The other rows (hotels, Aeroplan, Qantas, and those without an end) state a scheme's
rule as it is commonly known; its terms were not opened for this. A purchase of one euro is an activity that earns; a
redemption takes one point.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .test_published_cases import Shop, day, end_of, points

pytestmark = pytest.mark.django_db


def idle(months: int, *activities: str, ends: str = "day") -> dict[str, Any]:
    """All points live on together with each activity, for so many months."""
    return {
        "validity_months": months, "ends": ends, "counts_from": "activity",
        "renewed_by": list(activities or ("earn", "redeem")),
    }  # fmt: skip


def aged(months: int, ends: Any) -> dict[str, Any]:
    """Each lot has its own life."""
    return {"validity_months": months, "ends": ends}


CASES = [
    ("Marriott Bonvoy: 24 months without activity", idle(24), "2024-02-29", (), "2026-02-28"),
    ("Marriott Bonvoy: activity begins them anew", idle(24), "2024-02-29", (("spend", "2025-08-31"),), "2027-08-31"),
    ("Hilton Honors: 24 months, a purchase counts", idle(24), "2025-01-10", (("buy", "2026-12-31"),), "2028-12-31"),
    ("World of Hyatt: 24 months, nothing happens", idle(24), "2025-10-26", (), "2027-10-26"),
    ("ALL Accor: 365 days without activity", {"validity_days": 365, "ends": "day", "counts_from": "activity",
     "renewed_by": ["earn"]}, "2027-03-01", (), "2028-02-29"),
    ("ALL Accor: a stay lets them live, spending does not", {"validity_days": 365, "ends": "day",
     "counts_from": "activity", "renewed_by": ["earn"]}, "2026-03-29", (("spend", "2026-12-01"),), "2027-03-29"),
    ("IHG One Rewards: 12 months without activity", idle(12), "2026-03-28", (("buy", "2027-03-28"),), "2028-03-28"),
    ("Flying Blue, May 2026: 24 months, earning extends", idle(24, "earn"), "2025-05-31", (("spend", "2026-05-31"),),
     "2027-05-31"),
    ("Aeroplan: 18 months without activity", idle(18), "2024-08-31", (), "2026-02-28"),
    ("Qantas: 18 months, redemptions count", idle(18), "2024-08-31", (("spend", "2026-02-28"),), "2027-08-28"),
    ("Avios: 36 months without activity", idle(36), "2024-02-29", (), "2027-02-28"),
    ("KrisFlyer: 36 months, to the end of the month", aged(36, "month"), "2025-02-10", (("buy", "2026-01-05"),),
     "2028-02-29"),
    ("Miles & More: 36 months, to the end of the quarter", aged(36, "quarter"), "2025-04-01", (), "2028-06-30"),
    ("Miles & Smiles: to the end of the third year", aged(36, "year"), "2025-02-14", (), "2028-12-31"),
    ("Starbucks: six months after the month of earning", aged(6, "month"), "2025-08-31", (), "2026-02-28"),
    ("Starbucks: stars of 15 December are gone on 1 July", aged(6, "month"), "2025-12-15", (), "2026-06-30"),
    ("Carrefour: the first euro of 2024", aged(2, ["02-29"]), "2024-01-01", (), "2025-02-28"),
    ("Carrefour: the last euro of 2024", aged(2, ["02-29"]), "2024-12-31", (), "2025-02-28"),
    ("Carrefour: the last euro of 2027, a leap year after", aged(2, ["02-29"]), "2027-12-31", (), "2028-02-29"),
    ("Franprix: the euros of 2024", aged(3, ["03-31"]), "2024-06-30", (), "2025-03-31"),
    ("Picard: the euros of 2025", aged(1, ["01-31"]), "2025-12-31", (), "2026-01-31"),
    ("Picard: the first euro of 2025", aged(1, ["01-31"]), "2025-01-01", (), "2026-01-31"),
    ("Beauty Insider: 18 months without activity", idle(18), "2025-04-30", (("buy", "2026-10-30"),), "2028-04-30"),
    ("A shop of the facts: 12 months, twice a year", aged(12, ["03-31", "09-30"]), "2027-02-28", (), "2028-03-31"),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "life", "earned", "then", "last"), CASES, ids=[case[0] for case in CASES])
def test_points_of_a_scheme_are_there_to_its_last_day(
    scheme: str, life: dict[str, Any], earned: str, then: tuple[tuple[str, str], ...], last: str
) -> None:
    shop = Shop(points(**life))
    shop.grant(100, day(earned))
    left = 100
    for number, (what, on) in enumerate(then):
        shop.night(day(on, hour=3))
        if what == "spend":
            shop.spend_by_terms(1, day(on))
            left -= 1
        else:
            shop.buy(f"b{number}", (1, 1_00), at=day(on))
    end = end_of(last)
    first_lot = min(shop.has(end), left) if life.get("counts_from") != "activity" else shop.has(end) - _bought(then)
    assert first_lot == left, scheme
    after = shop.has(end + timedelta(minutes=1))
    assert after == (_bought(then) if life.get("counts_from") != "activity" else 0), scheme
    shop.night(end + timedelta(hours=3))
    shop.night(end + timedelta(hours=3))
    assert shop.has(end + timedelta(hours=3)) == after


def _bought(then: tuple[tuple[str, str], ...]) -> int:
    return sum(what == "buy" for what, _on in then)


@pytest.mark.parametrize("scheme", ["Delta SkyMiles", "United MileagePlus", "Southwest Rapid Rewards"])
def test_points_of_schemes_without_an_end_are_there_for_ever(scheme: str) -> None:
    shop = Shop(points())
    shop.grant(100, day("2024-02-29"))
    for year in (2028, 2036, 2060):
        shop.night(day(f"{year}-02-29"))
        assert shop.has(day(f"{year}-03-01")) == 100, scheme
