"""What the measures and fits say of each customer: the traits that rules and segments read, and groups to speak to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText

from ..fits import find_silence
from ..measures.lifecycle import stages_at
from ..report import ReportFacts
from ..report.buying import future_of, purchases_by_day
from ..report.sections.frat import TRAIT as PURCHASE_TYPE
from ..report.sections.frat import TYPE_LENGTH_MAX, typed
from ..report.sections.lifecycle import definition_for
from ..report.sections.portfolio import classify
from .scoring import ScoredPeople, score_people

# name, type, label, unit
LEARNT: Final = (
    ("lifecycle_stage", "text", LocalizedText(en="Stage of the lifecycle", fr="Étape du cycle de vie"), ""),
    ("portfolio_class", "text", LocalizedText(en="Class of the portfolio", fr="Classe du portefeuille"), ""),
    ("probability_active", "number", LocalizedText(en="Probability active", fr="Probabilité d’être actif"), "%"),
    ("expected_value", "number", LocalizedText(en="Expected value over 3 years", fr="Valeur attendue sur 3 ans"),
     "minor"),
    ("chance_90_days", "number", LocalizedText(en="Chance to buy within 90 days", fr="Chance d’acheter sous 90 jours"),
     "%"),
    ("usual_days", "number", LocalizedText(en="Usual days between purchases", fr="Jours habituels entre deux achats"),
     "days"),
    ("purchase_type", "text", LocalizedText(en="Type of purchase", fr="Type d’achat"), ""),
    ("is_silent", "flag", LocalizedText(en="Silent beyond their rhythm", fr="Silencieux au-delà de son rythme"), ""),
)  # fmt: skip
STAGE_NAMES: Final = {
    "buyer": LocalizedText(en="Bought once", fr="Acheteurs d’une fois"),
    "customer": LocalizedText(en="Customers who came back", fr="Clients revenus"),
    "supporter": LocalizedText(en="Supporters", fr="Supporters"),
    "ambassador": LocalizedText(en="Ambassadors", fr="Ambassadeurs"),
    "left": LocalizedText(en="Customers who are gone", fr="Clients partis"),
}
CLASS_NAMES: Final = {
    "stars": LocalizedText(en="Stars", fr="Étoiles"),
    "question_marks": LocalizedText(en="Question marks", fr="Points d’interrogation"),
    "profit_customers": LocalizedText(en="Profit customers", fr="Clients pour le profit"),
    "to_select": LocalizedText(en="Customers to select", fr="Clients à sélectionner"),
}
SILENT: Final = LocalizedText(en="Silent regulars", fr="Réguliers silencieux")
BEST_TENTH: Final = LocalizedText(en="The best tenth by expected value", fr="Le meilleur dixième en valeur attendue")
LIKELY: Final = LocalizedText(en="The tenth most likely to buy", fr="Le dixième le plus susceptible d’acheter")
TraitRow = tuple[UUID, str, int | str | bool | None]
Offer = dict[str, Any]


@dataclass(slots=True)
class Learnt:
    """What was learnt of the people of one export: rows of traits to be read once, and then the groups counted.

    A model that does not fit these facts leaves its traits out: better no probability than a made-up one.
    """

    facts: ReportFacts
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def rows(self) -> Iterator[TraitRow]:
        """Yield (customer, trait, value); each trait of a customer at most once."""
        yield from self._stages()
        yield from self._types()
        for learn in (self._rhythm, self._future, self._classes, self._chances):
            try:
                rows = learn()
            except FideliaError:
                continue
            yield from rows

    def offers(self) -> dict[str, list[Offer]]:
        """Return by chapter the groups of people that it speaks of; after `rows` has been read."""
        best = self._counts["expected_value", "best"]
        least = self._counts["expected_value", "least"]
        return {
            "lifecycle": self._groups("lifecycle_stage", STAGE_NAMES),
            "portfolio": self._groups("portfolio_class", CLASS_NAMES),
            "churn": _some(
                _offer("silent-regulars", SILENT, "has(trait.is_silent) && trait.is_silent", self._silent)
            ),
            "scores": _some(
                _offer(
                    "likely-to-buy", LIKELY,
                    f"has(trait.chance_90_days) && trait.chance_90_days >= {self._counts['chance_90_days', 'least']}",
                    self._counts["chance_90_days", "likely"],
                )
            ),
            "value": _some(
                _offer(
                    "best-tenth", BEST_TENTH,
                    f"has(trait.expected_value) && trait.expected_value >= {least}", best,
                )
            ),
        }  # fmt: skip

    @property
    def scored(self) -> ScoredPeople | None:
        """Everybody's chance to buy again soon; once."""
        found: ScoredPeople | None = self.facts.once("scored", lambda: score_people(self.facts))
        return found

    @property
    def _silent(self) -> int:
        return self._counts["is_silent", "yes"]

    def _groups(self, trait: str, names: dict[str, LocalizedText]) -> list[Offer]:
        return [
            _offer(key.replace("_", "-"), name, f'has(trait.{trait}) && trait.{trait} == "{key}"', count)
            for key, name in names.items()
            if (count := self._counts[trait, key])
        ]

    def _stages(self) -> Iterator[TraitRow]:
        facts = self.facts
        found = stages_at(facts.purchases, facts.lines, as_of=facts.as_of, definition=definition_for(facts))
        who, stages = facts.columns(found, ["customer_id", "stage"])
        for customer_id, stage in zip(map(UUID, who.tolist()), stages.tolist(), strict=True):
            self._counts["lifecycle_stage", stage] += 1
            yield customer_id, "lifecycle_stage", stage

    def _types(self) -> Iterator[TraitRow]:
        if "category" in self.facts.has:
            people = typed(self.facts)
            for who, kind in zip(people["customer_id"].tolist(), people["type"].tolist(), strict=True):
                yield UUID(who), PURCHASE_TYPE, kind[:TYPE_LENGTH_MAX]

    def _rhythm(self) -> Iterator[TraitRow]:
        who, when, _amount = purchases_by_day(self.facts)
        found = find_silence(who, when, until=self.facts.last_at.date())
        silent = (found.silence > found.limit) & found.own_rhythm
        self._counts["is_silent", "yes"] = int(silent.sum())
        own = np.flatnonzero(found.own_rhythm)
        return _rhythm_rows(found.customers[own].tolist(), found.usual[own].tolist(), silent[own].tolist())

    def _future(self) -> Iterator[TraitRow]:
        future = future_of(self.facts)
        worth = np.rint(future.worth).astype(np.int64)
        if len(worth):
            least = int(np.sort(worth)[::-1][max(0, len(worth) // 10 - 1)])
            self._counts["expected_value", "least"] = least
            self._counts["expected_value", "best"] = int((worth >= least).sum())
        chances = np.rint(100 * future.alive).astype(np.int64)
        return _future_rows(future.counted.customers.tolist(), chances.tolist(), worth.tolist())

    def _chances(self) -> Iterator[TraitRow]:
        found = self.scored
        if found is None:
            return iter(())
        who, rounded = found.who, np.rint(100 * found.chances).astype(np.int64)
        if len(rounded):
            least = int(np.sort(rounded)[::-1][max(0, len(rounded) // 10 - 1)])
            self._counts["chance_90_days", "least"] = least
            self._counts["chance_90_days", "likely"] = int((rounded >= least).sum())
        return ((UUID(name), "chance_90_days", value) for name, value in zip(who, rounded.tolist(), strict=True))

    def _classes(self) -> Iterator[TraitRow]:
        found = classify(self.facts)
        return self._class_rows(found["customer_id"].tolist(), found["class"].tolist())

    def _class_rows(self, who: list[str], classes: list[str]) -> Iterator[TraitRow]:
        for customer_id, name in zip(who, classes, strict=True):
            self._counts["portfolio_class", name] += 1
            yield UUID(customer_id), "portfolio_class", name


def _rhythm_rows(who: list[str], usual: list[float], silent: list[bool]) -> Iterator[TraitRow]:
    for customer, days, is_silent in zip(who, usual, silent, strict=True):
        customer_id = UUID(customer)
        yield customer_id, "usual_days", max(1, round(days))
        yield customer_id, "is_silent", is_silent


def _future_rows(who: list[str], chances: list[int], worth: list[int]) -> Iterator[TraitRow]:
    for customer, chance, value in zip(who, chances, worth, strict=True):
        customer_id = UUID(customer)
        yield customer_id, "probability_active", chance
        yield customer_id, "expected_value", value


def _offer(key: str, name: LocalizedText, condition: str, people: int) -> Offer:
    return {"key": key, "name": name.as_mapping(), "condition": condition, "people": people}


def _some(offer: Offer) -> list[Offer]:
    return [offer] if offer["people"] else []
