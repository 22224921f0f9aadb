"""A version of a programme as its pages show it: each rule in words and as text, and what differs from before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from fidelia.kernel.actor import Actor, Scope
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import LawFindings, find_unlawful
from fidelia.programme.queries import Terms, parse_document, version_in_force
from fidelia.programme.queries.cheques_in_words import describe_cheque
from fidelia.programme.queries.conversions_in_words import describe_conversion
from fidelia.programme.queries.differences import points_name_of
from fidelia.programme.queries.gift_cards_in_words import describe_gift_cards
from fidelia.programme.queries.terms_in_words import describe_points, describe_tiers, keep_words, threshold_words
from fidelia.rules import PointsName, Rule, RuleSet, describe, describe_rule
from fidelia.rules.documents import ordered, write_text
from fidelia.rules.gift_card_terms import NO_GIFT_CARD_TERMS
from fidelia.ui import formats
from fidelia.ui.parts import Tab

from .naming import names_of_codes, with_names

State = ProgrammeVersion.State
_OF_CAMPAIGN = re.compile(r"(?P<end>End of campaign|Campaign) (?P<key>[a-z][a-z0-9_]*)")
Difference = Literal["", "new", "changed"]
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule, told three ways: `sentence`, its parts, and `text` as the document has it. Parts not said are empty."""

    key: str
    name: str
    sentence: str
    when: str
    then: str
    lines: str
    limit: str
    group: str
    dates: str
    text: str
    is_over: bool = False
    is_active: bool = True
    difference: Difference = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What publishing a document would change: names of rules, and whether tiers, points or policies differ."""

    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]
    tiers: bool
    points: bool
    purchases: bool = False

    def __bool__(self) -> bool:
        named = self.added or self.changed or self.removed
        return bool(named or self.tiers or self.points or self.purchases)


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version with all that its pages share."""

    programme: Programme
    version: ProgrammeVersion
    current: ProgrammeVersion | None
    terms: Terms
    rules: Sequence[RuleView]
    state: str
    state_text: str
    may_draft: bool
    may_publish: bool
    is_own: bool
    unlawful: Sequence[LawFindings] = ()

    @property
    def is_draft(self) -> bool:
        return self.version.state == State.DRAFT

    @property
    def name(self) -> str:
        name: str = self.programme.name.in_language(language())
        return name


def language() -> str:
    return get_language() or "en"


def view_of(version: ProgrammeVersion, *, by: Actor, at: datetime) -> VersionView:
    """Return a version ready to show."""
    programme = version.programme
    terms = parse_document(programme, version.document, version_id=version.id)
    current = version_in_force(programme, at)
    before = {} if current is None or current.id == version.id else current.document
    state, text = state_of(version, current, at)
    scope = Scope(programme.partner_id)
    return VersionView(
        programme=programme,
        version=version,
        current=current,
        terms=terms,
        rules=list_rules(programme, terms.rule_set, version.document, before, at, by),
        state=state,
        state_text=text,
        may_draft=by.may("programme.draft", scope),
        may_publish=by.may("programme.publish", scope),
        is_own=by.kind == "user" and by.id == version.author_id,
        unlawful=find_unlawful(version, at) if version.state == State.DRAFT else [],
    )


def told(version: ProgrammeVersion) -> ProgrammeVersion:
    """Return the version with what campaigns noted on it in the reader's language; it is shown, never saved."""
    version.note, version.author_label = _told(version.note), _told(version.author_label)
    return version


def _told(text: str) -> str:
    found = _OF_CAMPAIGN.fullmatch(text)
    if found is None:
        return text
    sentence = _("Campaign “%(key)s”") if found["end"] == "Campaign" else _("End of the campaign “%(key)s”")
    return sentence % {"key": found["key"]}


def state_of(version: ProgrammeVersion, current: ProgrammeVersion | None, at: datetime) -> tuple[str, str]:
    """Return the name of the badge (see `STATES`) and its word."""
    if version.state == State.DRAFT:
        return "draft", ""
    if version.state == State.WITHDRAWN:
        return "withdrawn", ""
    if current is not None and version.id == current.id:
        return "published", _("In force")
    if version.in_force_from is not None and version.in_force_from > at:
        return "planned", ""
    return "ended", _("Replaced")


