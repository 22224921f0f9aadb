"""What the style page shows: figures, rows and events of the invented shop, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse

from fidelia.ui import formats
from fidelia.ui.parts import (
    Change,
    Chip,
    Definition,
    Figure,
    Link,
    Mark,
    Page,
    Progress,
    Segment,
    Step,
    Tab,
    TimelineGroup,
    TimelineItem,
)

from .style_words import words

TODAY = date(2026, 11, 22)
RULE = """\
# Double points café
when: purchase.closed
if: |
  purchase.weekday == "tuesday"
  && member.tier in ["connaisseur", "grand_cru"]
  && lines.filter(l, l.category == "coffee")
       .sum(l, l.net) >= 20.00
then:
  multiply_points: { by: 2, lines: coffee }
limits: { per_purchase: 200, total: 900_000 }
"""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says an invented text in the reader's language: the shop's words are data, not texts of the product."""

    language: str

    def __call__(self, fr: str, en: str) -> str:
        return formats.french_spaces(fr) if formats.is_french(self.language) else en

    def money(self, amount: float, decimals: int | None = None) -> str:
        return formats.money(amount, "EUR", self.language, decimals=decimals)

    def number(self, value: float, *, sign: bool = False) -> str:
        return formats.number(value, self.language, sign=sign)

    def day(self, month: int, day: int) -> str:
        return formats.short_date(date(2026, month, day), self.language, today=TODAY)


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    email: str
    stage: str
    last: str
    spend: str
    trend: tuple[int, ...]
    falling: bool
    points: str
    value: str
    alive: str
    tone: str


class ExampleForm(forms.Form):
    """A form with two mistakes, an optional field and a choice."""

    ends_on = forms.CharField(initial="28/02/2026")
    points_price = forms.CharField(initial="12,5")
    store = forms.ChoiceField(required=False)
    consent = forms.BooleanField(required=False)

    def __init__(self, say: Speaker) -> None:
        super().__init__({"ends_on": "28/02/2026", "points_price": "12,5"})
        for name, fr, en in (
            ("ends_on", "Fin", "Ends on"),
            ("points_price", "Prix en points", "Points price"),
            ("store", "Magasin", "Store"),
            ("consent", "Prévenir par e-mail", "Tell me by e-mail"),
        ):
            self.fields[name].label = say(fr, en)
        self.fields["store"].help_text = say("Sans choix, tous les magasins.", "Without a choice, all stores.")
        stores = [("", say("Tous", "All")), ("lyon", "Lyon – Presqu’île")]
        self.fields["store"].choices = stores  # type: ignore[attr-defined]
        fault = say("La fin précède le début, le 1ᵉʳ décembre 2026.", "The end is before the start, 1 December 2026.")
        self.add_error("ends_on", fault)
        whole = say("Les points sont entiers. 12 ou 13 ?", "Points are whole numbers. Did you mean 12 or 13?")
        self.add_error("points_price", whole)


def all_parts(say: Speaker) -> dict[str, Any]:
    """Return what the template of the style page names."""
    return {
        "w": words(say),
        "figures": _figures(say),
        "repurchase": _repurchase(say),
        "customers": _customers(say),
        "tabs": _tabs(say),
        "chips": _chips(say),
        "page": Page(1, 6, "584", next_url="?after=6", order=say("triées par dépense", "sorted by spend")),
        "timeline": _timeline(say),
        "steps": _steps(say),
        "job": _job(say),
        "form": ExampleForm(say),
        "rule": RULE,
        "totals": [Segment(0.96, "success"), Segment(0.03, "danger"), Segment(0.01, "context")],
        "states": ("published", "draft", "planned", "running", "waiting", "paused", "failed", "refused", "ended"),
    }


def ended_job(say: Speaker) -> Progress:
    name = say("1 000 000 de codes de coupon", "1,000,000 coupon codes")
    return Progress("f-job", name, 1_000_000, 1_000_000, say.number(1_000_000), ended=True)


