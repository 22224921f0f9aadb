"""What one document of a programme says that another does not, in words: rule by rule, then tiers, points, policies.

Both documents are read whole and told in the sentences that the console and members read; a difference is a sentence
that one of the two has and the other lacks. So nothing has to be kept in step: what the words can say is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules import PointsName, Rule, RuleSet, describe, describe_rule
from fidelia.rules.cheque_terms import ChequePolicy
from fidelia.rules.documents import write_text

from ..models import PointsCurrency, Programme
from .cheques_in_words import describe_cheque
from .gift_cards_in_words import describe_gift_cards
from .offers_in_words import offer_in_words
from .plans_in_words import plan_in_words
from .terms import Terms, parse_document
from .terms_in_words import describe_points, describe_tiers, keep_words, threshold_words

Document = Mapping[str, Any]
Kind = Literal["added", "removed", "changed", "moved"]
NOWHERE = UUID(int=0)
PARTS: dict[str, Text] = {
    "rules": Text("Rule", "Règle"),
    "tiers": Text("Tiers", "Statuts"),
    "points": Text("Life of points", "Vie des points"),
    "currencies": Text("Further points", "Autres points"),
    "cheques": Text("Loyalty cheques", "Chèques fidélité"),
    "conversions": Text("Exchanges of points", "Échanges de points"),
    "offers": Text("Offers to activate", "Offres à activer"),
    "gift_cards": Text("Gift cards", "Cartes cadeaux"),
    "plans": Text("Paid memberships", "Abonnements payants"),
    "referral": Text("Referral", "Parrainage"),
    "joining": Text("Joining by oneself", "Adhésion en ligne"),
    "purchases": Text("Policies", "Règles de gestion"),
    "groups": Text("Groups of rules", "Groupes de règles"),
    "campaigns": Text("Campaigns", "Campagnes"),
    "checkout": Text("Checkout", "Panier"),
}
FROM = Text("From {moment} on.", "À partir du {moment}.")
UNTIL = Text("Until {moment}.", "Jusqu’au {moment}.")
AT_MOST = Text("At most {points} a purchase.", "Au plus {points} par achat.")
IN_GROUP = Text("In the group “{group}”.", "Dans le groupe «\u00a0{group}\u00a0».")
LEVEL = Text("{name}: from {threshold}.", "{name}\u00a0: à partir de {threshold}.")
OFF = Text("Switched off.", "Désactivée.")
ORDER = Text("Order of the rules", "Ordre des règles")


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that differs: its name, what it said before and says now. `pointer` names the part of the document."""

    kind: Kind
    part: str
    name: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    pointer: str = ""


def compare_documents(programme: Programme, before: Document, after: Document, language: str) -> list[Difference]:
    """Return what publishing `after` in the place of `before` changes, in words. Raises as `parse_document`."""
    old, new = (parse_document(programme, each, version_id=NOWHERE) for each in (before, after))
    words = _Words(programme, language)
    found = list(words.rules((before, old.rule_set), (after, new.rule_set)))
    for part in PARTS:
        if part != "rules" and before.get(part) != after.get(part):
            found += words.part(part, (before, old), (after, new))
    return found


def points_name_of(programme: Programme) -> PointsName:
    """Return what the programme's points are called; French and English say "point" for one of our own points."""
    name = programme.points_currency.name
    if (name.en, name.fr) == ("points", "points"):
        return PointsName(replace(name, en="point", fr="point"), name)
    return PointsName(name, name)


