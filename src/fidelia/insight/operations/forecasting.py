"""Forecast the next months under the version in force and under another, and say how such a forecast held before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import local_day
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme.errors import UnknownVersion
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.queries import Terms, parse_document, version_in_force
from fidelia.rules.tier_sets import TierSet

from ..backtest.history import Occasion
from ..backtest.resampling import MONTH, Baskets, Futures, draw_futures, interval_of, levels_reached
from ..backtest.results import Result
from ..errors import ImpossibleForecast, TooLittleToFit
from ..fits.sentences import Sentence
from ..fits.sentences import gettext_noop as _
from ..models import Forecast
from .backtesting import Told, replay
from .exporting import export_facts
from .grounds import REDEMPTION_PERCENT, Asked, Ground, open_ground
from .points_ahead import Ahead, life_of_points, lots_held

MONTHS_MAX, DRAWS, DRAWS_MAX = 24, 200, 1_000
CONFIDENCE: Final = 0.8
DOUBT: Final = 0.2  # where nothing could be checked yet
SPENDS: Final = ("redeem", "capture")
_FLOWS = """
select floor(date_diff('day', occurred_at, $now) / $month)::int, sum(amount)::bigint,
    coalesce(-sum(amount) filter (where kind in ('redeem', 'capture')), 0)::bigint from entries
where code = 'member' and currency = $currency and occurred_at <= $now and account_id in (
    select account_id from enrolments where programme_id = $programme)
