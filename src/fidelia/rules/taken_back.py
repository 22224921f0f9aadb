"""What a return took back, and what it could not, in sentences for a member or a cashier."""

from __future__ import annotations

from dataclasses import dataclass

from fidelia.kernel.localized import LocalizedText

from .points_name import POINTS, PointsName
from .wording import language_of


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of the points of a return, in minor units; `asked` is the sum of the others.

    `taken` left the balance; `already_expired` had gone by themselves; `given_up` were spent and are not asked for;
    `owed` were spent and are owed, until the next points fill them.
    """

    asked: int
    taken: int = 0
    already_expired: int = 0
    given_up: int = 0
    owed: int = 0


_ASKED = LocalizedText(
    en="What came back had earned {points}.",
    fr="Ce qui a été rendu avait rapporté {points}.",
)
_ASKED_ALONE = LocalizedText(
    en="Without its receipt: by the rules of that day, what came back would earn {points}.",
    fr="Sans le ticket : selon les règles de ce jour, ce qui a été rendu rapporterait {points}.",
)
_TAKEN = LocalizedText(en="Taken back: {points}.", fr="Repris : {points}.")
_EXPIRED = LocalizedText(
    en="Expired before, and not taken a second time: {points}.",
    fr="Déjà expirés, et non repris une seconde fois : {points}.",
)
_GIVEN_UP = LocalizedText(en="Spent before, and given up: {points}.", fr="Déjà dépensés, et non réclamés : {points}.")
_OWED = LocalizedText(
    en="Spent before, and owed: {points}; the next points fill them.",
    fr="Déjà dépensés, et dus : {points} ; les prochains les combleront.",
)
_NOBODY = LocalizedText(
    en="No member gave this back: there are no points to take.",
    fr="Aucun adhérent n’a rendu cet achat : il n’y a pas de points à reprendre.",
)
_BEFORE_ENROLMENT = LocalizedText(
    en="Bought before the enrolment: it gives no points.",
    fr="Acheté avant l’adhésion : il ne rapporte pas de points.",
)


def explain_return(
    found: TakenBack, language: str, *, scale: int, stands_alone: bool, points_name: PointsName = POINTS
) -> list[str]:
    """Return what a return took back and what it could not, as sentences in "en" or "fr"; the whole comes first."""
    tongue = language_of(language)
    asked = _ASKED_ALONE if stands_alone else _ASKED
    told = [(asked, found.asked), (_TAKEN, found.taken)]
    more = ((_EXPIRED, found.already_expired), (_GIVEN_UP, found.given_up), (_OWED, found.owed))
    told += [(template, amount) for template, amount in more if amount]
    return [
        template.in_language(tongue).format(points=points_name.say(amount, scale, tongue)) for template, amount in told
    ]


def explain_nobodys_return(language: str) -> list[str]:
    """Return why the return of an anonymous purchase takes no points."""
    return [_NOBODY.in_language(language_of(language))]


def explain_before_enrolment(language: str) -> list[str]:
    """Return why a customer's purchase gave no points: they became a member only afterwards."""
    return [_BEFORE_ENROLMENT.in_language(language_of(language))]
