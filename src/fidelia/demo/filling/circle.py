"""The programme « Cercle Éléonore »: its terms, as they were, as they are, and as somebody would like them to be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme
from fidelia.programme.operations import create_programme, draft_version, publish_version
from fidelia.programme.queries import version_in_force

from .network import CURRENCY, TIME_ZONE

SLUG, SANDBOX = "cercle-eleonore", "bac-a-sable"
RENEWED_BEFORE = timedelta(days=183)
Rule = dict[str, Any]

BASE: Rule = {
    "key": "base",
    "name": {"en": "One point per euro", "fr": "Un point par euro"},
    "points_per": {"amount": "1", "points": "1"},
}
WELCOME: Rule = {
    "key": "welcome",
    "name": {"en": "Welcome: 50 points from €20", "fr": "Bienvenue\u00a0: 50 points dès 20\u00a0€"},
    "when": "purchase.is_first && purchase.total >= 20",
    "points": "50",
}
COFFEE_TUESDAY: Rule = {
    "key": "coffee-tuesday",
    "name": {"en": "Coffee Tuesday: double points", "fr": "Mardi café\u00a0: points doubles"},
    "when": 'purchase.weekday == "tuesday"',
    "lines": 'line.category.startsWith("Café/")',
    "multiply_points": {"by": 2},
}
BIRTHDAY: Rule = {
    "key": "birthday",
    "name": {"en": "Month of birth: double points", "fr": "Mois d’anniversaire\u00a0: points doubles"},
    "when": "has(customer.birth_month) && customer.birth_month == purchase.month",
    "multiply_points": {"by": 2},
    "limit_per_purchase": 200,
}
GRAND_CRU: Rule = {
    "key": "grand-cru",
    "name": {"en": "Grand Cru: half as many again", "fr": "Grand Cru\u00a0: moitié plus de points"},
    "when": 'member.tier == "grand_cru"',
    "multiply_points": {"by": "1.5"},
}
WINTER_TEA: Rule = {
    "key": "winter-tea",
    "name": {
        "en": "Winter of teas: 30 points from €30 of tea",
        "fr": "L’hiver des thés\u00a0: 30 points dès 30\u00a0€ de thé",
    },
    "when": 'purchase.month in [12, 1, 2] && lines.filter(l, l.category.startsWith("Thé/")).sum(l, l.net) >= 30',
    "points": "30",
}
CHEQUE_TAKEN: Rule = {
    "key": "cheque-taken",
    "name": {"en": "Loyalty cheque shown", "fr": "Chèque fidélité présenté"},
    "coupon": "voucher",
    "amount_off": "voucher",
}
DOUBLE_TEA: Rule = {
    "key": "double-tea",
    "name": {"en": "Double points on tea, activated", "fr": "Points doubles sur le thé, à activer"},
    "when": '"double_tea" in customer.offers',
    "lines": 'line.category.startsWith("Thé/")',
    "multiply_points": {"by": 2},
}
COFFEE_BONUS: Rule = {
    "key": "coffee-bonus",
    "name": {"en": "40 points from €30 of coffee, activated", "fr": "40 points dès 30\u00a0€ de café, à activer"},
    "when": (
        '"coffee_bonus" in customer.offers && lines.filter(l, l.category.startsWith("Café/")).sum(l, l.net) >= 30'
    ),
    "points": "40",
}
POINTS = {"validity_months": 24, "ends": "month"}
CHEQUE = {
    "key": "cheque",
    "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"},
    "points": "300",
    "money": "10",
    "issued": "month",
    "validity": {"months": 2, "ends": "month"},
    "minimum_basket": "30",
    "per_checkout": 1,
    "notice_days": [14, 3],
}
# A friend of a member: both are thanked after the second purchase, once it can no longer come back.
REFERRAL = {
    "purchases": 2,
    "minimum": "20.00",
    "wait_days": 14,
    "within_days": 90,
    "referrer": {"points": "100"},
    "friend": {"points": "50"},
    "at_most": 10,
    "per": "year",
}

GIFT_CARDS = {
    "least": "20", "most": "150", "validity": {"months": 24, "ends": "month"},
    "top_up": {"least": "10", "most_held": "300", "renews": True, "undone_days": 14},
}  # fmt: skip


def open_circle(*, author: Actor, publisher: Actor, begins_at: datetime, ends_at: datetime) -> Programme:
    """Create the programme with its first version, and the second one half a year before the end of the history.

    The author drafts and the publisher, another person, publishes: each version at the moment from which it counts.
    """
    programme = create_programme(
        by=publisher,
        at=begins_at,
        slug=SLUG,
        name=LocalizedText(en="Éléonore Circle", fr="Cercle Éléonore"),
        currency=CURRENCY,
        time_zone=TIME_ZONE,
        points_code="PTS",
        points_name=LocalizedText(en="points", fr="points"),
    )
    first = draft_version(
        by=author, at=begins_at, programme=programme, document=first_terms(), note="Ouverture du Cercle Éléonore"
    )
    publish_version(by=publisher, at=begins_at, version=first, in_force_from=begins_at)
    renewed_at = ends_at - RENEWED_BEFORE
    second = draft_version(
        by=author, at=renewed_at - timedelta(days=9), programme=programme, document=second_terms(ends_at),
        note="Mois d’anniversaire et avantage Grand Cru",
    )  # fmt: skip
    publish_version(by=publisher, at=renewed_at, version=second, in_force_from=renewed_at)
    return programme


def propose_winter(*, author: Actor, at: datetime, programme: Programme) -> None:
    """Draft what the shop thinks of for the winter, on top of what is in force; nobody has published it."""
    current = version_in_force(programme, at)
    assert current is not None, "the circle was opened long ago"
    document = current.document | {"rules": [*current.document["rules"], WINTER_TEA]}
    draft_version(by=author, at=at, programme=programme, document=document, note="Proposition\u00a0: l’hiver des thés")


def open_sandbox(*, by: Actor, at: datetime) -> Programme:
    """Create the programme that test keys work on; analytics never see it."""
    sandbox = create_programme(
        by=by,
        at=at,
        slug=SANDBOX,
        name=LocalizedText(en="Sandbox", fr="Bac à sable"),
        currency=CURRENCY,
        time_zone=TIME_ZONE,
        points_code="ESSAI",
        points_name=LocalizedText(en="test points", fr="points d’essai"),
        is_sandbox=True,
    )
    version = draft_version(by=by, at=at, programme=sandbox, document=second_terms(at), note="Pour les clés d’essai")
    publish_version(by=by, at=at, version=version, in_force_from=at)
    return sandbox


def first_terms() -> dict[str, Any]:
    """Return the document of the first version."""
    return {"rules": [BASE, COFFEE_TUESDAY, WELCOME], "points": POINTS, "tiers": tiers()}


def offers(ends_at: datetime) -> list[dict[str, Any]]:
    """Return what members may activate from the last week of the history on."""
    opens, closes = ends_at - timedelta(days=7), ends_at + timedelta(days=40)
    return [
        {
            "key": "double_tea",
            "name": {"en": "Double points on tea", "fr": "Points doubles sur le thé"},
            "description": {
                "en": "On every tea, as often as you like.",
                "fr": "Sur tous les thés, autant de fois que vous le souhaitez.",
            },
            "valid_from": opens.isoformat(), "valid_until": closes.isoformat(), "lasts_days": 14,
        },
        {
            "key": "coffee_bonus",
            "name": {"en": "40 points with your coffee", "fr": "40 points avec votre café"},
            "description": {"en": "From €30 of coffee.", "fr": "Dès 30\u00a0€ de café."},
            "valid_from": opens.isoformat(), "valid_until": closes.isoformat(), "at_most": 500,
        },
    ]  # fmt: skip


def second_terms(ends_at: datetime) -> dict[str, Any]:
    """Return the document of the second version, of a history that ends at an instant."""
    return {
        "rules": [BASE, COFFEE_TUESDAY, BIRTHDAY, GRAND_CRU, WELCOME, DOUBLE_TEA, COFFEE_BONUS, CHEQUE_TAKEN],
        "offers": offers(ends_at),
        "points": POINTS,
        "tiers": tiers(),
        "cheques": [CHEQUE],
        "gift_cards": GIFT_CARDS,
        "referral": REFERRAL,
        "joining": {"minimum_age": 15},
    }


def tiers() -> dict[str, Any]:
    """Return the tiers, by points earned in a year."""
    names = (
        ("decouverte", "Découverte", "1"),
        ("connaisseur", "Connaisseur", "150"),
        ("grand_cru", "Grand Cru", "450"),
    )
    levels = [{"key": key, "name": {"en": name, "fr": name}, "threshold": least} for key, name, least in names]
    return {"window_days": 365, "kept_days": 365, "levels": levels}
