"""What bounds the discount of a rule, as fields: its cap, what it leaves, and how the prices end that it makes.

Each may be written as one value (`cap: 30`) or by members (`cap: {amount: 5, per: unit}`); the fields show both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from .effect_forms import ROUNDINGS
from .effects import EffectForm, Part, Text

_NEAREST = ("half_up", "floor", "ceiling", "half_down", "half_even", "half_odd", "down", "up")
_PER = (("checkout", _("the purchase")), ("line", _("each line")), ("unit", _("each unit")))
_WHICH = (("lower", _("the lower counts")), ("higher", _("the higher counts")))


def _bound(key: str, label: Text, share: Text) -> EffectForm:
    parts = (
        Part("amount", "money", label, optional=True),
        Part("percent", "percent", share, optional=True),
        Part("per", "choice", _("For"), "checkout", optional=True, choices=_PER),
        Part("which", "choice", _("Of both"), "lower", optional=True, choices=_WHICH),
    )
    return EffectForm(key, label, parts, short="amount")


BOUND_FORMS: tuple[EffectForm, ...] = (
    _bound("cap", _("Discount at most"), _("Discount at most, percent of the price")),
    _bound("leaves", _("What stays to pay, at least"), _("What stays to pay, at least, percent of the price")),
    EffectForm(
        "ending",
        _("Unit prices end in"),
        (
            Part("at", "money", _("Unit prices end in"), optional=True, help=_("such as 0.99")),
            Part("step", "money", _("of every"), optional=True, help=_("1 unless told; alone, prices are multiples")),
            Part(
                "rounding",
                "choice",
                _("Rounding"),
                _NEAREST[0],
                optional=True,
                choices=tuple((code, dict(ROUNDINGS)[code]) for code in _NEAREST),
            ),
        ),
        short="at",
    ),
)
BOUNDS: Mapping[str, EffectForm] = {form.key: form for form in BOUND_FORMS}


def is_shown(rule: Mapping[str, Any], form: EffectForm) -> bool:
    """Tell whether fields can show how a rule writes it; otherwise it is edited as text."""
    return rule.get(form.key) is None or form.values_of(rule[form.key]) is not None


def values_of(rule: Mapping[str, Any], form: EffectForm) -> dict[str, str]:
    """Return the value of each part as its field holds it."""
    written = rule.get(form.key)
    return form.values_of({} if written is None else written) or {}


def folded(form: EffectForm, written: Mapping[str, Any]) -> Any:
    """Return a bound as the document has it: nothing without a number, one value where that says all."""
    numbers = [part.name for part in form.parts if part.is_number and written.get(part.name) is not None]
    if not numbers:
        return None
    return written[form.short] if set(written) == {form.short} else dict(written)
