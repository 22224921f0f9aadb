"""What the language has is documented, and what is documented the language has."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from fidelia.kernel.errors import Invalid
from fidelia.rules import Type, ValueOutOfBounds, check_rule, parse_rule_set
from fidelia.rules.checker import MACRO_SIGNATURES
from fidelia.rules.document import EFFECTS, POLICIES
from fidelia.rules.errors import InvalidRuleSet, RuleError
from fidelia.rules.functions import FUNCTIONS
from fidelia.rules.lexer import LENGTH_MAX
from fidelia.rules.nodes import ROW_COST
from fidelia.rules.parser import DEPTH_MAX
from fidelia.rules.pricing.reasons import CHECKOUT_REASONS
from fidelia.rules.program import COST_MAX
from fidelia.rules.rounding import ROUNDINGS

from .shop import CATALOGUE

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return the text under a heading of the second level."""
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_each_function_has_its_heading_and_its_signature() -> None:
    parts = dict(re.findall(r"\n### (\w+)\n(.*?)(?=\n### |\Z)", section("Functions"), re.DOTALL))
    assert list(parts) == list(FUNCTIONS)
    for name, function in FUNCTIONS.items():
        assert f"`{function.signature}`" in parts[name]


def test_each_macro_type_rounding_reason_and_effect_is_there() -> None:
    assert re.findall(r"^\| `([^`]+)`", section("Macros"), re.MULTILINE) == list(MACRO_SIGNATURES.values())
    assert re.findall(r"^\| `(\w+)`", section("Types"), re.MULTILINE) == [str(kind) for kind in Type]
    assert set(re.findall(r"`(\w+)`", section("Roundings"))) == set(ROUNDINGS)
    rows = re.findall(r"^\| (`.+?`) \|", section("Reasons"), re.MULTILINE)
    assert [code for row in rows for code in re.findall(r"`(\w+)`", row)] == list(CHECKOUT_REASONS)
    assert [name for name in re.findall(r"### (\w+)", section("Rule sets")) if name in EFFECTS] == list(EFFECTS)
    assert all(f"`{policy}`" in section("Rule sets").replace("policy: ", "") for policy in POLICIES)


def test_each_code_of_a_refusal_is_there() -> None:
    codes = set(re.findall(r"`(rule_\w+)`", section("Errors")))
    kinds: list[type[Invalid]] = [*RuleError.__subclasses__(), InvalidRuleSet, ValueOutOfBounds]
    assert codes == {kind.default_code for kind in kinds}


def test_the_limits_are_those_of_the_code() -> None:
    numbers = set(re.findall(r"\d+", section("Limits")))
    assert {str(limit) for limit in (LENGTH_MAX, DEPTH_MAX, COST_MAX, ROW_COST)} <= numbers


def test_the_forms_for_what_may_be_unknown_are_accepted() -> None:
    forms = re.findall(r"^- `([^`]+)`", section("What may be unknown"), re.MULTILINE)
    assert len(forms) == 4
    for form in forms:
        check_rule(form, CATALOGUE)


def test_the_example_of_a_rule_set_is_one() -> None:
    document = yaml.safe_load(section("Rule sets").split("```yaml\n")[1].split("```")[0])
    # Its category is never unknown; in the shop of these tests it may be.
    document["rules"][1]["lines"] = 'has(line.category) && line.category == "coffee"'
    assert [rule.key for rule in parse_rule_set(document, CATALOGUE, points_scale=0).rules] == ["base", "double-coffee"]
