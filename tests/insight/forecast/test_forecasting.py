"""Forecasts: what would come is within the interval, the same seed says the same, a draft doubles what it doubles."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from fidelia.activity.operations import record_purchase
from fidelia.insight.backtest.resampling import MONTH, Baskets, draw_futures, interval_of, levels_reached
from fidelia.insight.errors import ImpossibleForecast, TooLittleToFit
from fidelia.insight.models import Forecast
from fidelia.insight.operations.forecasting import _FLOWS, forecast_version
from fidelia.kernel.errors import Denied
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import draft_version
from tests.cast import PIZARRO, actor_with, leonore
from tests.console.test_customers import signed_in
from tests.insight.backtest.history import CLERK, FIRST, Shop
from tests.insight.shop import open_shop
from tests.programme.cast import AT

ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
LATER = AT + timedelta(days=151)


def shop_of(seed: int, *, customers: int = 400, months: int = 18) -> Baskets:
    """Members who buy as BG/NBD says they do, a steady stream of newcomers, 10 points a basket or 20."""
    chance = np.random.default_rng(seed)
    rows = []
    for one in range(customers):
        day, rate, leaves = chance.uniform(0, months * MONTH), chance.gamma(1.2, 1 / 40), chance.beta(0.8, 6)
        while day < months * MONTH:
            rows.append((int(day), one))
            if chance.random() < leaves:
                break
            day += max(1.0, chance.exponential(1 / rate))
    rows = sorted(set(rows))
    points = np.full((len(rows), 2), 10.0)
    points[:, 1] = 20.0
    day, customer = np.array([d for d, _ in rows]), np.array([c for _, c in rows])
    _known, numbered = np.unique(customer, return_inverse=True)
    return Baskets(numbered.astype(np.int64), day, chance.uniform(500, 5000, len(rows)), points, int(months * MONTH))


def test_what_came_lies_within_the_interval_as_often_as_it_says() -> None:
    within = whole = 0
    for seed in range(6):
        baskets = shop_of(seed)
        cut = int(baskets.end - 6 * MONTH)
        futures = draw_futures(baskets.before(cut), months=6, draws=100, seed=1)
        later = baskets.day[baskets.day >= cut]
        came = np.bincount(np.minimum(((later - cut) / MONTH).astype(int), 5), minlength=6)
        band = interval_of(futures.purchases, 0.8)
        within += sum(low <= one <= high for one, low, high in zip(came, band["low"], band["high"], strict=True))
        total = interval_of(futures.purchases.sum(axis=1), 0.95)
        whole += total["low"] <= came.sum() <= total["high"]
    assert within >= 25  # of 36 months, at 80 %
    assert whole >= 5  # of 6 shops, at 95 %


def test_the_same_seed_says_the_same_and_twice_the_points_are_twice() -> None:
    baskets = shop_of(3, customers=150, months=12)
    one, same, other = (draw_futures(baskets, months=3, draws=20, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.issued, same.issued)
    assert not np.array_equal(one.issued, other.issued)
    assert np.allclose(one.issued[:, :, 1], 2 * one.issued[:, :, 0])
    wider = draw_futures(baskets, months=3, draws=100, seed=5, doubt=0.5)
    plain = draw_futures(baskets, months=3, draws=100, seed=5)
    assert wider.purchases.sum(axis=1).std() > plain.purchases.sum(axis=1).std()


def test_too_little_is_refused() -> None:
    with pytest.raises(TooLittleToFit):
        draw_futures(replace(shop_of(3, customers=60, months=3), end=90), months=3, draws=20, seed=1)


def test_a_level_is_reached_by_its_window_and_kept() -> None:
    sums = np.array([[0.0, 0, 0, 100, 0, 0], [100, 0, 0, 0, 0, 0], [60, 60, 0, 0, 0, 0], [0, 0, 0, 0, 0, 250]])
    assert levels_reached(sums, [100, 200], window=2, kept=3).tolist() == [1, 0, 0, 2]
    assert levels_reached(sums, [100, 200], window=2, kept=6).tolist() == [1, 1, 1, 2]


def test_what_reached_a_level_does_not_keep_it_on_while_the_window_still_holds_it() -> None:
    """Of a year and kept for a year: one purchase holds a level for twelve months, not for twenty-three."""
    once = np.zeros((1, 24))
    once[0, 0] = 100
    held = [int(levels_reached(once[:, :end], [100], window=12, kept=12)[0]) for end in range(1, 25)]
    assert held == [1] * 12 + [0] * 12
    once[0, 6] = 100  # buys again meanwhile: judged by the year that is over, it is kept for another
    held = [int(levels_reached(once[:, :end], [100], window=12, kept=12)[0]) for end in range(1, 25)]
    assert held == [1] * 24


def test_months_of_spending_are_whole_ones_back_from_now() -> None:
    entries = """
    create table enrolments as select 'a' as account_id, 'p' as programme_id;
    create table entries as select 'a' as account_id, 'member' as code, 'PTS' as currency, kind, amount,
        timestamptz '2026-06-30 12:00+00' - days * interval 1 day as occurred_at
    from (values ('earn', 100, 70), ('redeem', -10, 50), ('earn', 40, 29), ('redeem', -25, 20), ('redeem', -5, 3))
        as told (kind, amount, days)
    """
    asked = {"now": datetime(2026, 6, 30, 12, tzinfo=UTC), "month": MONTH, "currency": "PTS", "programme": "p"}
    with duckdb.connect() as history:
        history.execute(entries)
        assert history.execute(_FLOWS, asked).fetchall() == [(2, 100, 0), (1, -10, 10), (0, 10, 30)]


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Shop:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    found = Shop(7, members=14)
    for month in range(5):
        for n, card in enumerate(found.cards):
            if (n + month) % 3:
                for day in (n % 9, 9 + (n * month) % 19):
                    found.chance.seed(n * 100 + month * 7 + day)
                    at = AT + timedelta(days=month * 30 + day, hours=n % 8)
                    asked = found.request(at, card)
                    record_purchase(by=CLERK, at=at, request=asked, source="till")
    return found


@pytest.mark.django_db(transaction=True)
def test_a_version_and_a_draft_are_forecast_kept_and_shown(shop: Shop) -> None:
    document = deepcopy(FIRST)
    document["rules"] = [rule for rule in document["rules"] if rule["key"] not in ("morning", "gold")]
    document["rules"][0]["points_per"]["points"] = "3"
    draft = draft_version(by=ANALYST, at=LATER, programme=shop.programme, document=document)
    kept = forecast_version(by=ANALYST, at=LATER, version=draft, months=4, draws=20, seed=3)
    again = forecast_version(by=ANALYST, at=LATER, version=draft, months=4, draws=20, seed=3)
    assert kept.result == again.result
    current, other = kept.result["versions"]
    assert (current["number"], other["number"]) == (1, 2)
    assert other["totals"]["issued"]["mean"] > 1.5 * current["totals"]["issued"]["mean"] > 0
    for one in (current, other):
        flow = one["by_month"]
        assert all(low <= high for low, high in zip(flow["issued"]["low"], flow["issued"]["high"], strict=True))
        assert sum(row[1] for row in one["tiers"]) == kept.result["customers"]
    page = signed_in(leonore()).get("/console/programmes/cercle/versions/2/forecast/").content.decode()
    assert "Forecast under version 2" in page
    assert "Points that members hold" in page


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_is_refused_and_nothing_is_kept(shop: Shop) -> None:
    version = ProgrammeVersion.objects.select_related("programme__points_currency").get()
    for months, draws in ((0, 100), (25, 100), (6, 5), (6, 5_000)):
        with pytest.raises(ImpossibleForecast):
            forecast_version(by=ANALYST, at=LATER, version=version, months=months, draws=draws)
    with pytest.raises(Denied):
        forecast_version(by=PIZARRO, at=LATER, version=version)
    assert not Forecast.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_forecast_the_page_says_what_it_is(shop: Shop) -> None:
    client = signed_in(leonore())
    page = client.get("/console/programmes/cercle/versions/1/forecast/").content.decode()
    assert "Nothing was forecast under this version yet" in page
    assert client.get("/console/programmes/cercle/versions/9/forecast/").status_code == 404
