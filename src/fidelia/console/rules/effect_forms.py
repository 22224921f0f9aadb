"""The effects that a rule may have, as the *Then* block shows them: one entry per effect, and the page needs no more.

An effect without an entry, or written in a way its entry cannot show, is edited as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .effects import EffectForm, Part, Text

_Choices = tuple[tuple[str, Text], ...]
ROUNDINGS: _Choices = (
    ("floor", _("complete steps only")),
    ("ceiling", _("every step begun counts")),
    ("half_up", _("rounded to the nearest")),
    ("half_down", _("to the nearest, a half towards zero")),
    ("half_even", _("to the nearest, a half to the even neighbour")),
    ("half_odd", _("to the nearest, a half to the odd neighbour")),
    ("down", _("rounded towards zero")),
    ("up", _("rounded away from zero")),
)
_TARGETS: _Choices = (
    ("lines", _("the chosen lines")),
    ("order", _("the whole order")),
    ("shipping", _("the shipping")),
    ("all", _("the whole order and its shipping")),
)
_PICKS: _Choices = (
    ("cheapest", _("the cheapest")),
    ("dearest", _("the dearest")),
    ("last", _("the last in the basket")),
)
_WHEN: _Choices = (("now", _("at once")), ("after_return_window", _("once nothing can come back")))


def _choice(name: str, label: Text, choices: _Choices) -> Part:
    """A choice whose absence means the first."""
    return Part(name, "choice", label, choices[0][0], optional=True, choices=choices)


def _optional(name: str, kind: str, label: Text, help: Text = "") -> Part:
    return Part(name, kind, label, optional=True, help=help)


_OF = _choice("of", _("Off"), _TARGETS)
_PICK = _choice("pick", _("Which of them"), _PICKS)
_TIMES = _optional("times", "whole", _("Times at most"))
_NO_YES = (("false", pgettext_lazy("rule sign", "no")), ("true", pgettext_lazy("rule sign", "yes")))
_SHARED = Part("shared", "flag", _("Shared over the whole set"), "false", optional=True, choices=_NO_YES)
_SAME = _optional("same", "text", _("Alike in"), _("a field of the line, such as product or category"))
# Of these four exactly one is filled in; of a set or of what is given, none means free.
_PERCENT = _optional("percent", "percent", _("Percent off"))
_AMOUNT = _optional("amount", "money", _("Amount off"))
_PRICE = _optional("price", "money", _("Price"))
_SET_PRICE = _optional("set_price", "money", _("Price of the whole set"))
_SET_AMOUNT = _optional("set_amount", "money", _("Amount off the whole set"))
_CODES = (
    Part("series", "text", _("Series"), "welcome"),
    _optional("count", "whole", _("How many")),
    _choice("when", _("When"), _WHEN),
    _optional("valid_days", "whole", _("Valid for so many days")),
)

_POINTS = (
    EffectForm(
        "points_per",
        _("Points for each amount spent"),
        (
            Part("points", "points", _("Points"), "1"),
            Part("amount", "money", _("for each"), "1"),
            _optional("base", "text", _("of another amount of the line"), _("such as line.net * 2")),
            _choice("per", _("Counted"), (("purchase", _("over the whole purchase")), ("line", _("line by line")))),
            _choice("rounding", _("Rounding"), ROUNDINGS),
        ),
    ),
    EffectForm("points_per_unit", _("Points for each unit"), (Part("", "points", _("Points"), "1"),)),
    EffectForm(
        "multiply_points",
        _("Multiply the points"),
        (
            Part("by", "number", pgettext_lazy("multiply", "by"), "2"),
            Part("rounding", "choice", _("Rounding"), "half_up", optional=True, choices=ROUNDINGS),
        ),
    ),
    EffectForm(
        "points",
        _("Points for the purchase"),
        (Part("", "value", _("Points"), "100", help=_("a number, or a calculation such as per(purchase.total, 10)")),),
    ),
)
_PRICES = (
    EffectForm(
        "percent_off",
        _("Percent off"),
        (
            Part("percent", "percent", _("Percent"), "10"),
            _OF,
            _choice(
                "per",
                _("Counted"),
                (("all", _("over all of them")), ("line", _("line by line")), ("unit", _("unit by unit"))),
            ),
            Part("passes_on", "flag", _("Others bear what a line cannot"), "false", optional=True, choices=_NO_YES),
        ),
        short="percent",
    ),
    EffectForm(
        "amount_off",
        _("Amount off"),
        (
            Part("amount", "value", _("Amount"), "5", help=_("a number, a calculation, or “voucher”")),
            _choice(
                "each",
                _("Taken"),
                (("once", _("once")), ("line", _("for each line")), ("unit", _("for each unit"))),
            ),
            _choice(
                "split",
                _("Shared"),
                (
                    ("proportional", _("in proportion to the prices")),
                    ("by_price", _("by prices, passing on what a line cannot bear")),
                    ("evenly", _("evenly")),
                    ("by_quantity", _("by quantity")),
                    ("first", _("from the first line on")),
                ),
            ),
            _optional("for_amount", "money", _("for each full amount of")),
            *(_TIMES, _OF),
        ),
        short="amount",
    ),
    EffectForm(
        "fixed_price",
        _("Fixed price"),
        (
            Part("price", "money", _("Price"), "5"),
            _choice(
                "each",
                _("Price of"),
                (("unit", _("each unit")), ("line", _("each line")), ("once", _("all of them together"))),
            ),
            _OF,
        ),
        short="price",
    ),
    EffectForm(
        "price_table",
        _("Prices from a table"),
        (
            Part("prices", "yaml", _("Prices"), "moka: 9\n", help=_("one value of the field a line, then its price")),
            _optional("by", "text", _("By the field"), _("product unless told")),
        ),
    ),
    EffectForm(
        "sets",
        _("Of every so many, some free or cheaper"),
        (
            Part("of", "whole", _("Of every"), "3"),
            _optional("take", "whole", _("so many")),
            *(_PERCENT, _AMOUNT, _PRICE, _SET_PRICE, _SET_AMOUNT, _PICK),
            _optional("skip", "whole", _("After so many"), _("1: the second cheapest, or the second dearest")),
            _choice(
                "made",
                _("Sets are made from"),
                (("dearest", _("the dearest unit down")), ("cheapest", _("the cheapest unit up"))),
            ),
            _choice(
                "among",
                _("Chosen among"),
                (("each", _("each set by itself")), ("all", _("all units together"))),
            ),
            *(_SAME, _optional("distinct", "text", _("All different in")), _TIMES, _SHARED),
        ),
    ),
    EffectForm(
        "buy_get",
        _("Buy so many, get others"),
        (
            _optional("buy", "whole", _("Buy units")),
            _optional("buy_for", "money", _("or for an amount")),
            _optional("get", "value", _("Get units"), _("a number, or “all”")),
            _optional("from", "text", _("Of the lines where"), _("left out: the same lines")),
            *(_PERCENT, _AMOUNT, _PRICE, _PICK, _TIMES, _SHARED),
            Part(
                "no_dearer",
                "flag",
                _("Only what costs no more than what was bought"),
                "false",
                optional=True,
                choices=_NO_YES,
            ),
        ),
    ),
    EffectForm(
        "bundle",
        _("Together at a price"),
        (
            Part("parts", "yaml", _("Parts"), "- {lines: 'line.category == \"tea\"', units: 1}\n"),
            *(
                _PRICE,
                _PERCENT,
                _AMOUNT,
                _optional("take", "whole", _("Only so many units of each set")),
                _PICK,
                _TIMES,
                _SHARED,
            ),
        ),
    ),
    EffectForm(
        "volume",
        _("Prices by steps"),
        (
            Part("steps", "yaml", _("Steps"), "- {from: 10, percent: 5}\n- {from: 50, percent: 10}\n"),
            _choice("by", _("Counted in"), (("units", _("units")), ("amount", _("money")))),
            _choice(
                "how",
                _("The step holds for"),
                (("all", _("all units")), ("marginal", _("each unit its own step"))),
            ),
            _SAME,
        ),
    ),
    EffectForm(
        "gift",
        _("A product as a gift"),
        (
            _optional("product", "text", _("Product code")),
            _optional("products", "yaml", _("or one of several"), _("one code a line, after a dash")),
            _optional("units", "whole", _("Units")),
            _optional("for_units", "whole", _("for each so many units")),
            _optional("for_amount", "money", _("or for each amount")),
            _optional("percent", "percent", _("Percent off"), _("left out: free")),
            _optional("price", "money", _("or its price")),
            _choice(
                "how",
                _("How"),
                (("add", _("the checkout adds it")), ("unlock", _("in the basket, it becomes free"))),
            ),
            _TIMES,
        ),
    ),
)
_ISSUES = (
    EffectForm("issue_coupon", _("Issue a coupon"), _CODES),
    EffectForm(
        "issue_voucher",
        _("Issue a voucher"),
        (_CODES[0], Part("value", "value", _("Worth"), "5", help=_("an amount, or a calculation")), *_CODES[1:]),
    ),
    EffectForm(
        "credit_points",
        _("Points of another currency"),
        (
            Part("currency", "text", _("Currency"), "EURC"),
            Part("points", "value", _("Points"), "5", help=_("an amount, or a calculation")),
        ),
    ),
    EffectForm("credit_tier", _("Points for the tier alone"), (Part("", "value", _("Points"), "100"),)),
    EffectForm(
        "custom",
        _("An effect of the till’s own"),
        (
            Part("kind", "text", _("Kind"), "print-text"),
            _optional("values", "yaml", _("Values")),
            _optional("computed", "yaml", _("Computed"), _("name: calculation")),
        ),
    ),
)

EFFECT_GROUPS: tuple[tuple[Text, tuple[EffectForm, ...]], ...] = (
    (_("Points"), _POINTS),
    (_("Prices, at the checkout"), _PRICES),
    (_("Something else"), _ISSUES),
)
EFFECT_FORMS: Mapping[str, EffectForm] = {form.key: form for _name, forms in EFFECT_GROUPS for form in forms}
PRICE_EFFECTS = frozenset(form.key for form in _PRICES)
# What a new effect of several ways begins with, beside its parts that must be there.
BEGINNINGS: Mapping[str, Mapping[str, Any]] = {
    "buy_get": {"buy": 2, "get": 1},
    "bundle": {"price": 10},
    "gift": {"product": "product-code"},
}


def effects_of(rule: Mapping[str, Any]) -> list[str]:
    """Return the members of a rule that are effects with an entry."""
    return [key for key in EFFECT_FORMS if rule.get(key) is not None]


def fresh_effect(key: str) -> Any:
    """Return an effect as it begins."""
    fresh = EFFECT_FORMS[key].fresh()
    return {**fresh, **BEGINNINGS[key]} if key in BEGINNINGS else fresh
