"""A package brings an effect: declared, refused where a rule gives what it does not take, completed in the decision."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from fidelia.kernel.localized import LocalizedText
from fidelia.rules import InvalidRuleSet, parse_rule_set
from fidelia.rules.cases.reading import AT, case_catalogue
from fidelia.rules.effect_contract import check_effect_kind
from fidelia.rules.effect_kinds import (
    GROUP,
    BrokenEffectKind,
    EffectKind,
    forget_effect_kind,
    list_effect_kinds,
    load_effect_kinds,
    register_effect_kind,
)
from fidelia.rules.pricing import Basket, Custom, Line, evaluate_basket

from .packages.fidelia_stamps import STAMPS

CATALOGUE = case_catalogue("EUR", {}, [])
FACTS = {"product": "", "category": "", "brand": "", "earns": True}


def point(name: str = "stamps", value: str = "tests.rules.packages.fidelia_stamps:STAMPS") -> EntryPoint:
    return EntryPoint(name, value, GROUP)


@pytest.fixture
def stamps() -> Iterator[EffectKind]:
    load_effect_kinds([point()])
    yield STAMPS
    forget_effect_kind(STAMPS.kind)


def rules(**custom: Any) -> Any:
    rule = {"key": "stamps", "name": {"en": "Stamps", "fr": "Tampons"}, "custom": {"kind": "fidelia-stamps", **custom}}
    return parse_rule_set({"rules": [rule]}, CATALOGUE, points_scale=0)


def told(rule_set: Any, price: int = 1_250) -> dict[str, Any]:
    basket = Basket(lines=(Line("1", 1_000, price, facts=FACTS),))
    (effect,) = [one for one in evaluate_basket(rule_set, basket, {}, at=AT).effects if isinstance(one, Custom)]
    return dict(effect.values)


def test_the_example_keeps_the_contract() -> None:
    check_effect_kind(STAMPS)


def test_the_till_is_told_what_the_package_makes_of_it(stamps: EffectKind) -> None:
    rule_set = rules(computed={"stamps": "per(purchase.total, 5)"})
    assert told(rule_set) == {"stamps": 2, "print": "2 / 10", "card_is_full": False}
    assert told(rule_set, 99_900) == {"stamps": 10, "print": "10 / 10", "card_is_full": True}
    assert told(rules(values={"stamps": 3, "text": "Merci"}))["print"] == "Merci"


def _raises(values: Any) -> Any:
    raise RuntimeError("the printer is on fire")


@pytest.mark.parametrize(
    "told_wrongly",
    [
        _raises,
        lambda values: {"stamps": "two"},
        lambda values: {"stamps": True},
        lambda values: {"stamps": 2**70},
        lambda values: {"surprise": 1},
        lambda values: {"print": "x" * 10_000},
        lambda values: None,
    ],
    ids=["raises", "type", "flag", "large", "undeclared", "long", "nothing"],
)
def test_a_package_that_fails_in_a_decision_harms_no_other_rule(
    told_wrongly: Any, caplog: pytest.LogCaptureFixture
) -> None:
    register_effect_kind(replace(STAMPS, complete=told_wrongly))
    try:
        ten = {"key": "ten", "name": {"en": "Ten", "fr": "Dix"}, "percent_off": 10}
        stamps = {
            "key": "stamps", "name": {"en": "Stamps", "fr": "Tampons"}, "limits": [{"of": "uses", "at_most": 5}],
            "custom": {"kind": "fidelia-stamps", "values": {"stamps": 1}},
        }  # fmt: skip
        rule_set = parse_rule_set({"rules": [ten, stamps]}, CATALOGUE, points_scale=0)
        basket = Basket(lines=(Line("1", 1_000, 1_000, facts=FACTS),), left={"stamps/0": 5})
        bills = [evaluate_basket(rule_set, basket, {}, at=AT) for _ in range(3)]
    finally:
        forget_effect_kind(STAMPS.kind)
    for bill in bills:
        assert (bill.total, [one.reason for one in bill.outcomes]) == (900, ["granted", "effect_failed"])
        assert not any(isinstance(one, Custom) for one in bill.effects)
        assert not bill.consumed
    assert len([one for one in caplog.records if "fidelia-stamps" in one.getMessage()]) == 1


def test_a_kind_that_nobody_brings_is_the_tills_own() -> None:
    assert told(rules(values={"anything": "goes"})) == {"anything": "goes"}


@pytest.mark.parametrize(
    ("custom", "pointer", "reason"),
    [
        ({"values": {"stamp": 1}}, "/values/stamp", "effect_member"),
        ({"values": {"stamps": "one"}}, "/values/stamps", "effect_member_type"),
        ({"values": {"stamps": True}}, "/values/stamps", "effect_member_type"),
        ({"computed": {"stamps": "purchase.total"}}, "/computed/stamps", "effect_member_type"),
        ({"values": {"text": "Merci"}}, "", "effect_members_missing"),
    ],
)
def test_a_slip_is_refused_when_the_rule_is_written(
    stamps: EffectKind, custom: dict[str, Any], pointer: str, reason: str
) -> None:
    with pytest.raises(InvalidRuleSet) as refused:
        rules(**custom)
    assert refused.value.pointer == f"/rules/0/custom{pointer}"
    assert refused.value.reason == reason
    assert all(refused.value.sentence(language) for language in ("en", "fr"))


def test_a_package_that_does_not_load_stops_the_start_and_is_named() -> None:
    with pytest.raises(BrokenEffectKind, match="broken"):
        load_effect_kinds([point("broken", "tests.rules.packages.nowhere:KIND")])
    with pytest.raises(BrokenEffectKind, match="no EffectKind"):
        load_effect_kinds([point(value="tests.rules.packages.fidelia_stamps:FULL")])


def test_two_packages_cannot_bring_one_name(stamps: EffectKind) -> None:
    register_effect_kind(STAMPS)
    with pytest.raises(BrokenEffectKind, match="fidelia-stamps"):
        register_effect_kind(replace(STAMPS, label=LocalizedText("Other", "Autre")))
    assert list_effect_kinds() == [STAMPS]


@pytest.mark.parametrize(
    "broken",
    [
        replace(STAMPS, kind="stamps"),
        replace(STAMPS, required=frozenset({"nothing"})),
        replace(STAMPS, complete=lambda values: {"surprise": 1}),
        replace(STAMPS, complete=lambda values: {"stamps": "1"}),
        replace(STAMPS, complete=lambda values: values.update(stamps=0) or {"stamps": 0}),  # type: ignore[attr-defined]
        replace(STAMPS, complete=lambda values, seen=[]: seen.append(1) or {"stamps": len(seen)}),
    ],
    ids=["name", "required", "undeclared", "type", "changes", "remembers"],
)
def test_the_contract_finds_what_is_not_kept(broken: EffectKind) -> None:
    with pytest.raises(AssertionError):
        check_effect_kind(broken)


def wheel_of(folder: Path) -> Path:
    """Write the example as the wheel that an index would hand out."""
    example = (Path(__file__).parent / "packages" / "fidelia_stamps.py").read_text(encoding="utf-8")
    info = "fidelia_stamps-1.0.dist-info"
    files = {
        "fidelia_stamps.py": example,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: fidelia-stamps\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{GROUP}]\nstamps = fidelia_stamps:STAMPS\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    made = folder / "fidelia_stamps-1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as wheel:
        for name, text in (*files.items(), (f"{info}/RECORD", record)):
            wheel.writestr(name, text)
    return made


def installer() -> list[str]:
    """Return what installs a package here: pip of this Python, or uv."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        pytest.skip("neither pip nor uv is here to install a package")
    return [uv, "pip", "install", "--quiet", "--python", sys.executable]


def test_an_installed_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    place = tmp_path / "site"
    wheel = wheel_of(tmp_path)
    subprocess.run([*installer(), "--no-index", "--no-deps", "--target", str(place), str(wheel)], check=True)
    program = (
        "import sys, json; sys.path[:0] = json.loads(sys.argv[1])\n"
        "from fidelia.rules.effect_contract import check_effect_kind\n"
        "from fidelia.rules.effect_kinds import complete, load_effect_kinds, list_effect_kinds\n"
        "load_effect_kinds(); (kind,) = list_effect_kinds(); check_effect_kind(kind)\n"
        "print(kind.kind, sys.modules['fidelia_stamps'].__file__, complete(kind.kind, {'stamps': 3}))"
    )
    paths = json.dumps([str(place), *sys.path])
    done = subprocess.run([sys.executable, "-c", program, paths], check=True, capture_output=True, text=True)
    found, at, told_of_it = done.stdout.strip().split(" ", 2)
    assert (found, Path(at).parent) == ("fidelia-stamps", place)
    assert told_of_it == "{'stamps': 3, 'print': '3 / 10', 'card_is_full': False}"
