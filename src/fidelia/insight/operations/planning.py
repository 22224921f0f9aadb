"""Plan: what a document would change, cost and break, before it is a draft. Only an export of facts is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.localized import LANGUAGES
from fidelia.organisation.models import LawPolicy
from fidelia.programme.errors import UnknownProgramme
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import check_head, find_programme, find_unlawful, read_programme_text
from fidelia.programme.queries import Terms, check_document, terms_of, version_in_force
from fidelia.programme.queries.differences import NOWHERE, compare_documents
from fidelia.rules import Rule
from fidelia.rules.overlaps import Overlap, Relation, find_overlaps

from .backtesting import Told, backtest_document
from .grounds import Asked
from .holding import held_today
from .unknown_names import unknown_names

LOWERS, SHIPPING = "lowers", "shipping"
GRAVE = frozenset({Relation.NEVER, Relation.NO_LINE, Relation.HIDDEN, Relation.MULTIPLIES})
# The life of points, and what is given beside purchases: the forecast follows the first.
NOT_REPLAYED = (
    *("points", "currencies", "cheques", "conversions", "referral", "plans", "joining", "offers"),
    "gift_cards",
)


def plan_text(
    *, by: Actor, at: datetime, text: str, slug: str = "", replays: bool = True, begins: datetime | None = None,
    told: Told = lambda done, total: None,
) -> dict[str, Any]:  # fmt: skip
    """Return what a text would change against the version in force, as JSON holds it:

    programme, currency, scale; from_version (None: there is none); differences by language; warnings; law; held
    (what of it members hold today: see `held_today`); backtest (see `backtest_document`; None when it is not asked for,
    or nothing differs); not_replayed.

    Raises Denied (programme.see), UnknownProgramme, HeadDiffers, the refusals of the document.
    """
    read = read_programme_text(text)
    programme = find_programme(read, slug)
    if programme is None:
        raise UnknownProgramme(f"There is no programme “{slug or read.slug}”; apply the document to create it.")
    by.require("programme.see", Scope(programme.partner_id))
    check_head(programme, read)
    terms = check_document(programme, read.document, version_id=NOWHERE)
    current = version_in_force(programme, at)
    before = current.document if current is not None else {"rules": []}
    differences = {tongue: _told(programme, before, read.document, tongue) for tongue in LANGUAGES}
    backtest = None
    if replays and current is not None and differences["en"]:
        backtest = backtest_document(
            by=by, at=at, asked=Asked(programme, read.document, begins, beside=current), told=told
        )
    return {
        "programme": programme.slug,
        "currency": programme.currency,
        "points_scale": programme.points_currency.scale,
        "from_version": current.number if current is not None else None,
        "differences": differences,
        "law": _law(programme, read.document, at),
        "warnings": _warnings(terms, before, read.document, backtest, at),
        "rules": {
            **(_names_then(programme) if backtest is not None else {}),
            **_names_before(before),
            **{rule.key: rule.name.as_mapping() for rule in terms.rule_set.written},
        },
        "backtest": backtest,
        "held": held_today(by=by, at=at, programme=programme, was=terms_of(current.id), now=terms) if current else [],
        "not_replayed": _not_replayed(before, read.document) if backtest is not None else [],
    }


def _names_before(before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of the rules that were: what a rule gave that is no more is told by its name."""
    return {rule["key"]: rule["name"] for rule in before.get("rules", ())}


def _names_then(programme: Programme) -> dict[str, Any]:
    """Return the last names of all rules that ever were published: history has what they gave."""
    published = programme.versions.exclude(in_force_from=None).order_by("in_force_from", "number")
    return {
        key: name for document in published.values_list("document", flat=True)
        for key, name in _names_before(document).items()
    }  # fmt: skip


