"""The templates that come with the product. An installation that writes its own version keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fidelia.kernel.localized import LocalizedText

from ...queries.rendering import TemplateTexts

POINTS_EARNED = "points_earned"
CAMPAIGN_OFFER = "campaign_offer"
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class DefaultTemplate:
    """A template of the product: its key, its name for people, its texts and the variables it takes."""

    key: str
    name: LocalizedText
    texts: TemplateTexts
    variables: dict[str, Any]


def default_templates() -> tuple[DefaultTemplate, ...]:
    """Return the templates of the product."""
    return (_points_earned(), _campaign_offer())


def _points_earned() -> DefaultTemplate:
    return DefaultTemplate(
        key=POINTS_EARNED,
        name=LocalizedText(en="Points earned", fr="Points gagnés"),
        texts=TemplateTexts(
            subject=LocalizedText(
                en="You earned {{ points }} {{ unit }}", fr="Vous avez gagné {{ points }} {{ unit }}"
            ),
            body=_body_of(POINTS_EARNED),
        ),
        variables={
            "points": {"doc": "What the purchase earned, written for the language.", "example": "1 234"},
            "unit": {"doc": "The name of the points currency.", "example": "points"},
            "balance": {"doc": "The balance right after the purchase.", "example": "5 678"},
            "programme": {"doc": "The name of the programme.", "example": "Fidelio"},
            "purchased_on": {"doc": "The local day of the purchase, in words.", "example": "2 mars 2026"},
            "total": {"doc": "The total of the purchase with its currency.", "example": "59,90 €"},
            "reasons": {"doc": "Why, sentence by sentence.", "example": ["1 point par euro."]},
        },
    )


def _campaign_offer() -> DefaultTemplate:
    return DefaultTemplate(
        key=CAMPAIGN_OFFER,
        name=LocalizedText(en="Offer of a campaign", fr="Offre d’une campagne"),
        texts=TemplateTexts(
            subject=LocalizedText(
                en="{{ campaign }}, until {{ ends_on }}", fr="{{ campaign }}, jusqu’au {{ ends_on }}"
            ),
            body=_body_of(CAMPAIGN_OFFER),
        ),
        variables={
            "campaign": {"doc": "The name of the campaign.", "example": "Points doubles sur le café"},
            "programme": {"doc": "The name of the programme.", "example": "Fidelio"},
            "ends_on": {"doc": "The last local day of the offer, in words.", "example": "31 mars 2026"},
        },
    )


def _body_of(key: str) -> LocalizedText:
    return LocalizedText(
        **{language: (_HERE / f"{key}.{language}.mjml").read_text("utf-8") for language in ("en", "fr")}
    )
