"""What a closed checkout issues: from the effects of its bill to what `rewards_issue` (sql/issuing.sql) takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import end_of_day, local_day, start_of_day
from fidelia.kernel.localized import LocalizedText


class Issue(Protocol):
    """An effect that issues coupons or vouchers (`fidelia.rules.pricing.Issue`)."""

    @property
    def rule_key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def series(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def value(self) -> int | None: ...
    @property
    def when(self) -> str: ...
    @property
    def valid_days(self) -> int | None: ...


def issues_of(
    issues: Iterable[Issue],
    names: Mapping[str, LocalizedText],
    currency: str,
    *,
    at: datetime,
    zone: ZoneInfo,
    return_window_days: int = 0,
) -> dict[str, list[dict[str, Any]]]:
    """Return {"coupons", "vouchers"} for `rewards_issue`; `names` are the rules' own, which vouchers bear.

    What comes after the return window is valid from the day after it; `valid_days` are counted from the first day on,
    to the end of the last.
    """
    coupons, vouchers = [], []
    for issue in issues:
        day = local_day(at, zone)
        begins = at
        if issue.when == "after_return_window":
            day += timedelta(days=return_window_days + 1)
            begins = start_of_day(day, zone)
        ends = None if issue.valid_days is None else end_of_day(day + timedelta(days=issue.valid_days), zone)
        item: dict[str, Any] = {
            "rule": issue.rule_key,
            "count": issue.count,
            "valid_from": begins.isoformat(),
            "valid_until": None if ends is None else ends.isoformat(),
        }
        if issue.kind == "coupon":
            coupons.append({**item, "series": issue.series})
        else:
            name = names[issue.rule_key].as_mapping()
            vouchers.append({**item, "name": name, "amount": issue.value, "currency": currency})
    return {"coupons": coupons, "vouchers": vouchers}
