"""What the rules of a version read of a member: what the same version decides reads no more than that.

A process learns it when it decides by a version, and says it with the next reading (sql/begin_together.sql), together
with that version: where another is in force by then, all is read. Baskets that a checkout prices ask more rules than
purchases whose prices are final, so both are remembered apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

from fidelia.customers.fields import trait_of_path
from fidelia.programme.queries import Terms
from fidelia.rules.history import measured
from fidelia.rules.pricing.fields import COMPUTED

Part = Literal["first", "tier", "customer", "plans", "offers"]
PARTS: Final[tuple[Part, ...]] = ("first", "tier", "customer", "plans", "offers")
# Of each field, the parts that its value is made of.
PARTS_OF: Final[Mapping[str, tuple[Part, ...]]] = {
    "purchase.channel": (),
    "purchase.store": (),
    "purchase.banner": (),
    "purchase.weekday": (),
    "purchase.hour": (),
    "purchase.month": (),
    "purchase.on": (),
    "purchase.total": (),
    "purchase.is_anniversary": (),
    "purchase.is_first": ("first",),
    "purchase.is_birthday": ("customer",),
    "member.enrolled_on": (),
    "member.tier": ("tier",),
    "customer.entitlements": ("tier", "plans"),
    "customer.plans": ("plans",),
    "customer.offers": ("offers",),
    "customer.segments": ("customer",),
}
# What else is read for a basket that is tried, where its rules ask for it.
Counted = Literal["limits", "stock"]
Lately = dict[str, tuple[UUID, tuple[Part | Counted, ...]]]
_SEEN_MAX = 1_000
_TOLD_MAX = 20

# By the programme as it was named; one that is unknown is never remembered.
_lately: dict[str | None, tuple[UUID, tuple[Part, ...]]] = {}
_tried_lately: dict[str | None, tuple[UUID, tuple[Part | Counted, ...]]] = {}


def parts_read(paths: Iterable[str]) -> tuple[Part, ...]:
    """Return the parts that rules read by these paths; all of them where a path is none that is known here."""
    read: set[Part] = set()
    for path in paths:
        if path in PARTS_OF:
            read.update(PARTS_OF[path])
        elif path.startswith("customer.") or trait_of_path(path) is not None:
            read.add("customer")
        elif path != "lines" and not path.startswith("lines.") and measured(path) is None:
            return PARTS
    return tuple([part for part in PARTS if part in read])


def remember_reads(programme: str | None, terms: Terms) -> None:
    """Remember by which version the purchases of a programme, as it was named, are decided now."""
    known = _lately.get(programme)
    if known is None or known[0] != terms.version_id:
        if len(_lately) >= _SEEN_MAX:
            _lately.clear()
        _lately[programme] = terms.version_id, parts_read(terms.rule_set.fields_read_of_final)


def reads_lately(programme: str | None) -> tuple[UUID | None, tuple[Part, ...] | None]:
    """Return the version by which a purchase was decided last, and what its rules read; nothing where none was."""
    return _lately.get(programme, (None, None))


def parts_of_basket(terms: Terms) -> tuple[Part | Counted, ...]:
    """Return the parts that pricing a basket by these terms reads; an evaluation always tells the tier."""
    rule_set, pays = terms.rule_set, terms.points.pays
    read: set[Part | Counted] = {"tier", *parts_read(path for path in rule_set.fields_read if path not in COMPUTED)}
    if rule_set.limits or (pays is not None and pays.at_most is not None):
        read.add("limits")
    if any(limit.period == "plan" for limit in rule_set.limits):
        read.add("plans")
    if rule_set.gift_products:
        read.add("stock")
    order: tuple[Part | Counted, ...] = (*PARTS, "limits", "stock")
    return tuple([part for part in order if part in read])


def remember_reads_of_basket(programme: str | None, terms: Terms) -> None:
    """Remember by which version the baskets of a programme, as it was named, are tried now."""
    known = _tried_lately.get(programme)
    if known is None or known[0] != terms.version_id:
        if len(_tried_lately) >= _SEEN_MAX:
            _tried_lately.clear()
        _tried_lately[programme] = terms.version_id, parts_of_basket(terms)


def reads_of_basket_lately(programme: str | None) -> tuple[UUID | None, tuple[Part | Counted, ...] | None]:
    """Return the version by which a basket was tried last, and what that reads; nothing where none was."""
    return _tried_lately.get(programme, (None, None))


def baskets_lately() -> Lately:
    """Return the same of all programmes by their names, "" where none was named; of none where they are many."""
    if len(_tried_lately) > _TOLD_MAX:
        return {}
    return {programme or "": known for programme, known in _tried_lately.copy().items()}