def _repurchase(say: Speaker) -> Definition:
    return Definition(
        say("Réachat à 90 jours", "Repurchase in 90 days"),
        say(
            "Parmi les clients qui ont acheté entre 120 et 90 jours avant la fin, part de ceux revenus sous 90 jours.",
            "Of the customers who bought 120 to 90 days before the end of the period, the share who bought again.",
        ),
        say("3 925 revenus ÷ 9 412 clients = 41,7 %", "3,925 came back ÷ 9,412 customers = 41.7%"),
        say("de 40,7 à 42,7 · arrêté au 21 novembre, minuit", "interval 40.7 to 42.7 · up to 21 November, midnight"),
        (
            Link(say("Voir les 3 925 personnes", "See the 3,925 people"), "?people=repurchase"),
            Link(say("Définition entière", "Full definition"), "?definition=repurchase"),
        ),
    )


def _figures(say: Speaker) -> list[Figure]:
    against = say("sur un an", "on last year")
    sentence = Definition(say("Chiffre d’affaires", "Sales"), say("Toutes taxes comprises.", "Tax included."))

    def share(text: float) -> str:
        return formats.number(text, say.language, decimals=1)

    unit = formats.percent_sign(say.language)
    return [
        Figure(
            say("Chiffre d’affaires", "Sales"),
            say.money(412_860, 0),
            change=Change(formats.share("0.055", say.language, sign=True), "up", True, against),
            definition=sentence,
        ),
        Figure(
            say("Part des adhérents", "Member share of sales"),
            share(63.9),
            unit,
            Change(formats.share_change("0.018", say.language), "up", True, against),
            definition=sentence,
        ),
        Figure(
            say("Adhérents actifs", "Active members"),
            say.number(18_942),
            change=Change(formats.share("0.031", say.language, sign=True), "up", True, against),
            definition=sentence,
        ),
        Figure(
            say("Réachat à 90 jours", "Repurchase in 90 days"),
            share(41.7),
            unit,
            Change(formats.share_change("-0.009", say.language), "down", False, against),
            definition=_repurchase(say),
        ),
        Figure(
            say("Engagement points", "Points liability"),
            say.money(38_214, 0),
            note=say("4,78 M points dus", "4.78 M points owed"),
            definition=sentence,
        ),
    ]


def _tabs(say: Speaker) -> list[Tab]:
    return [
        Tab(say("Tous", "All"), "?view=all"),
        Tab(say("Grand Cru à Lyon", "Grand Cru in Lyon"), "?view=lyon", "584", current=True),
        Tab(say("S’éloignent", "Drifting away"), "?view=away", say.number(2_131)),
        Tab(say("Nouveaux ce mois", "New this month"), "?view=new", "612"),
        Tab(say("Sans consentement", "Without consent"), "?view=no-consent", say.number(5_870)),
    ]


def _chips(say: Speaker) -> list[Chip]:
    return [
        Chip(say("Statut est", "Tier is"), "Grand Cru", "?store=lyon"),
        Chip(say("Magasin préféré est", "Favourite store is"), "Lyon – Presqu’île", "?tier=grand-cru"),
    ]


def _customers(say: Speaker) -> list[Customer]:
    supporter, ambassador = say("Supporteur", "Supporter"), say("Ambassadeur", "Ambassador")
    rows = [
        ("Loïc Le Goff", ambassador, (11, 20), 2107.25, (3, 2, 4, 4, 5, 4, 6), False, 6120, 2340, 97),
        ("Inès Castañeda", ambassador, (11, 21), 1711.8, (1, 2, 3, 3, 4, 5, 5), False, 5085, 1990, 97),
        ("Chloé N’Diaye", supporter, (11, 14), 1542.9, (1, 1, 4, 3, 4, 4, 5), False, 3905, 1655, 93),
        ("François d’Ormesson", supporter, (10, 9), 1398.4, (6, 5, 5, 4, 3, 2, 1), True, 4210, 1290, 61),
        ("Hélène Marchand", supporter, (11, 17), 1284.6, (1, 3, 2, 4, 3, 5, 6), False, 2480, 1180, 94),
        ("Benoît Lefebvre", supporter, (9, 12), 1056.7, (6, 6, 5, 4, 2, 2, 1), True, 3300, 780, 34),
    ]
    return [
        Customer(
            name=name,
            email=f"{name.split()[0].casefold()}@mel.example",
            stage=stage,
            last=say.day(*last),
            spend=say.money(spend, 2),
            trend=trend,
            falling=falling,
            points=say.number(points),
            value=say.money(value, 0),
            alive=f"{alive}{formats.percent_sign(say.language)}",
            tone="green" if alive >= 80 else "amber" if alive >= 50 else "red",
        )
        for name, stage, last, spend, trend, falling, points, value, alive in rows
    ]


