"""Programmes to begin from: a document ready to be read, tried, changed and published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from ..errors import UnknownProgramme
from ..models import PointsCurrency, Programme, ProgrammeVersion
from ..queries import Terms, parse_document
from .programmes import create_programme
from .versions import draft_version

POINTS = LocalizedText(en="points", fr="points")


@dataclass(frozen=True, slots=True)
class ProgrammeTemplate:
    """A way to reward: what it is called, what it is like in a sentence, and its document."""

    key: str
    name: LocalizedText
    meaning: LocalizedText
    document: dict[str, Any]


# The usual start of a French shop: the amounts and the thresholds are round, and every one of them can be changed.
POINTS_AND_TIERS = ProgrammeTemplate(
    key="points-and-tiers",
    name=LocalizedText(en="Points and tiers", fr="Points et statuts"),
    meaning=LocalizedText(
        en="1 point for each euro, a welcome, a month of birth, and two tiers by the points of a year.",
        fr="1 point par euro, un accueil, un mois d’anniversaire, et deux statuts selon les points d’une année.",
    ),
    document={
        "rules": [
            {
                "key": "base",
                "name": {"en": "One point per euro", "fr": "Un point par euro"},
                "points_per": {"amount": "1", "points": "1"},
            },
            {
                "key": "welcome",
                "name": {"en": "Welcome: 50 points from 20", "fr": "Bienvenue : 50 points dès 20"},
                "when": "purchase.is_first && purchase.total >= 20",
                "points": "50",
            },
            {
                "key": "birthday",
                "name": {"en": "Month of birth: double points", "fr": "Mois d’anniversaire : points doubles"},
                "when": "has(customer.birth_month) && customer.birth_month == purchase.month",
                "multiply_points": {"by": 2},
                "limit_per_purchase": 200,
            },
            {
                "key": "gold",
                "name": {"en": "Gold: half as many again", "fr": "Or : moitié plus de points"},
                "when": 'member.tier == "gold"',
                "multiply_points": {"by": "1.5"},
            },
        ],
        "points": {"validity_months": 24, "ends": "month"},
        "tiers": {
            "window_days": 365,
            "kept_days": 365,
            "levels": [
                {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "300"},
                {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "1000"},
            ],
        },
    },
)
# What most French chains promise: 5 % back, as a cheque that comes by itself and brings the member back to the shop.
CAGNOTTE_AND_CHEQUE = ProgrammeTemplate(
    key="cagnotte-and-cheque",
    name=LocalizedText(en="Cagnotte and loyalty cheque", fr="Cagnotte et chèque fidélité"),
    meaning=LocalizedText(
        en="1 point for each euro; every 200 points become a loyalty cheque of 10, valid for three months.",
        fr="1 point par euro ; tous les 200 points, un chèque fidélité de 10, valable trois mois.",
    ),
    document={
        "rules": [
            {
                "key": "base",
                "name": {"en": "One point per euro", "fr": "Un point par euro"},
                "points_per": {"amount": "1", "points": "1"},
            },
            {
                "key": "birthday",
                "name": {"en": "Month of birth: double points", "fr": "Mois d’anniversaire : points doubles"},
                "when": "has(customer.birth_month) && customer.birth_month == purchase.month",
                "multiply_points": {"by": 2},
                "limit_per_purchase": 200,
            },
            {
                "key": "cheque-taken",
                "name": {"en": "Loyalty cheque shown", "fr": "Chèque fidélité présenté"},
                "coupon": "voucher",
                "amount_off": "voucher",
            },
        ],
        "points": {"validity_months": 12, "ends": "month", "notice_days": [30]},
        "cheques": [
            {
                "key": "cheque",
                "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"},
                "points": "200",
                "money": "10",
                "issued": "at_once",
                "validity": {"months": 3, "ends": "month"},
                "minimum_basket": "20",
                "per_checkout": 1,
                "notice_days": [14, 3],
            }
        ],
    },
)
TEMPLATES = (CAGNOTTE_AND_CHEQUE, POINTS_AND_TIERS)


def get_template(key: str) -> ProgrammeTemplate:
    """Raises UnknownProgramme."""
    for template in TEMPLATES:
        if template.key == key:
            return template
    raise UnknownProgramme(f"There is no template “{key}”.")


def read_template(template: ProgrammeTemplate, *, currency: str, time_zone: str) -> Terms:
    """Return the terms that a programme of this money would have; nothing is written."""
    points = PointsCurrency(code="", name=POINTS, scale=0)
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
        by=by, at=at, slug=slug, name=name, currency=currency, time_zone=time_zone, points_code=_points_code(),
        points_name=POINTS,
    )  # fmt: skip
    note = f"From the template “{template.key}”"
    return draft_version(by=by, at=at, programme=programme, document=template.document, note=note)


def _points_code() -> str:
    """PTS for the first programme; each later one counts points of its own."""
    taken = set(PointsCurrency.objects.values_list("code", flat=True))
    return next(code for code in ("PTS", *(f"PTS{n}" for n in range(2, 1_000))) if code not in taken)
