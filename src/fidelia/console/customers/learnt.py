"""What insight says of one customer, in words: stage, value expected, probability active, own rhythm, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.insight.queries import get_last_refresh
from fidelia.ui.formats import share
from fidelia.ui.parts import Definition

from ..words import TRAIT_VALUES, word
from .reading import Dossier

Traits = dict[str, int | str | bool | date]


@dataclass(frozen=True, slots=True)
class LearntCard:
    """The rail's insight: the stage, what is expected, and the sentence about the person's own rhythm."""

    stage: str
    facts: tuple[tuple[str, str], ...]
    rhythm: str
    is_silent: bool
    definition: Definition


def learnt_card_of(dossier: Dossier, currency: str = "") -> LearntCard | None:
    """Return what the last refresh says; None without the right, and before one has said anything.

    `currency` is that of its amounts, where the caller has read it.
    """
    if not dossier.by.may_somewhere("insight.see"):
        return None
    traits = dossier.traits
    if "lifecycle_stage" not in traits:
        return None
    return LearntCard(
        stage=word(TRAIT_VALUES, str(traits["lifecycle_stage"])),
        facts=tuple(_facts(dossier, traits, currency)),
        rhythm=_rhythm(dossier, traits),
        is_silent=traits.get("is_silent") is True,
        definition=Definition(
            _("What insight says"),
            _("What the models of the last refresh expect of this customer, by their purchases and all others’."),
            detail=_(
                "Probability active: P(alive) of BG/NBD or MBG/NBD, the likelier. Value: margin expected over three "
                "years, discounted."
            ),
        ),
    )


def _facts(dossier: Dossier, traits: Traits, currency: str) -> list[tuple[str, str]]:
    speech = dossier.speech
    facts = []
    if isinstance(chance := traits.get("probability_active"), int):
        facts.append((_("Probability active"), share(chance / 100, speech.language, decimals=0)))
    if isinstance(value := traits.get("expected_value"), int):
        refresh = None if currency else get_last_refresh()
        known = refresh.currency if refresh is not None else currency
        if known:
            facts.append((_("Expected value over 3 years"), speech.money(value, known)))
    if "portfolio_class" in traits:
        facts.append((_("Portfolio"), word(TRAIT_VALUES, str(traits["portfolio_class"]))))
    return facts


def _rhythm(dossier: Dossier, traits: Traits) -> str:
    """Say why: what is usual for this person, and how long it has been."""
    usual = traits.get("usual_days")
    last = dossier.sums.last_sale_at if dossier.sums else None
    if not isinstance(usual, int) or last is None:
        return _("Too few purchases for a rhythm of their own.")
    speech = dossier.speech
    days = (speech.today - speech.local(last).date()).days
    said = ngettext("Usually buys every day", "Usually buys every %(n)s days", usual) % {"n": speech.number(usual)}
    since = ngettext("the last purchase was %(n)s day ago", "the last purchase was %(n)s days ago", days)
    text = _("%(usual)s; %(since)s.") % {"usual": said, "since": since % {"n": speech.number(days)}}
    if traits.get("is_silent") is True:
        return _("%(text)s That is longer than this rhythm explains.") % {"text": text}
    return text