def _not_replayed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the parts that a document changes and that a replay of purchases does not follow."""
    return [part for part in NOT_REPLAYED if _life_of(part, before) != _life_of(part, after)]


def _life_of(part: str, document: Mapping[str, Any]) -> Any:
    """Return a part; of the points, what says how they live: what they pay and when they come to life is replayed."""
    found = document.get(part)
    if part != "points" or not isinstance(found, Mapping):
        return found
    return {name: value for name, value in found.items() if name not in ("pays", "pending")}


def _told(programme: Programme, before: Mapping[str, Any], after: Mapping[str, Any], tongue: str) -> list[Any]:
    return [
        {"kind": each.kind, "name": each.name, "pointer": each.pointer, "before": each.before, "after": each.after}
        for each in compare_documents(programme, before, after, tongue)
    ]


def _law(programme: Programme, document: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    version = ProgrammeVersion(programme=programme, document=document)
    return [
        {
            "refuses": found.policy.action == LawPolicy.Action.REFUSE,
            "rule": one.where,
            "found": str(one.percent_found),
            "allowed": str(one.percent_allowed),
            "source": found.policy.source,
        }
        for found in find_unlawful(version, at)
        for one in found.findings
    ]


def _warnings(
    terms: Terms,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    backtest: Mapping[str, Any] | None,
    at: datetime,
) -> list[dict[str, str]]:
    """Return what is worth a look: kind, rule, and the other rule where there is one.

    never, no_line: as `rules.overlaps` says;  over: its dates are past;  unreached: no purchase of the history met it
    hidden, multiplies: so too, where the document touches one of the two
    lowers: both lower the prices of the same lines of one purchase, one on top of the other, and no cap holds the two
    no_tier, no_offer, no_plan: its condition asks for `other`, of which the document has none
    renamed: it had another key, `other`, and is the same otherwise
    unbounded: a new rule of which nothing limits what it gives to one member or in all
    """
    known = {rule["key"]: rule for rule in before.get("rules", ())}
    touched = {rule["key"] for rule in after.get("rules", ()) if rule != known.get(rule["key"])}
    found = [*_overlaps(terms, touched), *unknown_names(terms)]
    for rule in terms.rule_set.rules:
        if rule.valid_until is not None and rule.valid_until <= at:
            found.append({"kind": "over", "rule": rule.key, "other": ""})
        former = _renamed(rule.key, known, after)
        if former:
            found.append({"kind": "renamed", "rule": rule.key, "other": former})
        if not former and rule.key not in known and is_unbounded(rule, terms):
            found.append({"kind": "unbounded", "rule": rule.key, "other": ""})
        if backtest is not None and backtest["occasions"] and _is_unreached(rule, backtest):
            found.append({"kind": "unreached", "rule": rule.key, "other": ""})
    return found


def _renamed(key: str, known: Mapping[str, Mapping[str, Any]], after: Mapping[str, Any]) -> str:
    """Return the key that a rule had before, where it is the same but for its key; "" where it is another."""
    rules = {rule["key"]: rule for rule in after.get("rules", ())}
    if key in known or key not in rules:
        return ""
    plain = {**rules[key], "key": ""}
    return next((old for old, rule in known.items() if old not in rules and {**rule, "key": ""} == plain), "")


def _overlaps(terms: Terms, touched: Collection[str]) -> Iterator[dict[str, str]]:
    """Yield the grave relations of rules, each pair once, and no pair that the document leaves as it was."""
    told: set[frozenset[str]] = set()
    for rule in terms.rule_set.rules:
        for overlap in find_overlaps(rule, terms.rule_set):
            other = overlap.other.key if overlap.other is not None else ""
            pair, kind = frozenset((rule.key, other)), _kind_of(overlap, rule, terms)
            if not kind or (other and (pair in told or pair.isdisjoint(touched))):
                continue
            told.add(pair)
            yield {"kind": kind, "rule": rule.key, "other": other}


def _kind_of(overlap: Overlap, rule: Rule, terms: Terms) -> str:
    """Return the kind of warning that a relation is worth, "" for none."""
    if overlap.relation in GRAVE:
        return overlap.relation.value
    other = overlap.other
    if overlap.relation is not Relation.TOGETHER or other is None or not (rule.lowers_prices and other.lowers_prices):
        return ""
    is_of_other_money = (rule.terms.stage == SHIPPING) != (other.terms.stage == SHIPPING)
    return "" if is_of_other_money or _are_capped(rule, other, terms) else LOWERS


def _are_capped(rule: Rule, other: Rule, terms: Terms) -> bool:
    found = find_overlaps(rule, terms.rule_set)
    return any(each.relation is Relation.CAPPED and each.other is other for each in found)


def is_unbounded(rule: Rule, terms: Terms) -> bool:
    """Whether nothing bounds a rule: no date at which it ends, no limit, cap or coupon, and it is no rate of money."""
    if rule.is_proportional or rule.valid_until is not None or rule.limit_per_purchase is not None:
        return False
    own = rule.terms
    return not (own.limits or own.cap or own.coupon or own.costs_points or terms.rule_set.limits_of.get(rule.key))


def _is_unreached(rule: Rule, backtest: Mapping[str, Any]) -> bool:
    points = backtest["by_rule"].get(rule.key, [0, 0])[1]
    money = backtest["money_by_rule"].get(rule.key, [0, 0])[1]
    return not points and not money and not rule.issues
