"""What turns points into chèques fidélité, in sentences that a member understands; the console shows them too."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.rules.cheque_terms import ChequePolicy
from fidelia.rules.spans import Span
from fidelia.ui.formats import money

from ..models import PointsCurrency, Programme
from .terms_in_words import NOTICE, OR, day_of_year, span_end_words, span_words
from .words import in_points

STEP = {
    "at_once": Text("Every {points} become {money} as soon as they are there.", "Dès {points}, {money}, aussitôt."),
    "nightly": Text("Every {points} become {money} in the night.", "Tous les {points}, {money}, dans la nuit."),
    "month": Text(
        "At the beginning of each month, every {points} of the months before become {money}.",
        "Au début de chaque mois, tous les {points} des mois précédents deviennent {money}.",
    ),
    "quarter": Text(
        "At the beginning of each quarter, every {points} of the quarters before become {money}.",
        "Au début de chaque trimestre, tous les {points} des trimestres précédents deviennent {money}.",
    ),
    "half_year": Text(
        "At the beginning of each half-year, every {points} of the half-years before become {money}.",
        "Au début de chaque semestre, tous les {points} des semestres précédents deviennent {money}.",
    ),
    "anniversary": Text(
        "On each anniversary of joining, every {points} of the years before become {money}.",
        "À chaque anniversaire d’adhésion, tous les {points} des années précédentes deviennent {money}.",
    ),
    "dates": Text(
        "On {dates}, every {points} become {money}.",
        "Le {dates}, tous les {points} deviennent {money}.",
    ),
    "year": Text(
        "At the beginning of each year, every {points} of the years before become {money}.",
        "Au début de chaque année, tous les {points} des années précédentes deviennent {money}.",
    ),
}
BY_SCALE = Text("By the scale: {steps}.", "Selon le barème : {steps}.")
STEP_OF_SCALE = Text("{points} are {money}", "{points} valent {money}")
MINIMUM = Text("Nothing is issued below {points}.", "Rien n’est émis en dessous de {points}.")
EACH = {
    "sum": Text("They make one voucher together.", "Ils forment un seul bon."),
    "step": Text("Each makes a voucher of its own.", "Chacun forme un bon distinct."),
}
REMAINDER = {
    "carried": Text("What is left over stays for the next one.", "Le reste est gardé pour le suivant."),
    "lost": Text("What is left over is gone.", "Le reste est perdu."),
}
VALID = Text("It is valid for {span}, {end}.", "Il est valable {span}, {end}.")
FOR_EVER = Text("It never ends.", "Il n’a pas de fin.")
FROM = Text("It can be used {n} days after it was issued.", "Il est utilisable {n} jours après son émission.")
SMALLEST = Text("It wants a basket of {money} or more.", "Il demande un panier d’au moins {money}.")
PER_CHECKOUT = Text("One checkout takes at most {n}.", "Au plus {n} par passage en caisse.")
ON_RETURN = {
    "withdraw": Text(
        "When the purchase behind it is returned and nobody has used it, it is withdrawn and its points are back.",
        "Si l’achat à l’origine est rendu et qu’il n’a pas servi, il est repris et ses points sont rendus.",
    ),
    "keep": Text(
        "It stays when the purchase behind it is returned.", "Il reste acquis si l’achat à l’origine est rendu."
    ),
}
DEBT = Text(
    "If it was used, what is missing is taken when the next one is issued.",
    "S’il a servi, ce qui manque est repris à l’émission du suivant.",
)


def describe_cheque(policy: ChequePolicy, currency: PointsCurrency, programme: Programme, language: str) -> list[str]:
    """Return how points become a chèque, what it is good for, and what a return does with it, in sentences."""

    def price(minor: int) -> str:
        return money(Money(minor, programme.currency).text(), programme.currency, language)

    def say(text: Text, **given: object) -> str:
        return text.in_language(language).format(**given)

    dates = OR.in_language(language).join(day_of_year(one, language) for one in policy.dates)
    said = [
        say(STEP[policy.issued], points=in_points(policy.points, currency, language), money=price(policy.money),
            dates=dates)
    ]  # fmt: skip
    if policy.further_steps:
        steps = [
            say(STEP_OF_SCALE, points=in_points(points, currency, language), money=price(worth))
            for points, worth in reversed(policy.scale)
        ]
        said.append(say(BY_SCALE, steps=", ".join(steps)))
    if policy.minimum > policy.points:
        said.append(say(MINIMUM, points=in_points(policy.minimum, currency, language)))
    said += [say(EACH[policy.each]), say(REMAINDER[policy.remainder]), _life(policy.validity, language)]
    if policy.starts_after_days:
        said.append(say(FROM, n=policy.starts_after_days))
    if policy.minimum_basket:
        said.append(say(SMALLEST, money=price(policy.minimum_basket)))
    if policy.per_checkout is not None:
        said.append(say(PER_CHECKOUT, n=policy.per_checkout))
    said.append(say(ON_RETURN[policy.on_return]))
    if policy.debt == "next_cheque":
        said.append(say(DEBT))
    if policy.notice_days:
        said.append(say(NOTICE, n=OR.in_language(language).join(map(str, policy.notice_days))))
    return said


def _life(span: Span | None, language: str) -> str:
    if span is None:
        return FOR_EVER.in_language(language)
    return VALID.in_language(language).format(
        span=span_words(span, language), end=span_end_words(span, language)
    )  # fmt: skip
