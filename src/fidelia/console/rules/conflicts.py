"""How a rule stands to the others of its version, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.rules import Rule, RuleSet
from fidelia.rules.cap_wording import say_joint_cap
from fidelia.rules.overlaps import Overlap, Relation, find_overlaps
from fidelia.rules.rule_terms import JointCap
from fidelia.ui.formats import typeset
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
    Relation.NOT_WITH: ("amber", _("Does not go together with %(names)s: only one of them lowers prices.")),
    Relation.STOPS: ("amber", _("Where it gives anything, %(names)s come after it and lower nothing that it lowered.")),
    Relation.STOPPED: ("amber", _("Where %(names)s give anything, this rule comes after and lowers nothing of that.")),
    Relation.SAME_POOL: ("blue", _("Takes units from the same pool as %(names)s: a unit serves one of them only.")),
    Relation.TOGETHER: ("grey", _("May act on the same lines of a purchase as %(names)s; both give.")),
}
_GROUPS: Mapping[str, Text] = {
    "all": _("In a group with %(names)s: every rule of it gives."),
    "best": _("In a group with %(names)s: only the one that gives most counts."),
    "least": _("In a group with %(names)s: only the one that gives least counts."),
    "first": _("In a group with %(names)s: only the first that gives counts."),
    "exclusive": _("In a group with %(names)s: all of it gives, and then no rule outside it lowers a price."),
}


def say_overlaps(rule: Rule, rule_set: RuleSet) -> list[Said]:
    """Return the sentences, the gravest first."""
    found = find_overlaps(rule, rule_set)
    by_relation = {relation: [each for each in found if each.relation is relation] for relation in Relation}
    said = [
        _say(relation, each, rule, rule_set)
        for relation, each in by_relation.items()
        if each and relation is not Relation.CAPPED
    ]
    return [*said, *_caps(rule, rule_set, by_relation[Relation.CAPPED])]


def _caps(rule: Rule, rule_set: RuleSet, found: list[Overlap]) -> list[Said]:
    """Say each cap that holds the rule together with others, and who gives way."""
    tongue = "fr" if language().startswith("fr") else "en"
    others = {each.other.key: _name(each.other) for each in found if each.other}
    said = []
    for cap in rule_set.joint_caps:
        held = {key: name for key, name in others.items() if _is_held(cap, rule_set.rule_at[key])}
        if held and _is_held(cap, rule):
            names = ", ".join(map(_quoted, held.values()))
            text = _("Beside %(names)s: %(cap)s") % {
                "names": names, "cap": typeset(say_joint_cap(cap, rule_set.catalogue.currency, tongue), tongue),
            }  # fmt: skip
            said.append(Said(text, "blue", tuple(held.items())))
    return said


def _is_held(cap: JointCap, rule: Rule) -> bool:
    if cap.group is not None:
        return rule.group == cap.group
    return cap.rules is None or rule.key in cap.rules


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
