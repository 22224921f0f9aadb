"""The templates that come with the product. An installation that writes its own version keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fidelia.kernel.localized import LocalizedText

from ...queries.rendering import TemplateTexts

POINTS_EARNED = "points_earned"
CAMPAIGN_OFFER = "campaign_offer"
POINTS_EXPIRING = "points_expiring"
TIER_REACHED = "tier_reached"
TIER_ENDING = "tier_ending"
LOG_IN_CODE = "log_in_code"
SPENDING_CODE = "spending_code"
CHEQUE_ISSUED = "cheque_issued"
CHEQUE_ENDING = "cheque_ending"
REFERRAL_NEWS = "referral_news"
SUBSCRIPTION_NEWS = "subscription_news"
WELCOME = "welcome"
COUPON_GIVEN = "coupon_given"
LIMIT_NEARED = "limit_neared"
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
    return (
        *(_points_earned(), _campaign_offer(), _points_expiring(), _tier_reached(), _tier_ending()),
        *(_log_in_code(), _cheque_issued(), _cheque_ending(), _referral_news(), _subscription_news(), _welcome()),
        *(_coupon_given(), _spending_code(), _limit_neared()),
    )


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


_PROGRAMME = {"doc": "The name of the programme.", "example": "Fidelio"}
_UNTIL = {"doc": "The last local day, in words.", "example": "31 mars 2026"}
_TIER = {"doc": "The name of the tier.", "example": "Or"}


def _points_expiring() -> DefaultTemplate:
    return DefaultTemplate(
        key=POINTS_EXPIRING,
        name=LocalizedText(en="Points about to end", fr="Points bientôt échus"),
        texts=TemplateTexts(
            subject=LocalizedText(
                en="{{ points }} {{ unit }} to use until {{ until }}",
                fr="{{ points }} {{ unit }} à utiliser jusqu’au {{ until }}",
            ),
            body=_body_of(POINTS_EXPIRING),
        ),
        variables={
            "points": {"doc": "How many end, written for the language.", "example": "120"},
            "unit": {"doc": "The name of the points currency.", "example": "points"},
            "until": _UNTIL,
            "programme": _PROGRAMME,
        },
    )


def _tier_reached() -> DefaultTemplate:
    return DefaultTemplate(
        key=TIER_REACHED,
        name=LocalizedText(en="Tier reached", fr="Statut atteint"),
        texts=TemplateTexts(
            subject=LocalizedText(en="You are {{ tier }}", fr="Vous êtes {{ tier }}"), body=_body_of(TIER_REACHED)
        ),
        variables={
            "tier": _TIER,
            "until": {**_UNTIL, "doc": "The last local day on which it is held, in words; empty without end."},
            "benefits": {"doc": "What it gives, sentence by sentence.", "example": ["Livraison offerte"]},
            "programme": _PROGRAMME,
        },
    )


def _tier_ending() -> DefaultTemplate:
    return DefaultTemplate(
        key=TIER_ENDING,
        name=LocalizedText(en="Tier about to end", fr="Statut bientôt échu"),
        texts=TemplateTexts(
            subject=LocalizedText(
                en="Your tier {{ tier }} ends on {{ until }}", fr="Votre statut {{ tier }} se termine le {{ until }}"
            ),
            body=_body_of(TIER_ENDING),
        ),
        variables={
            "tier": _TIER,
            "until": _UNTIL,
            "missing": {"doc": "How much more keeps it, in words; empty where nothing can.", "example": "120 points"},
            "then": {"doc": "The tier that follows; empty for none.", "example": "Argent"},
            "programme": _PROGRAMME,
        },
    )


def _log_in_code() -> DefaultTemplate:
    return DefaultTemplate(
        key=LOG_IN_CODE,
        name=LocalizedText(en="Code to come in", fr="Code pour se connecter"),
        texts=TemplateTexts(
            subject=LocalizedText(en="{{ code }} is your code", fr="{{ code }} est votre code"),
            body=_body_of(LOG_IN_CODE),
            short=LocalizedText(
                en="{{ code }} is your code for {{ portal }}. It works for {{ minutes }} minutes. Give it to nobody.",
                fr="{{ code }} est votre code {{ portal }}. Il vaut {{ minutes }} minutes. Ne le donnez à personne.",
            ),
        ),
        variables={
            "code": {"doc": "Six digits, in two groups.", "example": "123 456"},
            "minutes": {"doc": "For how long it works.", "example": "10"},
            "portal": {"doc": "The name of the pages for members.", "example": "Fidelio"},
            "is_new_address": {"doc": "Whether it confirms a new address.", "example": False},
        },
    )


def _spending_code() -> DefaultTemplate:
    return DefaultTemplate(
        key=SPENDING_CODE,
        name=LocalizedText(en="Code to spend points", fr="Code pour dépenser des points"),
        texts=TemplateTexts(
            subject=LocalizedText(en="{{ code }} is your code at the till", fr="{{ code }} est votre code en caisse"),
            body=_body_of(SPENDING_CODE),
            short=LocalizedText(
                en="{{ code }}: tell it to spend your points, within {{ minutes }} minutes. Not you? Tell nobody.",
                fr="{{ code }} : dites-le pour dépenser vos points, sous {{ minutes }} minutes. Pas vous ? Gardez-le.",
            ),
        ),
        variables={
            "code": {"doc": "Six digits, in two groups.", "example": "123 456"},
            "minutes": {"doc": "For how long it works.", "example": "5"},
        },
    )


def _welcome() -> DefaultTemplate:
    return DefaultTemplate(
        key=WELCOME,
        name=LocalizedText(en="Welcome to a programme", fr="Bienvenue dans un programme"),
        texts=TemplateTexts(
            subject=LocalizedText(en="Welcome to {{ programme }}", fr="Bienvenue dans {{ programme }}"),
            body=_body_of(WELCOME),
            short=LocalizedText(
                en="Welcome to {{ programme }}. Your card and your points: {{ portal }}",
                fr="Bienvenue dans {{ programme }}. Votre carte et vos points : {{ portal }}",
            ),
        ),
        variables={
            "programme": {"doc": "The name of the programme.", "example": "Fidelio"},
            "portal": {"doc": "The address of the pages for members.", "example": "https://fidelio.example"},
        },
    )


def _cheque_issued() -> DefaultTemplate:
    return DefaultTemplate(
        key=CHEQUE_ISSUED,
        name=LocalizedText(en="Loyalty cheque issued", fr="Chèque fidélité émis"),
        texts=TemplateTexts(
            subject=LocalizedText(en="Your loyalty cheque of {{ amount }}", fr="Votre chèque fidélité de {{ amount }}"),
            body=_body_of(CHEQUE_ISSUED),
        ),
        variables=_CHEQUE,
    )


def _coupon_given() -> DefaultTemplate:
    return DefaultTemplate(
        key=COUPON_GIVEN,
        name=LocalizedText(en="Coupon for a member", fr="Coupon pour un adhérent"),
        texts=TemplateTexts(
            subject=LocalizedText(en="For you: {{ coupon }}", fr="Pour vous\u00a0: {{ coupon }}"),
            body=_body_of(COUPON_GIVEN),
        ),
        variables={
            "coupon": {"doc": "The name of the series.", "example": "Dix euros pour les fêtes"},
            "code": {"doc": "The code to show.", "example": "FETES-H6CA-W66T"},
            "until": {**_UNTIL, "doc": "The last local day, in words; empty without end."},
            "programme": _PROGRAMME,
        },
    )


def _referral_news() -> DefaultTemplate:
    return DefaultTemplate(
        key=REFERRAL_NEWS,
        name=LocalizedText(en="News of a referral", fr="Nouvelles d’un parrainage"),
        texts=TemplateTexts(
            subject=LocalizedText(en="Your referral: {{ title }}", fr="Votre parrainage\u00a0: {{ title }}"),
            body=_body_of(REFERRAL_NEWS),
        ),
        variables={
            "title": {"doc": "The state in two or three words.", "example": "récompensé"},
            "sentence": {"doc": "How far it is, in a sentence.", "example": "Vous êtes récompensés tous les deux."},
            "given": {"doc": "What this side got, in words; empty for nothing.", "example": "500 points"},
            "programme": _PROGRAMME,
        },
    )


def _subscription_news() -> DefaultTemplate:
    return DefaultTemplate(
        key=SUBSCRIPTION_NEWS,
        name=LocalizedText(en="News of a paid membership", fr="Nouvelles d’un abonnement"),
        texts=TemplateTexts(
            subject=LocalizedText(en="{{ title }}", fr="{{ title }}"),
            body=_body_of(SUBSCRIPTION_NEWS),
        ),
        variables={
            "title": {"doc": "What happened, in some words.", "example": "Votre abonnement est renouvelé"},
            "sentence": {
                "doc": "What it means, in a sentence.",
                "example": "«\u00a0Plus\u00a0» est payé jusqu’au 14 janvier 2027.",
            },
            "programme": _PROGRAMME,
        },
    )


def _cheque_ending() -> DefaultTemplate:
    return DefaultTemplate(
        key=CHEQUE_ENDING,
        name=LocalizedText(en="Loyalty cheque about to end", fr="Chèque fidélité bientôt échu"),
        texts=TemplateTexts(
            subject=LocalizedText(
                en="{{ amount }} to use until {{ until }}", fr="{{ amount }} à utiliser jusqu’au {{ until }}"
            ),
            body=_body_of(CHEQUE_ENDING),
        ),
        variables=_CHEQUE,
    )


_CHEQUE = {
    "amount": {"doc": "What it is worth, or what is left of it, with its currency.", "example": "10,00 €"},
    "code": {"doc": "The code to show.", "example": "7KQ2-X9RB-4MTN"},
    "minimum": {"doc": "The smallest basket, with its currency; empty for none.", "example": "30,00 €"},
    "until": {**_UNTIL, "doc": "The last local day, in words; empty without end."},
    "programme": _PROGRAMME,
}


def _body_of(key: str) -> LocalizedText:
    return LocalizedText(
        **{language: (_HERE / f"{key}.{language}.mjml").read_text("utf-8") for language in ("en", "fr")}
    )


def _limit_neared() -> DefaultTemplate:
    return DefaultTemplate(
        key=LIMIT_NEARED,
        name=LocalizedText(en="A budget nears its end (to the team)", fr="Un budget touche à sa fin (à l’équipe)"),
        texts=TemplateTexts(
            subject=LocalizedText(
                en="{{ rule }}: {% if is_over %}nothing is left{% else %}{{ share }} % is used{% endif %}",
                fr="{{ rule }} : {% if is_over %}tout est consommé{% else %}{{ share }} % consommés{% endif %}",
            ),
            body=_body_of(LIMIT_NEARED),
        ),
        variables={
            "rule": {"doc": "The name of the rule, or the key of the campaign.", "example": "Points doubles"},
            "terms": {"doc": "The limit, in words.", "example": "au plus 5 000 € en tout et par mois"},
            "taken": {"doc": "How much of it is used.", "example": "4 012 €"},
            "share": {"doc": "The hundredths of it that are passed.", "example": "80"},
            "is_over": {"doc": "Whether nothing is left.", "example": False},
            "store": {"doc": "The first store where it was met; empty for a limit in all.", "example": "Lyon"},
            "programme": _PROGRAMME,
            "page": {"doc": "Where budgets are seen.", "example": "https://example.com/console/budgets/"},
        },
    )
