"""The terms of gift cards in sentences that who buys one understands."""

from __future__ import annotations

from datetime import date

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.rules.gift_card_terms import Amounts, GiftCardPolicy
from fidelia.ui.formats import money, plain_date

from ..models import Programme
from .terms_in_words import OR, span_end_words, span_words

SOLD_BETWEEN = Text(
    "A gift card is sold with {least} to {most} on it.", "Une carte cadeau est vendue avec {least} à {most}."
)
SOLD_FROM = Text(
    "A gift card is sold with {least} or more on it.", "Une carte cadeau est vendue avec au moins {least}."
)
SOLD_UP_TO = Text("A gift card is sold with at most {most} on it.", "Une carte cadeau est vendue avec au plus {most}.")
SOLD_WITH = Text("A gift card is sold with {amounts} on it.", "Une carte cadeau est vendue avec {amounts}.")
LIVES = Text("It lives {span}, {end}; what is left on it then is lost.",
             "Elle vit {span}, {end}\u00a0; ce qui y reste alors est perdu.")  # fmt: skip
LIVES_TO = Text("It lives {end}; what is left on it then is lost.",
                "Elle vit {end}\u00a0; ce qui y reste alors est perdu.")  # fmt: skip
NEVER_ENDS = Text("It never ends.", "Elle n’a pas de fin.")
ONCE = Text("It is not charged again.", "Elle n’est pas rechargeable.")
AGAIN = Text("It can be charged again.", "Elle est rechargeable.")
AGAIN_BETWEEN = Text("It can be charged again with {least} to {most} at once.",
                     "Elle est rechargeable de {least} à {most} à la fois.")  # fmt: skip
AGAIN_FROM = Text("It can be charged again with {least} or more at once.",
                  "Elle est rechargeable d’au moins {least} à la fois.")  # fmt: skip
AGAIN_UP_TO = Text("It can be charged again with at most {most} at once.",
                   "Elle est rechargeable d’au plus {most} à la fois.")  # fmt: skip
AGAIN_WITH = Text("It can be charged again with {amounts}.", "Elle est rechargeable de {amounts}.")
HOLDS = Text("It never holds more than {most}.", "Elle ne contient jamais plus de {most}.")
RENEWED = Text("Each charge lets its life begin anew.", "Chaque recharge fait repartir sa durée de vie.")
UNDONE = Text("A charge can be taken back for {n} days.", "Une recharge peut être annulée pendant {n} jours.")

FITS_BETWEEN = Text("{least} to {most} can come onto it now.", "On peut y mettre maintenant de {least} à {most}.")
FITS_FROM = Text("{least} or more can come onto it now.", "On peut y mettre maintenant au moins {least}.")
FITS_UP_TO = Text("Up to {most} can come onto it now.", "On peut y mettre maintenant jusqu’à {most}.")
FITS_WITH = Text("{amounts} can come onto it now.", "On peut y mettre maintenant {amounts}.")
THEN_ENDS = Text("Charged today, it is valid to {day}.", "Rechargée aujourd’hui, elle est valable jusqu’au {day}.")


def describe_charge(
    policy: GiftCardPolicy, programme: Programme, language: str, *, held: int, ends: date | None
) -> list[str] | None:
    """Return what a charge of a card may be that holds so much, in minor units, and what follows; None: none fits.

    `ends` is the last day that a charge of today gives it; None where a charge leaves it as it is.
    """
    fits = None if policy.top_up is None else policy.top_up.fits(held)
    if fits is None:
        return None
    said = _amounts(fits, (FITS_WITH, FITS_BETWEEN, FITS_FROM, FITS_UP_TO), programme, language)
    if ends is not None:
        said.append(THEN_ENDS.in_language(language).format(day=plain_date(ends, language)))
    return said


def describe_gift_cards(
    policy: GiftCardPolicy, programme: Programme, language: str, *, ends: bool | None = None
) -> list[str]:
    """Return what is announced of gift cards, in sentences; of one card, with `ends` as that card does or does not.

    A card has the end that was announced when it was sold, whatever the terms say by now.
    """

    def say(text: Text, **values: object) -> str:
        return text.in_language(language).format(**values)

    def euros(minor: int) -> str:
        return money(Money(minor, programme.currency).text(), programme.currency, language)

    said = _amounts(policy.amounts, (SOLD_WITH, SOLD_BETWEEN, SOLD_FROM, SOLD_UP_TO), programme, language)
    life = policy.validity
    ends = life is not None if ends is None else ends
    if not ends:
        said.append(say(NEVER_ENDS))
    elif life is not None:
        lives = LIVES if life.months or life.days else LIVES_TO
        said.append(say(lives, span=span_words(life, language), end=span_end_words(life, language)))
    if policy.top_up is None:
        return [*said, say(ONCE)]
    again = _amounts(policy.top_up.amounts, (AGAIN_WITH, AGAIN_BETWEEN, AGAIN_FROM, AGAIN_UP_TO), programme, language)
    said += again or [say(AGAIN)]
    if policy.top_up.most_held is not None:
        said.append(say(HOLDS, most=euros(policy.top_up.most_held)))
    if policy.top_up.renews and life is not None and ends:
        said.append(say(RENEWED))
    if policy.top_up.undone_days:
        said.append(say(UNDONE, n=policy.top_up.undone_days))
    return said


def _amounts(allowed: Amounts, texts: tuple[Text, Text, Text, Text], programme: Programme, language: str) -> list[str]:
    """Return what may come onto a card at once: in `texts` by choices, both bounds, the least, the most; or nothing."""

    def euros(minor: int | None) -> str:
        return money(Money(minor or 0, programme.currency).text(), programme.currency, language)

    choices, both, least, most = (text.in_language(language) for text in texts)
    if allowed.choices:
        return [choices.format(amounts=OR.in_language(language).join(map(euros, allowed.choices)))]
    if allowed.least is None and allowed.most is None:
        return []
    text = both if allowed.least and allowed.most else least if allowed.least else most
    return [text.format(least=euros(allowed.least), most=euros(allowed.most))]
