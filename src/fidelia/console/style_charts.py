"""The charts of the style page: each builder of `ui.charts` with the invented shop's numbers."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from typing import Any

from fidelia.ui import charts, formats

from .style_parts import TODAY, Speaker

EURO = charts.Unit("money", "EUR")
FIRST_WEEK = date(2026, 8, 31)
MEMBERS = (48, 50, 49, 53, 53, 52, 55, 57, 55, 60, 62, 67)
OTHERS = (32, 32, 31, 31, 33, 30, 31, 33, 32, 34, 35, 37)
LAST_YEAR = (76, 78, 76, 79, 80, 78, 81, 85, 84, 89, 92, 98)
ISSUED = (71, 74, 72, 80, 81, 76, 84, 88, 85, 93, 98, 108)
REDEEMED = (40, 38, 44, 47, 44, 52, 50, 51, 55, 57, 61, 74)
EXPIRED = (6, 5, 5, 6, 22, 5, 5, 5, 24, 7, 6, 5)


def all_charts(say: Speaker) -> dict[str, Any]:
    """Return each chart by the name the template uses."""
    return {
        "sales": _sales(say),
        "points": _points(say),
        "rules": _rules(say),
        "audience": _audience(say),
        "frequency": _frequency(say),
        "cohorts": _cohorts(say),
        "effects": _effects(say),
        "versions": _versions(say),
        "concentration": _concentration(say),
        "classes": _classes(say),
    }


def _weeks(say: Speaker) -> list[str]:
    weeks = (FIRST_WEEK + timedelta(weeks=i) for i in range(12))
    return [formats.short_date(week, say.language, today=TODAY) for week in weeks]


def _thousands(values: tuple[int, ...]) -> list[float]:
    return [1000.0 * value for value in values]


def _sales(say: Speaker) -> charts.Chart:
    return charts.stacked_bars(
        _weeks(say),
        [
            charts.Series(say("Adhérents", "Members"), _thousands(MEMBERS)),
            charts.Series(say("Autres clients", "Other customers"), _thousands(OTHERS), "context"),
        ],
        unit=EURO,
        language=say.language,
        heading=say("Semaine du", "Week of"),
        comparison=charts.Series(say("Total l’an dernier", "Total last year"), _thousands(LAST_YEAR)),
    )


def _points(say: Speaker) -> charts.Chart:
    return charts.in_out_bars(
        _weeks(say),
        charts.Series(say("Émis", "Issued"), _thousands(ISSUED)),
        [
            charts.Series(say("Utilisés", "Redeemed"), _thousands(REDEEMED), "orange"),
            charts.Series(say("Expirés", "Expired"), _thousands(EXPIRED), "sand"),
        ],
        unit=charts.Unit(),
        language=say.language,
        heading=say("Semaine du", "Week of"),
    )


def _rules(say: Speaker) -> charts.Chart:
    return charts.sorted_bars(
        [
            (say("Double points café", "Double coffee points"), 486),
            (say("Atelier au 3ᵉ moulin", "Workshop at 3rd grinder"), 61),
            (say("Anniversaire", "Birthday"), 12),
            (say("Gain de base", "Base earning"), 0),
            (say("Café d’automne", "Autumn coffee"), -9),
            (say("Thé double le mardi", "Double tea Tuesday"), -58),
        ],
        unit=charts.Unit(),
        language=say.language,
        heading=say("Règle", "Rule"),
        value_name=say("Milliers de points", "Thousand points"),
        links=[f"?rule={i}" for i in range(6)],
    )


def _audience(say: Speaker) -> charts.Chart:
    return charts.waterfall(
        (say("Dans le segment", "In the segment"), 742),
        [
            (say("Aucun canal permis", "No lawful channel"), 131, "orange"),
            (say("Opposés", "Asked not to be contacted"), 38, "orange"),
            (say("Trop de messages", "Over the pressure cap"), 22, "orange"),
            (say("Autre campagne", "In another win-back"), 36, "orange"),
            (say("Groupe témoin", "Control group"), 103, "sand"),
        ],
        say("Recevront", "Will receive"),
        language=say.language,
        heading=say("Étape", "Step"),
        value_name=say("Personnes", "People"),
    )


def _frequency(say: Speaker) -> charts.Chart:
    columns = [
        say(fr, en)
        for fr, en in (
            ("9 mois et plus", "9 months or more"),
            ("5 à 9 mois", "5 to 9 months"),
            ("3 à 5 mois", "3 to 5 months"),
            ("1 à 3 mois", "1 to 3 months"),
            ("1 mois", "1 month"),
        )
    ]
    rows = [
        say(fr, en)
        for fr, en in (
            ("9 et plus", "9 or more"),
            ("5 à 8", "5 to 8"),
            ("3 à 4", "3 to 4"),
            ("2 achats", "2 purchases"),
            ("1 achat", "1 purchase"),
        )
    ]
    counts = [
        [1218, 402, 611, 960, 1480],
        [1350, 980, 1102, 1310, 1405],
        [1622, 1340, 1418, 1275, 990],
        [1890, 1655, 1350, 1101, 702],
        [3558, 1650, 1180, 760, 331],
    ]
    amounts = [
        [148.0, 210.0, 322.0, 468.0, 742.0],
        [96.0, 140.0, 214.0, 301.0, 455.0],
        [62.0, 92.0, 138.0, 188.0, 262.0],
        [41.0, 58.0, 80.0, 112.0, 150.0],
        [24.0, 30.0, 38.0, 44.0, 52.0],
    ]
    return charts.heat_map(
        columns,
        rows,
        counts,
        amounts,
        unit=EURO,
        language=say.language,
        heading=say("Achats", "Purchases"),
        column_name=say("Dernier achat", "Last purchase"),
        links=[[f"?cell={r}-{c}" for c in range(5)] for r in range(5)],
    )


def _cohorts(say: Speaker) -> charts.Chart:
    cohorts = [formats.month_name(date(2026, month, 1), say.language, today=TODAY) for month in range(3, 9)]
    first = (0.46, 0.48, 0.44, 0.51, 0.49)
    ratios = [[1.0, *(first[i] - 0.05 * period for period in range(5 - i))] for i in range(5)] + [[1.0]]
    return charts.cohort_triangle(
        cohorts,
        [str(i) for i in range(6)],
        ratios,
        language=say.language,
        heading=say("Premier achat", "First purchase"),
        period_name=say("mois après le premier achat", "months after the first purchase"),
    )


def _effects(say: Speaker) -> charts.Chart:
    return charts.dots_with_intervals(
        [
            charts.Estimate(say("Thés d’hiver", "Winter teas"), 0.041, 0.012, 0.07),
            charts.Estimate(say("Retour au café", "Come back to coffee"), 0.018, -0.011, 0.047),
            charts.Estimate(say("Machine à café, deux ans", "Coffee machine, two years"), 0.062, 0.035, 0.089),
        ],
        unit=charts.Unit("share", decimals=1),
        language=say.language,
        heading=say("Campagne", "Campaign"),
        value_name=say("Effet sur les visites", "Effect on visits"),
    )


def _versions(say: Speaker) -> charts.Chart:
    months = [*((2025, month) for month in (11, 12)), *((2026, month) for month in range(1, 11))]
    labels = [formats.short_month(date(year, month, 1), say.language) for year, month in months]
    before = (438, 596, 369, 354, 378, 390, 382, 362, 337, 313, 441, 476)
    after = (477, 645, 412, 393, 416, 429, 420, 398, 371, 340, 494, 538)
    return charts.lines(
        labels,
        [
            charts.Series(say("Version 7, vécue", "Version 7, as it was"), _thousands(before), "context"),
            charts.Series("Version 8", _thousands(after)),
        ],
        unit=charts.Unit(),
        language=say.language,
        heading=say("Mois", "Month"),
        band=True,
    )


def _concentration(say: Speaker) -> charts.Chart:
    shares = (0.43, 0.18, 0.12, 0.08, 0.06, 0.05, 0.03, 0.025, 0.015, 0.01)
    return charts.lorenz_curve(
        shares,
        language=say.language,
        people=say("part des clients, meilleurs d’abord", "share of customers, best first"),
        amount=say("part de la marge", "share of margin"),
    )


def _classes(say: Speaker) -> charts.Chart:
    draw = random.Random(8)  # noqa: S311 – an invented cloud, the same each time
    cut = (0.5, 0.5)
    questions = say("Points d’interrogation", "Question marks")
    profit = say("Clients pour le profit", "Profit customers")

    def dot() -> charts.Dot:
        x, y = draw.random() ** 1.3, min(0.93, math.exp(draw.gauss(-0.8, 0.5)))
        key = ("stars" if x >= cut[0] else "profit") if y >= cut[1] else ("questions" if x >= cut[0] else "select")
        return charts.Dot(round(x, 3), round(y, 3), key)

    return charts.portfolio(
        [
            charts.Class("stars", say("Étoiles", "Stars"), "top-right", "petrol", "circle", 3120, "?class=stars"),
            charts.Class("questions", questions, "bottom-right", "violet", "diamond", 8460, "?class=questions"),
            charts.Class("profit", profit, "top-left", "sand", "square", 4705, "?class=profit"),
            charts.Class("select", say("À sélectionner", "To select"), "bottom-left", "context", "triangle", 15355),
        ],
        [dot() for _ in range(400)],
        cut=cut,
        x_name=say("potentiel de profit", "profit potential"),
        y_name=say("valeur actuelle", "present value"),
        language=say.language,
        heading=say("Classe", "Class"),
        value_name=say("Adhérents", "Members"),
    )
