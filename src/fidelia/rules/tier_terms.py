"""Reading tiers from the document of a version: one set, or a list of them of which the first is the main one.

{"metric": "earned", "window_days": 365, "kept_days": 365, "levels": [{"key", "name", "threshold"}, …]}
{"key": "status", "metric": "spent", "window": "year", "begins": "at_once", "kept": {"months": 12, "ends": "year"},
 "grace": {"months": 1, "ends": "month"}, "falls": "one_step", "notice_days": 60, "levels": […]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.points import parse_points

from .reading import DAYS_MAX, MalformedTerms, read_choice, read_dates, read_object, read_span, read_whole
from .spans import Span
from .tier_sets import (
    BEGINS,
    CARRIES,
    CARRIES_ABOVE,
    DATES,
    FALLS,
    KEPT_FROM,
    METRICS,
    ON_RETURN,
    WINDOWS,
    TierLevel,
    TierSet,
)

LEVELS_MAX = 12
SETS_MAX = 5
MEASURES_MAX = 3
BENEFITS_MAX = 20
MEMBERS = {
    *("key", "name", "metric", "currency", "window", "window_days", "begins", "kept", "kept_days", "grace", "falls"),
    *("on_return", "notice_days", "carries", "carries_max", "carries_above", "kept_from", "levels", "also"),
    *("together", "runs_on"),
}

LEVEL_MEMBERS = {"key", "name", "threshold", "benefits", "entitlements", "lifetime", "keep", "permanent"}


def parse_tier_sets(document: Any, scale: int, money_scale: int = 2) -> tuple[TierSet, ...]:
    """Read one set of tiers or a list of them, the main one first. Raises MalformedTerms."""
    if document is None:
        return ()
    elif not isinstance(document, list):
        return (_parse_set(document, "/tiers", scale, money_scale),)
    if not 1 <= len(document) <= SETS_MAX:
        raise MalformedTerms(f"Name 1 to {SETS_MAX} sets of tiers.", pointer="/tiers")
    sets = tuple(_parse_set(each, f"/tiers/{n}", scale, money_scale) for n, each in enumerate(document))
    for n, tier_set in enumerate(sets[1:], start=1):
        if not tier_set.key or tier_set.key in [other.key for other in sets[:n]]:
            raise MalformedTerms("A further set of tiers has a key of its own.", pointer=f"/tiers/{n}/key")
    keys = [level.key for tier_set in sets for level in tier_set.levels]
    if len(set(keys)) < len(keys):
        raise MalformedTerms("Two tiers have the same key.", pointer="/tiers")
    return sets


def parse_tier_set(document: Any, scale: int, money_scale: int = 2) -> TierSet | None:
    """Read the main set of tiers; None where there is none. Raises MalformedTerms."""
    sets = parse_tier_sets(document, scale, money_scale)
    return sets[0] if sets else None


def _parse_set(document: Any, pointer: str, scale: int, money_scale: int) -> TierSet:
    known = read_object(document, pointer, MEMBERS)
    metric = read_choice(known.get("metric", "earned"), f"{pointer}/metric", METRICS)
    window, days = _window(known, pointer, metric)
    measured_in = {"spent": money_scale, "purchases": 0}.get(metric, scale)
    levels = _levels(known.get("levels"), f"{pointer}/levels", measured_in)
    carries, carries_max = _carries(known, pointer, window, measured_in)
    has_kept_span = known.get("kept") is not None
    if has_kept_span == (known.get("kept_days") is not None):
        raise MalformedTerms("A tier is kept for “kept_days”, or as “kept” says.", pointer=f"{pointer}/kept_days")
    on_return = known.get("on_return", "lower")
    if on_return not in ON_RETURN:
        raise MalformedTerms("On a return a tier is “lower” or “keep”.", pointer=f"{pointer}/on_return")
    key = known.get("key", "")
    made = TierSet(
        window_days=days,
        kept_days=0 if has_kept_span else _kept_days(known, pointer, metric),
        levels=levels,
        on_return=on_return,
        key="" if key == "" else _identifier(key, f"{pointer}/key"),
        name=LocalizedText.from_mapping(known["name"], pointer=f"{pointer}/name") if known.get("name") else None,
        metric=metric,
        currency=_currency(known.get("currency"), f"{pointer}/currency"),
        window=window,
        begins=read_choice(known.get("begins", "at_once"), f"{pointer}/begins", BEGINS),
        kept=_kept(known["kept"], f"{pointer}/kept", window) if has_kept_span else None,
        grace=read_span(known["grace"], f"{pointer}/grace") if known.get("grace") else None,
        falls=read_choice(known.get("falls", "to_earned"), f"{pointer}/falls", FALLS),
        notice_days=_days(known, "notice_days", pointer) if "notice_days" in known else 0,
        carries=carries,
        carries_max=carries_max,
        carries_above=read_choice(known.get("carries_above", "reached"), f"{pointer}/carries_above", CARRIES_ABOVE),
        kept_from=read_choice(known.get("kept_from", "reached"), f"{pointer}/kept_from", KEPT_FROM),
        window_dates=read_dates(known["window"], f"{pointer}/window") if window == DATES else (),
        runs_on=_runs_on(known, pointer, metric),
    )
    scales = {"spent": money_scale, "purchases": 0, "earned": scale}
    return replace(
        made,
        also=_also(known.get("also"), f"{pointer}/also", made, scales),
        together=_also(known.get("together"), f"{pointer}/together", replace(made, carries=""), scales),
    )


def _also(value: Any, pointer: str, by: TierSet, scales: Mapping[str, int]) -> tuple[TierSet, ...]:
    """Read other measures that give the levels of a set, or that they ask for besides: [{"metric", "currency",
    "thresholds": {level: amount}}].
    """
    if value is None:
        return ()
    if by.metric == "balance" or by.carries:
        raise MalformedTerms("A balance, or what is carried over, is measured by one measure.", pointer=pointer)
    if not isinstance(value, list) or not 1 <= len(value) <= MEASURES_MAX:
        raise MalformedTerms(f"Name 1 to {MEASURES_MAX} other measures.", pointer=pointer)
    return tuple(_measure(each, f"{pointer}/{n}", by, scales) for n, each in enumerate(value))


def _measure(document: Any, pointer: str, by: TierSet, scales: Mapping[str, int]) -> TierSet:
    known = read_object(document, pointer, {"metric", "currency", "thresholds"})
    metric = read_choice(known.get("metric", "earned"), f"{pointer}/metric", sorted(scales))
    wanted = known.get("thresholds")
    keys = {level.key for level in by.levels}
    if not isinstance(wanted, dict) or not wanted or not set(wanted) <= keys:
        message = "Say by the key of a level how much of this measure gives it."
        raise MalformedTerms(message, pointer=f"{pointer}/thresholds")
    levels = tuple(
        TierLevel(
            level.key, level.name, _measured(wanted[level.key], f"{pointer}/thresholds/{level.key}", scales[metric])
        )
        for level in by.levels
        if level.key in wanted
    )
    if [level.threshold for level in levels] != sorted({level.threshold for level in levels}):
        raise MalformedTerms("Each tier needs more than the one below it.", pointer=f"{pointer}/thresholds")
    currency = _currency(known.get("currency"), f"{pointer}/currency")
    return replace(by, metric=metric, currency=currency, levels=levels, also=())


def _window(known: dict[str, Any], pointer: str, metric: str) -> tuple[str, int]:
    if metric == "balance":
        if "window" in known or "window_days" in known:
            raise MalformedTerms("A balance is what it is: it has no window.", pointer=f"{pointer}/metric")
        return "ever", 0
    window = known.get("window", "rolling")
    if isinstance(window, list) and "window_days" not in known:
        return DATES, 0
    read_choice(window, f"{pointer}/window", [each for each in WINDOWS if each != "ever"])
    if window != "rolling" and "window_days" in known:
        message = "A window of days has “window_days”, one of the calendar a “window”."
        raise MalformedTerms(message, pointer=f"{pointer}/window_days")
    return window, _days(known, "window_days", pointer) if window == "rolling" else 0


def _runs_on(known: dict[str, Any], pointer: str, metric: str) -> Span | None:
    """Read how much longer a tier that was missed is held: a balance has no period that is over, a grace is another."""
    if known.get("runs_on") is None:
        return None
    if metric == "balance" or known.get("grace") is not None:
        raise MalformedTerms("A tier that runs on has no grace, and is not of a balance.", pointer=f"{pointer}/runs_on")
    return read_span(known["runs_on"], f"{pointer}/runs_on")


def _carries(known: dict[str, Any], pointer: str, window: str, scale: int) -> tuple[str, int | None]:
    """Read what of a period counts in the next one: only a window that begins anew has something to carry."""
    if known.get("carries") is None:
        if known.get("carries_max") is not None:
            raise MalformedTerms("Say first that the excess is carried.", pointer=f"{pointer}/carries_max")
        return "", None
    read_choice(known["carries"], f"{pointer}/carries", CARRIES)
    if window in ("rolling", "ever"):
        raise MalformedTerms("Only a window of the calendar carries over.", pointer=f"{pointer}/carries")
    if window == "tier" and known.get("begins", "at_once") != "at_once":
        raise MalformedTerms("Years of the tier that carry over begin at once.", pointer=f"{pointer}/begins")
    most = known.get("carries_max")
    return str(known["carries"]), None if most is None else _measured(most, f"{pointer}/carries_max", scale)


def _measured(value: Any, pointer: str, scale: int) -> int:
    try:
        amount = parse_points(str(value), scale)
    except Invalid:
        amount = -1
    if amount < 0:
        raise MalformedTerms("Write an amount such as “300”.", pointer=pointer)
    return amount


def _kept(document: Any, pointer: str, window: str) -> Span | int:
    if not isinstance(document, dict) or "periods" not in document:
        return read_span(document, pointer)
    read_object(document, pointer, {"periods"})
    if window in ("rolling", "ever"):
        raise MalformedTerms("Only a window of the calendar has periods.", pointer=f"{pointer}/periods")
    return read_whole(document["periods"], f"{pointer}/periods", least=0, most=10)


def _kept_days(known: dict[str, Any], pointer: str, metric: str) -> int:
    """A level of a balance may go with the balance: it is kept for no day at all."""
    if metric == "balance" and known.get("kept_days") == 0:
        return read_whole(known["kept_days"], f"{pointer}/kept_days", least=0, most=0)
    return _days(known, "kept_days", pointer)


def _days(known: dict[str, Any], name: str, pointer: str) -> int:
    return read_whole(known.get(name), f"{pointer}/{name}", least=1, most=DAYS_MAX)


def _levels(value: Any, pointer: str, scale: int) -> tuple[TierLevel, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= LEVELS_MAX:
        raise MalformedTerms(f"Name 1 to {LEVELS_MAX} tiers, from the lowest to the highest.", pointer=pointer)
    levels = tuple(_level(level, f"{pointer}/{i}", scale) for i, level in enumerate(value))
    if len({level.key for level in levels}) < len(levels):
        raise MalformedTerms("Two tiers have the same key.", pointer=pointer)
    if [level.threshold for level in levels] != sorted({level.threshold for level in levels}):
        raise MalformedTerms("Each tier needs more points than the one below it.", pointer=pointer)
    return levels


def _level(document: Any, pointer: str, scale: int) -> TierLevel:
    known = read_object(document, pointer, LEVEL_MEMBERS)
    key = known.get("key")
    if not isinstance(key, str) or not key.isidentifier() or not key.isascii() or len(key) > 40:
        raise MalformedTerms("A tier's key is letters, digits and _ such as “grand_cru”.", pointer=f"{pointer}/key")
    name = LocalizedText.from_mapping(known.get("name"), pointer=f"{pointer}/name")
    benefits = _list(known.get("benefits", []), f"{pointer}/benefits")
    entitlements = _list(known.get("entitlements", []), f"{pointer}/entitlements")
    return TierLevel(
        key,
        name,
        parse_points(str(known.get("threshold")), scale),
        tuple(LocalizedText.from_mapping(each, pointer=f"{pointer}/benefits/{n}") for n, each in enumerate(benefits)),
        tuple(_identifier(each, f"{pointer}/entitlements/{n}") for n, each in enumerate(entitlements)),
        None if known.get("lifetime") is None else _measured(known["lifetime"], f"{pointer}/lifetime", scale),
        _keep(known, pointer, scale),
        _flag(known.get("permanent", False), f"{pointer}/permanent"),
    )


def _keep(known: dict[str, Any], pointer: str, scale: int) -> int | None:
    if known.get("keep") is None:
        return None
    keep = _measured(known["keep"], f"{pointer}/keep", scale)
    if keep > parse_points(str(known["threshold"]), scale):
        raise MalformedTerms("Keeping a level takes no more than reaching it.", pointer=f"{pointer}/keep")
    return keep


def _flag(value: Any, pointer: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedTerms("Write true or false.", pointer=pointer)
    return value


def _list(value: Any, pointer: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > BENEFITS_MAX:
        raise MalformedTerms(f"Name up to {BENEFITS_MAX} in a list.", pointer=pointer)
    return value


def _identifier(value: Any, pointer: str) -> str:
    if not isinstance(value, str) or not value.isidentifier() or not value.isascii() or len(value) > 40:
        raise MalformedTerms("A key is letters, digits and _ such as “free_delivery”.", pointer=pointer)
    return value


def _currency(value: Any, pointer: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not 1 <= len(value) <= 12:
        raise MalformedTerms("A points currency is named by its code.", pointer=pointer)
    return value