def list_rules(  # noqa: PLR0917
    programme: Programme, rule_set: RuleSet, document: Document, before: Document, at: datetime, by: Actor
) -> list[RuleView]:
    """Return the rules in declared order; `before` is the document they are compared with, empty for none."""
    written = {rule["key"]: rule for rule in document["rules"]}
    known = {rule["key"]: rule for rule in before.get("rules", ())} if before else written
    points_name = points_name_of(programme)
    names = names_of_codes(by, at)
    views = [_rule_view(rule, rule_set, written[rule.key], points_name) for rule in rule_set.written]
    return [
        replace(
            view,
            is_active=rule.active,
            is_over=rule.valid_until is not None and rule.valid_until <= at,
            difference=_difference(written[rule.key], known.get(rule.key)),
            **{part: with_names(getattr(view, part), names) for part in ("sentence", "when", "then", "lines")},
        )
        for view, rule in zip(views, rule_set.written, strict=True)
    ]


def _difference(written: Document, known: Document | None) -> Difference:
    if known is None:
        return "new"
    return "" if known == written else "changed"


def _rule_view(rule: Rule, rule_set: RuleSet, written: Document, points_name: PointsName) -> RuleView:
    tongue = language()
    effect = replace(rule, when=None, limit_per_purchase=None)
    limit = rule.limit_per_purchase
    return RuleView(
        key=rule.key,
        name=rule.name.in_language(tongue),
        sentence=formats.typeset(describe_rule(rule, rule_set, tongue, points_name=points_name), tongue),
        when=formats.typeset(_capital(describe(rule.when, tongue)), tongue) if rule.when else "",
        then=formats.typeset(describe_rule(effect, rule_set, tongue, points_name=points_name), tongue),
        lines=formats.typeset(_capital(describe(rule.lines, tongue)), tongue) if rule.lines else "",
        limit=points_name.say(limit, rule_set.points_scale, tongue) if limit is not None else "",
        group=_group_text(rule, rule_set),
        dates=_dates_text(rule),
        text=write_text(ordered(written)),
    )


def _group_text(rule: Rule, rule_set: RuleSet) -> str:
    if rule.group is None:
        return ""
    policy = policy_text(rule_set.policy_of[rule.group])
    return _("Group “%(group)s”: %(policy)s") % {"group": rule.group, "policy": policy}


def policy_text(policy: str) -> str:
    """Return which of the rules of a group count, in words."""
    return {
        "all": _("every rule of it gives"),
        "best": _("only the one that gives most counts"),
        "least": _("only the one that gives least counts"),
        "first": _("only the first that gives counts"),
        "exclusive": _("all of it gives, and then no rule outside it lowers a price"),
    }[policy]


def _dates_text(rule: Rule) -> str:
    begins, ends = (moment and moment_text(moment) for moment in (rule.valid_from, rule.valid_until))
    if begins and ends:
        return _("from %(begin)s until %(end)s") % {"begin": begins, "end": ends}
    if begins:
        return _("from %(begin)s") % {"begin": begins}
    return _("until %(end)s") % {"end": ends} if ends else ""


def moment_text(at: datetime) -> str:
    """Write an instant where the operator is, without its hour at midnight."""
    local = timezone.localtime(at)
    day = formats.plain_date(local.date(), language())
    return day if (local.hour, local.minute) == (0, 0) else f"{day}, {formats.clock_time(local, language())}"


def changes_between(before: Document, after: Document) -> Changes:
    """Return what `after` changes; rules are compared by key and told by name."""
    old = {rule["key"]: rule for rule in before.get("rules", ())}
    new = {rule["key"]: rule for rule in after.get("rules", ())}
    return Changes(
        added=[_name_of(rule) for key, rule in new.items() if key not in old],
        changed=[_name_of(rule) for key, rule in new.items() if key in old and old[key] != rule],
        removed=[_name_of(rule) for key, rule in old.items() if key not in new],
        tiers=before.get("tiers") != after.get("tiers"),
        points=before.get("points") != after.get("points"),
        purchases=before.get("purchases") != after.get("purchases"),
    )


