"""Programmes to begin from: a document ready to be read, tried, changed and published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.rules.documents import read_text
from fidelia.rules.documents.templates import template_text

from ..errors import UnknownProgramme
from ..models import PointsCurrency, Programme, ProgrammeVersion
from ..queries import Terms, parse_document
from .programmes import create_programme
from .versions import draft_version

POINTS = LocalizedText(en="points", fr="points")


MILES = LocalizedText(en="miles", fr="miles")
EUROS = LocalizedText(en="euros", fr="euros")


@dataclass(frozen=True, slots=True)
class ProgrammeTemplate:
    """A way to reward: what it is called, what it is like in a sentence, what its points are, and its document."""

    key: str
    name: LocalizedText
    meaning: LocalizedText
    points_name: LocalizedText = POINTS
    points_code: str = "PTS"
    points_scale: int = 0
    points_look: str = PointsCurrency.Look.POINTS

    @property
    def text(self) -> str:
        """The document as it is written, with its comments."""
        return template_text(self.key)

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = read_text(self.text)
        return document


TEMPLATES = (
    ProgrammeTemplate(
        "cagnotte-and-cheque",
        LocalizedText(en="Cagnotte and loyalty cheque", fr="Cagnotte et chèque fidélité"),
        LocalizedText(
            en="1 point for each euro; every 200 points become a loyalty cheque of 10, valid for three months.",
            fr="1 point par euro\u00a0; tous les 200 points, un chèque fidélité de 10, valable trois mois.",
        ),
    ),
    ProgrammeTemplate(
        "points-and-tiers",
        LocalizedText(en="Points and tiers", fr="Points et statuts"),
        LocalizedText(
            en="1 point for each euro, a welcome, a month of birth, and two tiers by the points of a year.",
            fr="1 point par euro, un accueil, un mois d’anniversaire, et deux statuts selon les points d’une année.",
        ),
    ),
    ProgrammeTemplate(
        "cagnotte",
        LocalizedText(en="Cagnotte", fr="Cagnotte"),
        LocalizedText(
            en="3 % of each purchase in euros, spent at the till from 5 euros on.",
            fr="3\u00a0% de chaque achat en euros, à dépenser en caisse dès 5 euros.",
        ),
        EUROS,
        "CAG",
        2,
        PointsCurrency.Look.MONEY,
    ),
    ProgrammeTemplate(
        "miles-and-status",
        LocalizedText(en="Miles and status", fr="Miles et statuts"),
        LocalizedText(
            en="5 miles for each euro, and three statuses by what is spent in a year, kept through the next.",
            fr="5 miles par euro, et trois statuts selon les dépenses de l’année, gardés toute la suivante.",
        ),
        MILES,
        "MILES",
        0,
        PointsCurrency.Look.MILES,
    ),
    ProgrammeTemplate(
        "coalition",
        LocalizedText(en="Coalition", fr="Coalition"),
        LocalizedText(
            en="One purse for several partners: members earn here and spend there.",
            fr="Une cagnotte de points pour plusieurs partenaires\u00a0: on gagne ici, on dépense là.",
        ),
    ),
    ProgrammeTemplate(
        "b2b-volume",
        LocalizedText(en="B2B volume", fr="Volume entre entreprises"),
        LocalizedText(
            en="Companies pay less by quantity, earn before tax, and climb by what they buy in a year.",
            fr="Les entreprises paient moins par quantité, gagnent hors taxes et montent selon l’année d’achats.",
        ),
    ),
)


def get_template(key: str) -> ProgrammeTemplate:
    """Raises UnknownProgramme."""
    for template in TEMPLATES:
        if template.key == key:
            return template
    raise UnknownProgramme(f"There is no template “{key}”.")


def read_template(template: ProgrammeTemplate, *, currency: str, time_zone: str) -> Terms:
    """Return the terms that a programme of this money would have; nothing is written."""
    points = PointsCurrency(code="", name=template.points_name, scale=template.points_scale)
    programme = Programme(
        slug="", name=template.name, currency=currency, points_currency=points, time_zone=time_zone
    )  # fmt: skip
    return parse_document(programme, template.document, version_id=UUID(int=0))


def begin_from_template(
    *,
    by: Actor,
    at: datetime,
    template: ProgrammeTemplate,
    slug: str,
    name: LocalizedText,
    currency: str,
    time_zone: str,
) -> ProgrammeVersion:
    """Create a programme with the template's document as its first draft; nobody earns before it is published.

    Raises Denied (programme.create, programme.draft), SlugTaken, UnknownCurrency, UnknownTimeZone.
    """
    by.require("programme.create")
    by.require("programme.draft")
    programme = create_programme(
        by=by, at=at, slug=slug, name=name, currency=currency, time_zone=time_zone, points_code=_points_code(template),
        points_name=template.points_name, points_scale=template.points_scale, points_look=template.points_look,
    )  # fmt: skip
    note = f"From the template “{template.key}”"
    return draft_version(by=by, at=at, programme=programme, document=template.document, note=note, text=template.text)


def _points_code(template: ProgrammeTemplate) -> str:
    """PTS for the first programme; each later one counts points of its own."""
    taken, code = set(PointsCurrency.objects.values_list("code", flat=True)), template.points_code
    return next(each for each in (code, *(f"{code}{n}" for n in range(2, 1_000))) if each not in taken)
