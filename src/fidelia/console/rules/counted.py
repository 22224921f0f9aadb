"""What was counted of a rule's limits so far, said beside each."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.rewards.queries import list_limits
from fidelia.ui import formats

from ..programme_parts import language
from .term_forms import LimitRow


def tell_counted(rows: Sequence[LimitRow], rule_key: str, programme: Programme, by: Actor) -> None:
    """Fill in how much of each limit that counts in all was taken in its latest period; of one per member nothing."""
    if not rows or not by.may_somewhere("programme.see"):
        return
    states = list_limits(by=by, programme_id=programme.id)
    latest = {state.limit: state for state in reversed(states)}
    for row in rows:
        found = latest.get(f"{rule_key}/{row.key}")
        if found is not None and row.per == "all" and found.capacity:
            row.ratio = min(1.0, found.taken / found.capacity)
            row.taken = _("%(taken)s taken, %(share)s") % {
                "taken": _amount(row.of, found.taken, programme),
                "share": formats.share(row.ratio, language(), decimals=0),
            }


def _amount(of: str, taken: int, programme: Programme) -> str:
    if of == "money":
        return formats.money(Money(taken, programme.currency).text(), programme.currency, language())
    if of == "points":
        return formats.minor_points(taken, programme.points_currency.scale, language(), unit=True)
    return formats.number(taken, language())