def missed_in_words(view: VersionView, parts: Sequence[str]) -> list[str]:
    """Return the parts that a draft lacks as a person names them: a rule by its name, tiers, the life of points."""
    current = view.current.document if view.current else {}
    rules = {
        f"rules/{rule['key']}": rule for rule in (*view.version.document.get("rules", ()), *current.get("rules", ()))
    }
    named = {
        "tiers": _("tiers"),
        "points": _("life of points"),
        "purchases": _("policies"),
        "groups": _("groups of rules"),
    }
    return [_name_of(rules[part]) if part in rules else str(named.get(part, part)) for part in parts]


def _name_of(rule: Document) -> str:
    return str(rule["name"].get(language()[:2], rule["key"]))


def tabs_of(view: VersionView, here: str, urls: Mapping[str, str], alerts: int = 0) -> list[Tab]:
    """Return the tabs of a version; `urls` by the name of the tab, `alerts` how many limits near their end."""
    tiers = view.terms.tiers
    rewards = sum(map(is_reward, view.terms.rule_set.written))
    counts = {
        "rules": str(len(view.rules)),
        "tiers": str(len(tiers.levels)) if tiers else "",
        "rewards": str(rewards or ""),
        "limits": ngettext("%(n)s alert", "%(n)s alerts", alerts) % {"n": alerts} if alerts else "",
    }
    texts = {
        "rules": _("Rules"),
        "tiers": _("Tiers"),
        "points": _("Points"),
        "rewards": _("Rewards"),
        "limits": _("Limits and budgets"),
        "document": _("Whole document"),
    }
    return [Tab(texts[name], url, counts.get(name, ""), current=name == here) for name, url in urls.items()]


def is_reward(rule: Rule) -> bool:
    """Tell whether a rule gives something to be chosen or kept, and not only a price or points."""
    return rule.issues or rule.terms.is_claimed


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tier_rows(
    found: Programme, at: datetime, counts: Mapping[str, int], version: ProgrammeVersion | None = None
) -> list[dict[str, Any]]:
    """Return each tier of the version (the one in force unless told) from the highest, with how many hold it."""
    shown = version or version_in_force(found, at)
    tiers = parse_document(found, shown.document, version_id=shown.id).tiers if shown else None
    levels = tiers.levels if tiers is not None else ()
    most = max(counts.values(), default=0)
    return [
        {
            "rank": rank,
            "name": level.name.in_language(language()),
            "key": level.key,
            "threshold": threshold_words(tiers, level.threshold, found, language()),
            "threshold_text": threshold_words(tiers, level.threshold, found, language()),
            "count": counts.get(level.key, 0),
            "ratio": counts.get(level.key, 0) / most if most else 0.0,
        }
        for rank, level in enumerate(reversed(levels), start=1)
        if tiers is not None
    ]


def words_of_terms(view: VersionView, terms: Terms | None = None) -> dict[str, Any]:
    """Return the life of points and the tiers of a version in sentences, of each currency and each set.

    `terms` are those of a document that is not saved; without them the version's.
    """
    terms = terms or view.terms
    programme, tongue = view.programme, language()
    names = {one.currency_id: one.currency for one in programme.more_currencies.select_related("currency")}
    return {
        "points_words": describe_points(terms.points, programme.points_currency, programme, tongue),
        "tier_words": [*keep_words(terms.tiers, programme, tongue), *describe_tiers(terms.tiers, tongue)]
        if terms.tiers is not None
        else [],
        "other_currencies": [
            (names[code].name.in_language(tongue), describe_points(policy, names[code], programme, tongue))
            for code, policy in terms.currencies.items()
        ],
        "cheques": [
            (
                one.key,
                one.name.in_language(tongue),
                describe_cheque(one, names.get(one.currency, programme.points_currency), programme, tongue),
            )
            for one in terms.cheques
        ],
        "gift_card_words": describe_gift_cards(terms.gift_cards, programme, tongue)
        if terms.gift_cards != NO_GIFT_CARD_TERMS
        else [],
        "conversions": [
            describe_conversion(
                one,
                names.get(one.source, programme.points_currency),
                names.get(one.target, programme.points_currency),
                tongue,
            )
            for one in terms.conversions
        ],
        "more_tiers": [
            {
                "name": one.name.in_language(tongue) if one.name else one.key,
                "words": [*keep_words(one, programme, tongue), *describe_tiers(one, tongue)],
                "levels": [
                    (level.name.in_language(tongue), threshold_words(one, level.threshold, programme, tongue))
                    for level in reversed(one.levels)
                ],
            }
            for one in terms.more_tiers
        ],
    }
