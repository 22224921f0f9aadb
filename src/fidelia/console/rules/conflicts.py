"""How a rule stands to the others of its version, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.rules import Rule, RuleSet
from fidelia.rules.overlaps import Overlap, Relation, find_overlaps
from fidelia.ui.parts import Tone

from ..programme_parts import language

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence about a rule, grave or not, and the rules that it names: key and name."""

    text: str
    tone: Tone
    others: tuple[tuple[str, str], ...] = ()


_SENTENCES: Mapping[Relation, tuple[Tone, Text]] = {
    Relation.NEVER: ("red", _("Its condition can never be met: it contradicts itself.")),
    Relation.NO_LINE: ("red", _("No line can ever be chosen: the condition of the lines contradicts itself.")),
    Relation.HIDDEN: (
        "amber",
        _(
            "Wherever this rule applies, %(names)s comes first in its group: this one counts only where that gives"
            " nothing."
        ),
    ),
    Relation.MULTIPLIES: (
        "amber",
        _("Multiplies the points of the same lines as %(names)s: they add up, neither multiplies what the other gave."),
    ),
    Relation.EXCLUDES: ("amber", _("It stands alone: while it gives anything, %(names)s lower no price.")),
    Relation.EXCLUDED: ("amber", _("While %(names)s give anything, this rule lowers no price: they stand alone.")),
    Relation.TOGETHER: ("grey", _("May act on the same lines of a purchase as %(names)s; both give.")),
}
_GROUPS: Mapping[str, Text] = {
    "all": _("In a group with %(names)s: every rule of it gives."),
    "best": _("In a group with %(names)s: only the one that gives most counts."),
    "first": _("In a group with %(names)s: only the first that gives counts."),
    "exclusive": _("In a group with %(names)s: all of it gives, and then no rule outside it lowers a price."),
}


def say_overlaps(rule: Rule, rule_set: RuleSet) -> list[Said]:
    """Return the sentences, the gravest first."""
    found = find_overlaps(rule, rule_set)
    by_relation = {relation: [each for each in found if each.relation is relation] for relation in Relation}
    return [_say(relation, each, rule, rule_set) for relation, each in by_relation.items() if each]


def _say(relation: Relation, found: list[Overlap], rule: Rule, rule_set: RuleSet) -> Said:
    others = tuple((each.other.key, _name(each.other)) for each in found if each.other)
    tone, text = _SENTENCES.get(relation, ("blue", _GROUPS["all"]))
    if relation is Relation.SAME_GROUP:
        text = _GROUPS.get(rule_set.policy_of[rule.group or ""], _("In a group with %(names)s."))
    return Said(str(text) % {"names": ", ".join(_quoted(name) for _key, name in others)}, tone, others)


def _quoted(name: str) -> str:
    return f"«\u00a0{name}\u00a0»" if language().startswith("fr") else f"“{name}”"


def _name(rule: Rule) -> str:
    return rule.name.in_language(language())
