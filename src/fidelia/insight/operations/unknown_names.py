"""Names that conditions ask for and no part of the document has: a tier, an offer or a plan that nobody ever has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from fidelia.programme.queries import Terms
from fidelia.rules.nodes import Among, Compare, Constant, Member, Node, OrElse, Read

NO_TIER, NO_OFFER, NO_PLAN = "no_tier", "no_offer", "no_plan"


def unknown_names(terms: Terms) -> Iterator[dict[str, str]]:
    """Yield what is worth a look: kind (no_tier, no_offer, no_plan), rule, and `other`, the name that it asks for."""
    known = {
        "member.tier": (NO_TIER, {"", *(level.key for tiers in terms.tier_sets for level in tiers.levels)}),
        "customer.offers": (NO_OFFER, {offer.key for offer in terms.offers}),
        "customer.plans": (NO_PLAN, {plan.key for plan in terms.plans}),
    }
    for rule in terms.rule_set.rules:
        programs = [program for program in (rule.when, rule.lines) if program is not None]
        asked = dict.fromkeys(each for program in programs for each in _asked(program.tree))
        for path, name in asked:
            if path in known and name not in known[path][1]:
                yield {"kind": known[path][0], "rule": rule.key, "other": name}


def _asked(node: Any) -> Iterator[tuple[str, str]]:
    """Yield each field that is compared with a text that is written out, and that text."""
    match node:
        case Compare(sign="==" | "!=", left=left, right=right):
            yield from _pair(left, right)
            yield from _pair(right, left)
        case Among(item=item, items=items):
            for each in items:
                yield from _pair(item, each)
        case Member(item=item, field=read):
            yield from _pair(read, item)
    if isinstance(node, tuple):
        for each in node:
            yield from _asked(each)
    elif isinstance(node, Node):
        for part in fields(node):
            yield from _asked(getattr(node, part.name))


def _pair(asks: Node, told: Node) -> Iterator[tuple[str, str]]:
    read = asks.read if isinstance(asks, OrElse) else asks
    if isinstance(read, Read) and isinstance(told, Constant) and isinstance(told.value, str):
        yield read.path, told.value
