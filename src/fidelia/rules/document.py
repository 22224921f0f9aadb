"""Reading a rule set from its document (JSON or YAML, already parsed), with a JSON pointer for every refusal.

    format: 1
    groups:
      - {key: gifts, policy: best}
    rules:
      - key: double-coffee
        name: {en: Double points on coffee, fr: Double points café}
        when: purchase.weekday == "tuesday" && member.tier in ["connaisseur", "grand_cru"]
        valid_from: 2026-12-01T00:00:00+01:00
        valid_until: 2027-03-01T00:00:00+01:00
        lines: line.category == "coffee"
        multiply_points: {by: 2}
        limit_per_purchase: 200
        group: gifts
      - key: three-for-two
        name: {en: Three for two, fr: Trois pour deux}
        lines: line.category == "soap"
        sets: {of: 3, take: 1}

The form is described for rule authors in docs/reference/rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from .cap_reading import read_group_cap, require_lowering
from .catalogue import Catalogue
from .control import control_text
from .document_parts import (
    Reader,
    read_choice,
    read_flag,
    read_instant,
    read_items,
    read_key,
    read_localized,
    read_members,
    require_unique,
)
from .effects import Bundle
from .errors import InvalidRuleSet
from .points_reading import POINTS_EFFECTS, read_points_effect
from .price_reading import ISSUE_EFFECTS, PRICE_EFFECTS, read_issue_effect, read_price_effect
from .program import Program
from .rule_set import Effect, Group, Rule, RuleSet
from .rule_terms import Campaign, RuleTerms
from .term_reading import TERM_MEMBERS, read_campaign, read_checkout_terms, read_rule_terms
from .types import Type

RULES_MAX = 200
GROUPS_MAX = 50
CAMPAIGNS_MAX = 100
EFFECTS = (*POINTS_EFFECTS, *PRICE_EFFECTS, *ISSUE_EFFECTS)
_OWN_MEMBERS = ("key", "name", "active", "when", "lines", "valid_from", "valid_until", "limit_per_purchase", "group")
_RULE_MEMBERS = (*_OWN_MEMBERS, *TERM_MEMBERS, *EFFECTS)
Policy = Literal["all", "best", "least", "first", "exclusive"]
POLICIES: tuple[Policy, ...] = ("all", "best", "least", "first", "exclusive")


def parse_rule_set(document: object, catalogue: Catalogue, *, points_scale: int) -> RuleSet:
    """Read a rule set and check every text in it against the catalogue.

    `points_scale` is the number of decimals of the points currency. Raises InvalidRuleSet with a JSON pointer and, when
    a rule's text is refused, the RuleError as `cause`.
    """
    return _Document(Reader(catalogue, points_scale)).rule_set(document)


class _Document:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.groups: list[Group] = []
        self.campaigns: list[Campaign] = []
        self.when_undone = "keep"

    def rule_set(self, document: object) -> RuleSet:
        allowed = ("format", "groups", "campaigns", "checkout", "rules")
        whole = read_members(document, "", allowed, required=("rules",))
        if whole.get("format", 1) != 1:
            raise InvalidRuleSet("format", pointer="/format")
        self.groups = [
            _read_group(self.reader, each, f"/groups/{n}") for n, each in read_items(whole, "groups", GROUPS_MAX)
        ]
        require_unique([group.key for group in self.groups], "/groups")
        campaigns = read_items(whole, "campaigns", CAMPAIGNS_MAX)
        self.campaigns = [read_campaign(self.reader, each, f"/campaigns/{n}") for n, each in campaigns]
        require_unique([each.key for each in self.campaigns], "/campaigns")
        checkout, self.when_undone = read_checkout_terms(self.reader, whole.get("checkout"), "/checkout")
        rules = [self.rule(each, f"/rules/{n}") for n, each in read_items(whole, "rules", RULES_MAX)]
        require_unique([rule.key for rule in rules], "/rules")
        _require_settled_order(rules, self.groups)
        _require_one_kind(rules, self.groups)
        require_lowering(rules, checkout.caps)
        return RuleSet(
            self.reader.catalogue,
            self.reader.scale,
            tuple(rule for rule in rules if rule.active),
            tuple(self.groups),
            tuple(self.campaigns),
            checkout,
            tuple(rules),
        )

    def rule(self, value: object, pointer: str) -> Rule:
        members = read_members(value, pointer, _RULE_MEMBERS, required=("key", "name"))
        begins = read_instant(members.get("valid_from"), f"{pointer}/valid_from")
        ends = read_instant(members.get("valid_until"), f"{pointer}/valid_until")
        if begins is not None and ends is not None and ends <= begins:
            raise InvalidRuleSet("period", pointer=f"{pointer}/valid_until")
        group = members.get("group")
        if group is not None and group not in [each.key for each in self.groups]:
            raise InvalidRuleSet("unknown_group", pointer=f"{pointer}/group", text=group)
        lines = self.reader.lines(members.get("lines"), f"{pointer}/lines")
        limit = members.get("limit_per_purchase")
        key = read_key(members["key"], f"{pointer}/key")
        effect, is_points = self.effect(members, pointer, lines)
        terms = self.terms(members, pointer, key, effect)
        if limit is not None and not is_points:
            raise InvalidRuleSet("only_for_points", pointer=f"{pointer}/limit_per_purchase")
        return Rule(
            key=key,
            name=read_localized(members["name"], f"{pointer}/name"),
            effect=effect,
            when=self.reader.program(members.get("when"), f"{pointer}/when", (Type.BOOL,)),
            lines=lines,
            valid_from=begins,
            valid_until=ends,
            limit_per_purchase=None if limit is None else self.reader.points(limit, f"{pointer}/limit_per_purchase"),
            group=group,
            choose_lines=self.reader.chooser(lines, only_earning=is_points),
            terms=terms,
            active=read_flag(members.get("active", True), f"{pointer}/active"),
            held_out=None
            if terms.control is None
            else self.reader.program(control_text(key, terms.control), f"{pointer}/control", (Type.BOOL,)),
        )

    def terms(self, members: Mapping[str, Any], pointer: str, key: str, effect: Effect) -> RuleTerms:
        campaigns = [each.key for each in self.campaigns]
        return read_rule_terms(
            self.reader, members, pointer, key=key, effect=effect, when_undone=self.when_undone, campaigns=campaigns
        )

    def effect(self, members: Mapping[str, Any], pointer: str, lines: Program | None) -> tuple[Effect, bool]:
        """Return the effect, and whether it gives points."""
        given = [name for name in EFFECTS if members.get(name) is not None]
        if len(given) != 1:
            raise InvalidRuleSet("one_effect", pointer=pointer, choices=", ".join(EFFECTS))
        name, value, place = given[0], members[given[0]], f"{pointer}/{given[0]}"
        if name in POINTS_EFFECTS:
            return read_points_effect(self.reader, name, value, place), True
        elif name in PRICE_EFFECTS:
            effect = read_price_effect(self.reader, name, value, place)
            has_own = getattr(effect, "target", "lines") != "lines" or isinstance(effect, Bundle)
            if lines is not None and has_own:
                raise InvalidRuleSet("lines_not_here", pointer=f"{pointer}/lines")
            return effect, False
        return read_issue_effect(self.reader, name, value, place), False


def _read_group(reader: Reader, value: object, pointer: str) -> Group:
    members = read_members(value, pointer, ("key", "policy", "scope", "cap"), required=("key", "policy"))
    policy = read_choice(members["policy"], POLICIES, f"{pointer}/policy")
    scope = read_choice(members.get("scope", "checkout"), ("checkout", "line"), f"{pointer}/scope")
    if scope == "line" and policy not in ("best", "least"):
        raise InvalidRuleSet("only_best_by_line", pointer=f"{pointer}/scope")
    key = read_key(members["key"], f"{pointer}/key")
    cap = read_group_cap(reader, members.get("cap"), f"{pointer}/cap", key)
    return Group(key, cast(Policy, policy), "line" if scope == "line" else "checkout", cap)


def _require_settled_order(rules: Sequence[Rule], groups: Sequence[Group]) -> None:
    # What multiplies must know what it multiplies; inside one group each would wait for the other.
    for group in groups:
        members = [rule for rule in rules if rule.group == group.key]
        if any(rule.multiplies for rule in members) and any(rule.is_proportional for rule in members):
            place = next(n for n, rule in enumerate(rules) if rule.group == group.key and rule.multiplies)
            raise InvalidRuleSet("mixed_group", pointer=f"/rules/{place}/group", text=group.key)


def _require_one_kind(rules: Sequence[Rule], groups: Sequence[Group]) -> None:
    # Money and points cannot be compared: "best" between 3 € off and 300 points would be our taste.
    for group in groups:
        members = [n for n, rule in enumerate(rules) if rule.group == group.key]
        kinds = {(rules[n].lowers_prices, rules[n].issues) for n in members}
        if len(kinds) > 1 and group.policy != "all":
            raise InvalidRuleSet("mixed_kinds", pointer=f"/rules/{members[-1]}/group", text=group.key)
        if group.policy == "exclusive" and any(not rules[n].lowers_prices for n in members):
            raise InvalidRuleSet("mixed_kinds", pointer=f"/rules/{members[-1]}/group", text=group.key)