class _Words:
    """The sentences of a programme in one language."""

    def __init__(self, programme: Programme, language: str) -> None:
        self.programme = programme
        self.language = language
        self.points_name = points_name_of(programme)

    def rules(self, old: tuple[Document, RuleSet], new: tuple[Document, RuleSet]) -> Iterator[Difference]:
        before, after = (_by_key(document) for document, _rule_set in (old, new))
        was, now = old[1].written_at, new[1].written_at
        for key in [*after, *(key for key in before if key not in after)]:
            place = f"/rules/{key}"
            if key not in before:
                told = self.rule(now[key], new[1])
                yield Difference("added", "rules", self.name(now[key]), after=told, pointer=place)
            elif key not in after:
                told = self.rule(was[key], old[1])
                yield Difference("removed", "rules", self.name(was[key]), before=told, pointer=place)
            elif before[key] != after[key]:
                told, tells = self.rule(was[key], old[1]), self.rule(now[key], new[1])
                named = ("rules", self.name(now[key]), place)
                yield self.changed(named, told, tells, (before[key], after[key]))
        shared = [[key for key in one if key in before and key in after] for one in (before, after)]
        if shared[0] != shared[1]:
            order = [tuple(self.name(now[key]) for key in keys) for keys in shared]
            yield Difference("moved", "rules", ORDER.in_language(self.language), order[0], order[1], "/rules")

    def changed(
        self, place: tuple[str, str, str], told: Sequence[str], tells: Sequence[str], written: tuple[Any, Any]
    ) -> Difference:
        """Only the sentences that differ; where the words are the same, the lines that are written."""
        gone = tuple(each for each in told if each not in tells)
        come = tuple(each for each in tells if each not in told)
        if not gone and not come:
            texts = [write_text(each).splitlines() if each is not None else [] for each in written]
            gone = tuple(line.strip() for line in texts[0] if line not in texts[1])
            come = tuple(line.strip() for line in texts[1] if line not in texts[0])
        part, name, pointer = place
        kind: Kind = "changed" if written[0] is not None and written[1] is not None else "added"
        return Difference("removed" if written[1] is None else kind, part, name, gone, come, pointer)

    def rule(self, rule: Rule, rule_set: RuleSet) -> tuple[str, ...]:
        effect = replace(rule, when=None, limit_per_purchase=None)
        said = [
            "" if rule.active else self.say(OFF),
            _capital(describe(rule.when, self.language)) if rule.when else "",
            describe_rule(effect, rule_set, self.language, points_name=self.points_name),
            _capital(describe(rule.lines, self.language)) if rule.lines else "",
        ]
        if rule.limit_per_purchase is not None:
            points = self.points_name.say(rule.limit_per_purchase, rule_set.points_scale, self.language)
            said.append(self.say(AT_MOST, points=points))
        if rule.group is not None:
            said.append(self.say(IN_GROUP, group=rule.group))
        for sentence, moment in ((FROM, rule.valid_from), (UNTIL, rule.valid_until)):
            if moment is not None:
                said.append(self.say(sentence, moment=moment.isoformat(sep=" ", timespec="minutes")))
        return tuple(each for each in said if each)

    def part(self, part: str, old: tuple[Document, Terms], new: tuple[Document, Terms]) -> list[Difference]:
        name = PARTS[part].in_language(self.language)
        told, tells = (self.sentences(part, terms) for _document, terms in (old, new))
        return [self.changed((part, name, f"/{part}"), told, tells, (old[0].get(part), new[0].get(part)))]

    def sentences(self, part: str, terms: Terms) -> list[str]:
        """Return what the terms say of a part; of those that have no words of their own, nothing."""
        if part == "points":
            return describe_points(terms.points, self.programme.points_currency, self.programme, self.language)
        if part in ("cheques", "plans"):
            plans = (plan_in_words(plan, self.programme, self.language) for plan in terms.plans)
            told = plans if part == "plans" else map(self.cheque, terms.cheques)
            return [sentence for one in told for sentence in one]
        if part == "offers":
            return [offer_in_words(offer, terms.zone, self.language) for offer in terms.offers]
        if part == "gift_cards":
            return describe_gift_cards(terms.gift_cards, self.programme, self.language)
        return self.tiers(terms) if part == "tiers" else []

    def tiers(self, terms: Terms) -> list[str]:
        return [
            sentence
            for tiers in terms.tier_sets
            for sentence in (
                *(
                    self.say(
                        LEVEL,
                        name=level.name.in_language(self.language),
                        threshold=threshold_words(tiers, level.threshold, self.programme, self.language),
                    )
                    for level in tiers.levels
                ),
                *keep_words(tiers, self.programme, self.language),
                *describe_tiers(tiers, self.language),
            )
        ]

    def cheque(self, policy: ChequePolicy) -> list[str]:
        currency = self.programme.points_currency
        if policy.currency and policy.currency != currency.code:
            currency = PointsCurrency.objects.get(code=policy.currency)
        return describe_cheque(policy, currency, self.programme, self.language)

    def name(self, rule: Rule) -> str:
        return rule.name.in_language(self.language)

    def say(self, sentence: Text, **values: str) -> str:
        return sentence.in_language(self.language).format(**values)


def _by_key(document: Document) -> dict[str, Any]:
    return {rule["key"]: rule for rule in document.get("rules", ())}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
