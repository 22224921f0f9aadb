"""Rule cases as files: given rules and a purchase, the points that anyone can check by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from fidelia.kernel.money import parse_scaled
from fidelia.rules import Decision, Settlement, Type, evaluate, parse_rule_set, points_of_returned, record_decision

from .shop import CATALOGUE, LINES

AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
CASES = [
    case for path in sorted(Path(__file__).parent.glob("cases/*.yaml")) for case in yaml.safe_load(path.read_text())
]
NOBODY: dict[str, Any] = {
    "purchase.total": "0", "purchase.tip": None, "purchase.weekday": "monday", "purchase.on": AT.date(),
    "purchase.at": AT, "purchase.online": False, "purchase.weight": None, "member.tier": None,
    "member.name": "Marzelline",
    "member.birthday": None, "member.visits": 0, "member.vip": None, "member.segments": [],
}  # fmt: skip
ANY_LINE: dict[str, Any] = {"earns": True, "category": None, "product": "moka", "launched_on": None}


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_it_earns(case: dict[str, Any]) -> None:
    scale = case.get("scale", 0)
    rule_set = parse_rule_set({"rules": case["rules"], "groups": case.get("groups", [])}, CATALOGUE, points_scale=scale)
    values = basket(case.get("values", {}), case["lines"])
    settled = evaluate(rule_set, values, at=case.get("at", AT))

    def points(written: object) -> int:
        return parse_scaled(str(written), scale)

    assert settled.points == points(case["points"])
    assert settled.unassigned == points(case.get("unassigned", 0))
    found = {outcome.rule_key: outcome for outcome in settled.outcomes}
    assert list(found) == [rule["key"] for rule in case["rules"]]
    if "by_line" in case:
        assert [line.points for line in settled.lines] == [points(each) for each in case["by_line"]]
    for key, reason in case.get("outcomes", {}).items():
        assert found[key].reason == reason
    for key, given in case.get("by_rule", {}).items():
        assert found[key].points == points(given)
    for key, missing in case.get("missing", {}).items():
        decimals = 2 if found[key].missing_type is Type.MONEY else 0
        assert found[key].missing == (None if missing is None else parse_scaled(str(missing), decimals))
    require_returns(case, settled)
    decision = record_decision(rule_set, values, settled, rule_version_id="7", occurred_at=AT)
    assert Decision.from_mapping(decision.as_mapping()) == decision


def require_returns(case: dict[str, Any], settled: Settlement) -> None:
    already = [0] * len(settled.lines)
    for each in case.get("returns", []):
        now = parse_scaled(str(each["quantity"]), 3)
        given_back = points_of_returned(settled.lines, each["line"], already=already[each["line"]], now=now)
        assert given_back == each["points"]
        already[each["line"]] += now


def basket(values: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Read amounts as people write them, and fill in what the case does not care about."""
    whole = {**NOBODY, **values}
    read = {path: number(CATALOGUE.field_at[path].type, value) for path, value in whole.items()}
    rows = [
        {name: number(LINES.by_name[name].type, value) for name, value in {**ANY_LINE, **line}.items()}
        for line in lines
    ]
    return {**read, "lines": rows}


def number(kind: Type, value: Any) -> Any:
    if value is None or kind not in (Type.MONEY, Type.QUANTITY):
        return value
    return parse_scaled(str(value), CATALOGUE.scale_of(kind))