group by 1 order by 1 desc
"""


@dataclass(frozen=True, slots=True)
class _Wanted:
    months: int
    draws: int
    seed: int


@dataclass(slots=True)
class _Seen:
    """Purchases as replays show them, by purchase: account, moment, total, and points by each version."""

    rows: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, seen: Occasion, now: Result, version: int, versions: int) -> None:
        if not seen.is_member:
            return
        sold = seen.returns_id if seen.kind == "return" else seen.purchase_id
        row = self.rows.get(sold or "")
        if row is None:
            if seen.kind == "return":
                return
            row = self.rows[seen.purchase_id] = [seen.account_id, seen.occurred_at, 0, [0] * versions]
        row[3][version] += now.points
        if version == 0:
            row[2] += seen.total


def forecast_version(
    *, by: Actor, at: datetime, version: ProgrammeVersion, months: int = 12, draws: int = DRAWS, seed: int = 1,
    told: Told = lambda done, total: None,
) -> Forecast:  # fmt: skip
    """Forecast the months ahead under the version in force and under this one, and keep it.

    Raises Denied (programme.see, insight.refresh), ImpossibleForecast, TooLittleToFit, and UnknownVersion:
    none is in force.
    """
    programme = version.programme
    by.require("programme.see", Scope(programme.partner_id))
    if not (1 <= months <= MONTHS_MAX and 20 <= draws <= DRAWS_MAX):
        raise ImpossibleForecast(f"A forecast is of 1 to {MONTHS_MAX} months, by 20 to {DRAWS_MAX} futures.")
    current = version_in_force(programme, at)
    if current is None:
        raise UnknownVersion("No version is in force.")
    result = _result(by, at, (current, version), _Wanted(months, draws, seed), told)
    with transaction_of_use_case():
        kept = Forecast.objects.create(
            programme_id=programme.id, version_id=version.id, version_number=version.number, months=months, seed=seed,
            result=result, made_at=at, made_by=by.label,
        )  # fmt: skip
        record_audit(
            by=by, at=at, verb="programme.see", object_type="forecast", object_id=kept.id,
            after={"version": version.number, "months": months},
        )  # fmt: skip
    return kept


def _result(
    by: Actor, at: datetime, pair: tuple[ProgrammeVersion, ProgrammeVersion], wanted: _Wanted, told: Told
) -> dict[str, Any]:  # fmt: skip
    current, other = pair
    programme = other.programme
    versions = [current] if current.id == other.id else [current, other]
    terms = [parse_document(programme, each.document, version_id=each.id) for each in versions]
    export = export_facts(by=by.lent("insight.refresh"), at=at)
    with open_ground(Asked(programme, other.document), export) as ground:
        seen = _Seen()
        for n, one in enumerate(terms):
            replay(ground, one, told, lambda what, _was, now, n=n: seen.take(what, now, n, len(terms)))  # type: ignore[misc]
        lots, spent = lots_held(ground, at, terms[0]), _spending(ground, at)
    baskets, accounts = _baskets(seen, at, terms[0])
    check = _check(baskets, replace(wanted, months=min(wanted.months, max(1, baskets.months // 4))))
    doubt = check["doubt"] if check is not None else DOUBT
    futures = draw_futures(baskets, months=wanted.months, draws=wanted.draws, seed=wanted.seed, doubt=doubt)
    unit = 10**programme.points_currency.scale
    ahead = Ahead(at, lots, accounts, futures, spent)
    return {
        "months": _months(at, wanted.months),
        "confidence": CONFIDENCE,
        "draws": wanted.draws,
        "customers": len(accounts),
        "purchases": interval_of(futures.purchases, CONFIDENCE),
        "shock": round(float(futures.shock), 3),
        "versions": [
            {"number": version.number, **_of_version(n, one, ahead, baskets, seed=wanted.seed, unit=unit)}
            for n, (version, one) in enumerate(zip(versions, terms, strict=True))
        ],
        "check": check,
        "doubt": round(doubt, 3),
    }


def _of_version(place: int, terms: Terms, ahead: Ahead, baskets: Baskets, *, seed: int, unit: int) -> dict[str, Any]:
    """Return what the futures come to under one version, points in whole points of the currency."""
    futures = ahead.futures
    issued = futures.issued[:, :, place]
    flow = life_of_points(np.random.default_rng(seed + 1), ahead, terms, place)
    found = {name: interval_of(values / unit, CONFIDENCE) for name, values in {"issued": issued, **flow}.items()}
    totals = {name: interval_of(values.sum(axis=1) / unit, CONFIDENCE) for name, values in
              {"issued": issued, "spent": flow["spent"], "expiring": flow["expiring"]}.items()}  # fmt: skip
    pays = terms.points.pays
    worth = None
    if pays is not None:
        money = flow["balance"][:, -1] * pays.money * REDEMPTION_PERCENT / (pays.points * 100)
        worth = {**interval_of(money, CONFIDENCE), "percent": REDEMPTION_PERCENT}
    return {"by_month": found, "totals": totals, "liability": worth, "tiers": _tiers(place, terms, futures, baskets),
            "budgets": _budgets(terms, totals["issued"]["mean"], unit)}  # fmt: skip


def _tiers(place: int, terms: Terms, futures: Futures, baskets: Baskets) -> list[list[Any]]:
    """Return [tier, members now, mean at the end, low, high] of the main set, by whole months; see `levels_reached`."""
    tiers = terms.tiers
    if tiers is None or tiers.metric == "balance":
        return []
    window, kept = _span(tiers)
    past = _past_of_tiers(place, tiers, baskets, max(window + kept, baskets.months + 1))
    thresholds = [level.threshold for level in tiers.levels]
    ranks = len(thresholds) + 1
    now = np.bincount(levels_reached(past, thresholds, window, kept), minlength=ranks)
    counts = []
    for customer, month, points, total in futures.tiered:
        size, months = max(futures.customers, int(customer.max(initial=-1)) + 1), futures.issued.shape[1]
        ahead = np.zeros((size, months))
        metric = {"spent": total, "purchases": np.ones(len(total))}.get(tiers.metric, points[:, place])
        np.add.at(ahead, (customer, month), metric)
        whole = np.concatenate([np.pad(past, ((0, size - len(past)), (0, 0))), ahead], axis=1)
        counts.append(np.bincount(levels_reached(whole, thresholds, window, kept), minlength=ranks))
    ends = np.array(counts)
    low, high = np.quantile(ends, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    keys = ["", *(level.key for level in tiers.levels)]
    return [[key, int(now[n]), float(ends[:, n].mean()), float(low[n]), float(high[n])] for n, key in enumerate(keys)]


def _span(tiers: TierSet) -> tuple[int, int]:
    """Return over how many months a tier is measured and kept, in whole months."""
    window = round(tiers.window_days / MONTH) if tiers.window == "rolling" else 12 // max(1, len(tiers.window_dates))
    kept = tiers.kept
    if kept is None:
        months = round(tiers.kept_days / MONTH)
    else:
        months = kept.months if not isinstance(kept, int) else 12 * kept
    return max(1, window), max(1, months)


def _past_of_tiers(place: int, tiers: TierSet, baskets: Baskets, months: int) -> np.ndarray:
    count = int(baskets.customer.max()) + 1
    back = ((baskets.end - 1 - baskets.day) / MONTH).astype(np.int64)
    metric = {"spent": baskets.total, "purchases": np.ones(len(back))}.get(tiers.metric, baskets.points[:, place])
    past, kept = np.zeros((count, months)), back < months
    np.add.at(past, (baskets.customer[kept], months - 1 - back[kept]), metric[kept])
    return past


def _budgets(terms: Terms, issued: float, unit: int) -> list[dict[str, Any]]:
    """Return each budget of points of all members together, beside all that is forecast to be issued."""
    return [
        {"rule": limit.owner, "at_most": limit.at_most / unit, "period": limit.period,
         "share": round(limit.at_most / unit / issued, 4) if issued > 0 else None}
        for limit in terms.rule_set.limits
        if limit.of == "points" and limit.per == "all"
    ]  # fmt: skip


def _check(baskets: Baskets, wanted: _Wanted) -> dict[str, Any] | None:
    """Make the same forecast as if it were so many months ago, and say how many of those months came within it.

    It is widened by how far the one before it, made twice as many months ago, went wrong. `doubt` is how far both did.
    """
    before = _once(baskets, replace(wanted, seed=wanted.seed + 1), 2 * wanted.months, 0.0)
    last = _once(baskets, wanted, wanted.months, before["error"] if before is not None else DOUBT)
    if last is None:
        return None
    errors = [one["error"] for one in (before, last) if one is not None]
    return {**last, "doubt": float(np.sqrt(np.mean(np.square(errors))))}


def _once(baskets: Baskets, wanted: _Wanted, ago: int, doubt: float) -> dict[str, Any] | None:
    """Forecast from a cut `ago` months back; "error": by how much months went from their mean (of a logarithm)."""
    months = wanted.months
    cut = int(baskets.end - ago * MONTH)
    known = baskets.before(cut)
    try:
        futures = draw_futures(known, months=months, draws=wanted.draws, seed=wanted.seed, doubt=doubt)
    except TooLittleToFit:
        return None
    later = (baskets.day >= cut) & (baskets.day < cut + months * MONTH)
    place = np.minimum(((baskets.day[later] - cut) / MONTH).astype(np.int64), months - 1)
    points = np.bincount(place, weights=baskets.points[later, 0], minlength=months)
    found = {
        "points": _held(futures.issued[:, :, 0], points),
        "purchases": _held(futures.purchases, np.bincount(place, minlength=months).astype(np.float64)),
    }
    mean = np.maximum(futures.issued[:, :, 0].mean(axis=0), 1.0)
    error = float(np.sqrt(np.mean(np.log(np.maximum(points, 1.0) / mean) ** 2)))
    return {"months": months, "error": min(error, 1.0), **found}


def _held(drawn: np.ndarray, came: np.ndarray) -> dict[str, Any]:
    """Say how what came lies in the interval: month by month, and all of it."""
    band, whole = interval_of(drawn, CONFIDENCE), interval_of(drawn.sum(axis=1), CONFIDENCE)
    within = [low <= one <= high for one, low, high in zip(came, band["low"], band["high"], strict=True)]
    total = float(came.sum())
    return {
        **band, "came": came.tolist(), "within": int(sum(within)),
        "whole": {**whole, "came": total, "is_within": bool(whole["low"] <= total <= whole["high"])},
    }  # fmt: skip


def _baskets(seen: _Seen, at: datetime, terms: Terms) -> tuple[Baskets, Mapping[str, int]]:
    """Sum the purchases of each member and day. Raises TooLittleToFit."""
    if not seen.rows:
        raise TooLittleToFit(Sentence(_("Nothing was bought yet: there is nothing to forecast from.")))
    rows = [row for row in seen.rows.values() if row[1] <= at]
    begun = min(local_day(row[1], terms.zone) for row in rows)
    accounts = {account: n for n, account in enumerate(sorted({row[0] for row in rows}))}
    by_day: dict[tuple[int, int], list[Any]] = {}
    for account, moment, total, points in rows:
        place = ((local_day(moment, terms.zone) - begun).days, accounts[account])
        known = by_day.setdefault(place, [0, [0] * len(points)])
        known[0] += total
        known[1] = [was + more for was, more in zip(known[1], points, strict=True)]
    order = sorted(by_day)
    end = (local_day(at, terms.zone) - begun).days + 1
    return Baskets(
        np.array([customer for _day, customer in order], dtype=np.int64),
        np.array([day for day, _customer in order], dtype=np.int64),
        np.array([max(0, by_day[each][0]) for each in order], dtype=np.float64),
        np.array([by_day[each][1] for each in order], dtype=np.float64),
        end,
    ), accounts


def _spending(ground: Ground, at: datetime) -> np.ndarray:
    """Return which share of the points at hand was spent in each of the last twelve months, back from now."""
    programme = ground.asked.programme
    rows = ground.history.rows(
        _FLOWS, now=at, month=MONTH, currency=programme.points_currency_id, programme=str(programme.id)
    )
    held, rates = 0, []
    for back, moved, spent in rows:
        if held > 0 and 0 <= back < 12:
            rates.append(min(1.0, spent / held))
        held += moved
    return np.array(rates[-12:])


def _months(at: datetime, months: int) -> list[str]:
    """Return the first day of each month ahead: a month is a twelfth of a year from now on."""
    return [(at + timedelta(days=round(n * MONTH))).date().isoformat() for n in range(months)]
