"""What a backtest cannot know, and which rules ask for it: said of every such rule, never of some.

unknown   no record and no fact tells it: rules read it as unknown
today     facts tell what is so today, not what was so then: categories and brands of products, banners of stores
paid      what members had spent is what they paid then, without the discounts that the trial would have given
balance   tiers follow the balance: what was spent and expired is as it happened
          (rules that read the tier; where none does, the tiers of the trial at the end alone)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from fidelia.programme.queries import Terms
from fidelia.rules import Rule

from .columns import ENTITLEMENTS, TIER


def doubts_of(terms: Terms, unknown: Collection[str], of_today: Collection[str]) -> list[dict[str, Any]]:
    """Return {"path", "label", "why", "rules"} of each doubt about what a trial by these terms reads, by path."""
    found = [*_read(terms, unknown, "unknown"), *_read(terms, of_today, "today")]
    if any(rule.lowers_prices for rule in terms.rule_set.rules):
        spent = [each.path for each in terms.rule_set.measures if each.kind == "spent"]
        found += _read(terms, spent, "paid")
    if terms.tiers is not None and any(one.metric == "balance" for one in (terms.tiers, *terms.tiers.also)):
        found += [*_read(terms, (TIER, ENTITLEMENTS), "balance")] or [_at_the_end(terms)]
    return sorted(found, key=lambda each: (each["path"], each["why"]))


def _read(terms: Terms, paths: Collection[str], why: str) -> Iterator[dict[str, Any]]:
    for path in paths:
        rules = [rule.key for rule in terms.rule_set.rules if path in _paths_of(rule)]
        if rules:
            yield {"path": path, "label": _label_of(terms, path), "why": why, "rules": rules}


def _at_the_end(terms: Terms) -> dict[str, Any]:
    return {"path": TIER, "label": _label_of(terms, TIER), "why": "balance_at_end", "rules": []}


def _paths_of(rule: Rule) -> set[str]:
    return {path for program in rule.programs for path in program.fields_read}


def _label_of(terms: Terms, path: str) -> dict[str, str]:
    rules = terms.rule_set
    field = rules.catalogue.field_of(path) or rules.lines.by_name.get(path.removeprefix("lines."))
    return field.label.as_mapping() if field is not None else {"en": path, "fr": path}
