"""For what points may be exchanged, in sentences that a member understands."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules.conversion_terms import ConversionPolicy

from ..models import PointsCurrency
from .words import in_points

RATE = Text("{points} give {gives}.", "{points} donnent {gives}.")
MINIMUM = Text("One exchanges {points} at least.", "On échange au moins {points}.")
MAXIMUM = Text("At most {points} at a time.", "Au plus {points} à la fois.")
STEP = Text("In whole steps of {points}.", "Par tranches entières de {points}.")
BONUS = Text("For each full {points} at a time, {gives} more.", "Par tranche de {points} à la fois, {gives} de plus.")
FEE = Text("{points} are kept, whatever the amount.", "{points} sont retenus, quel que soit le montant.")


def describe_conversion(
    policy: ConversionPolicy, source: PointsCurrency, target: PointsCurrency, language: str
) -> list[str]:
    """Return what may be exchanged for what, and in which amounts."""
    parts = [(RATE, policy.points, True), (MINIMUM, policy.minimum, policy.minimum > 1)]
    parts += [(STEP, policy.step, policy.step > 1), (FEE, policy.fee, policy.fee > 0)]
    if policy.maximum is not None:
        parts.append((MAXIMUM, policy.maximum, True))
    gives = in_points(policy.gives, target, language)
    bonus = BONUS.in_language(language).format(
        points=in_points(policy.bonus_each, source, language), gives=in_points(policy.bonus, target, language)
    )
    return [
        text.in_language(language).format(points=in_points(amount, source, language), gives=gives)
        for text, amount, is_said in parts
        if is_said
    ] + ([bonus] if policy.bonus_each else [])