def _timeline(say: Speaker) -> list[TimelineGroup]:
    purchase, case, workshop = _past(say)
    return [
        TimelineGroup(say("À venir", "Coming"), _coming(say), coming=True),
        TimelineGroup(formats.day_heading(date(2026, 11, 17), say.language), (purchase,)),
        TimelineGroup(formats.month_name(date(2026, 10, 1), say.language, today=TODAY), (case,)),
        TimelineGroup(formats.month_name(date(2026, 9, 1), say.language, today=TODAY), (workshop,)),
    ]


def _coming(say: Speaker) -> tuple[TimelineItem, TimelineItem]:
    coming = TimelineItem(
        "route",
        say("Anniversaire", "Birthday"),
        rest=say("\u00a0: e-mail et 100 points", ": e-mail and 100 points"),
        detail=say(
            "Plan « Anniversaire », étape 1 · partira à 9 h, heure de Paris",
            "Plan “Birthday”, step 1 · leaves at 09:00 Paris time",
        ),
        when=formats.short_date(date(2026, 11, 25), say.language, today=TODAY, weekday=True),
    )
    expiry = TimelineItem(
        "hourglass",
        say("320 points", "320 points"),
        rest=say("expirent", "expire"),
        detail=say("Gagnés entre octobre et décembre 2024", "Earned October to December 2024"),
        when=formats.short_date(date(2026, 12, 31), say.language, today=TODAY, weekday=True),
    )
    return coming, expiry


def _past(say: Speaker) -> tuple[TimelineItem, TimelineItem, TimelineItem]:
    purchase = TimelineItem(
        "shopping-bag",
        say("Achat de 68,40 €", "Purchase of €68.40"),
        rest=say("à Lyon – Presqu’île", "at Lyon – Presqu’île"),
        detail=say(
            "Moka Sidamo 1 kg × 2, Éthiopie Limu 125 g · carte bancaire",
            "Moka Sidamo 1 kg × 2, Ethiopia Limu 125 g · bank card",
        ),
        end=formats.points(138, say.language, sign=True, unit=True),
        end_good=True,
        when=say("acquis le 1ᵉʳ déc.", "final on 1 Dec"),
        tone="petrol",
        marks=(
            Mark(say("−7,60 € Café d’automne", "−€7.60 Autumn coffee")),
            Mark(say("× 2 points café", "× 2 coffee points"), "petrol"),
        ),
        url="?purchase=1",
    )
    case = TimelineItem(
        "headset",
        say("Réclamation R-2418", "Complaint R-2418"),
        rest=say("close : colis abîmé", "closed: damaged parcel"),
        detail=say("Première réponse en 2 h 10", "First answer in 2 h 10"),
        end=formats.points(200, say.language, sign=True, unit=True),
        end_good=True,
        when=say.day(10, 1),
        tone="amber",
    )
    workshop = TimelineItem(
        "gift",
        say("Atelier barista", "Barista workshop"),
        lead=say("Récompense", "Reward"),
        detail=say("lots de 2025 utilisés d’abord", "2025 lots used first"),
        end=formats.points(-1200, say.language, sign=True, unit=True),
        when=say.day(9, 5),
        tone="petrol",
    )
    return purchase, case, workshop


def _steps(say: Speaker) -> list[Step]:
    return [
        Step(say("Fichier", "File"), "done", "?step=file"),
        Step(say("Colonnes", "Columns"), "now"),
        Step(say("Vérification", "Check"), "next"),
        Step(say("Import", "Import"), "next"),
    ]


def _job(say: Speaker) -> Progress:
    return Progress(
        id="f-job",
        name=say("1 000 000 de codes de coupon", "1,000,000 coupon codes"),
        done=740_000,
        total=1_000_000,
        count=say("740 000 sur 1 000 000", "740,000 of 1,000,000"),
        pace=say("18 000 par seconde", "18,000 a second"),
        left=say("encore 14 s", "14 s left"),
        poll_url=reverse("console:style-progress"),
        stop_url=reverse("console:style-progress"),
        seconds_run=60,
    )
