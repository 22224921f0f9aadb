"""The card on which a basket is tried: what was typed, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.activity.targets import CHANNELS
from fidelia.programme.models import ProgrammeVersion
from fidelia.ui.formats import is_french


@dataclass(slots=True)
class Row:
    """A line as typed, and what it earned."""

    product: str = ""
    quantity: str = "1"
    amount: str = ""
    name: str = ""
    mistake: str = ""
    points: str = ""
    discount: str = ""


def as_typed(number: str) -> str:
    """Return "34.90" as the person at the keyboard would type it: "34,90" in French."""
    return number.replace(".", ",") if is_french(get_language() or "en") else number


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """What one rule came to: its name, why, and whether it gave anything."""

    name: str
    text: str
    gave: bool
    by_line: str = ""


@dataclass(slots=True)
class TrialView:
    """The card: what was typed, its mistakes, and the result once there is one."""

    version: ProgrammeVersion
    rows: list[Row]
    when: str
    channel: str = "store"
    store: str = ""
    tier: str = ""
    member: str = ""
    customer_id: str = ""
    is_first: bool = False
    mistakes: list[str] = field(default_factory=list)
    people: list[tuple[str, str, str]] = field(default_factory=list)
    tiers: Sequence[tuple[str, str]] = ()
    stores: Sequence[tuple[str, str]] = ()
    products: Sequence[tuple[str, str]] = ()
    outcomes: Sequence[OutcomeView] = ()
    total: str = ""
    points: str = ""
    who: str = ""
    receipt: str = ""
    coupons: str = ""
    discount: str = ""
    due: str = ""
    gifts: Sequence[str] = ()
    rule_key: str = ""
    rule_text: str = ""

    @property
    def channels(self) -> list[tuple[str, str]]:
        names = {
            "store": _("In store"), "web": _("On the web"), "phone": _("By phone"), "app": _("In the app"),
            "other": _("Elsewhere"),
        }  # fmt: skip
        return [(channel, names[channel]) for channel in CHANNELS]
