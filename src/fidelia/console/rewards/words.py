"""Rewards and choices in the words of the pages."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.money import Money
from fidelia.programme.models import PointsCurrency
from fidelia.programme.queries import in_points
from fidelia.rewards.models import Redemption, Reward
from fidelia.ui.formats import money

KINDS: dict[str, Promise] = {
    "gift": _("Gift"), "sample": _("Sample"), "voucher": _("Voucher"), "service": _("Service"),
}  # fmt: skip
STATES: dict[str, tuple[Promise, str]] = {
    "reserved": (_("To hand over"), "amber"),
    "fulfilled": (_("Handed over"), "green"),
    "cancelled": (_("Cancelled"), "grey"),
}
REASONS: dict[str, Promise] = {
    "over": _("Not in the catalog any more"),
    "not_yet": _("Not yet"),
    "out_of_stock": _("None left"),
    "not_eligible": _("Not for this member"),
    "limit_reached": _("Chosen as often as it may be"),
}


def tongue() -> str:
    return (get_language() or "en")[:2]


def kind_word(kind: str) -> str:
    return str(KINDS[kind])


def state_of(one: Redemption) -> tuple[str, str]:
    """Return the word and the tone of a choice's state."""
    word, tone = STATES[one.state]
    return str(word), tone


def money_words(minor: int, currency: str) -> str:
    return money(Money(minor, currency).text(), currency, tongue())


def price_words(reward: Reward, points: int, price: int) -> str:
    """Return a price: 150 points, 150 points + 2,50 €, free."""
    currency = _currency(reward)
    said = [in_points(points, currency, tongue())] if points else []
    if price:
        said.append(money_words(price, reward.programme.currency))
    return " + ".join(said) or _t("free")


def _currency(reward: Reward) -> PointsCurrency:
    own = reward.programme.points_currency
    return own if own.code == reward.points_currency else PointsCurrency.objects.get(code=reward.points_currency)
