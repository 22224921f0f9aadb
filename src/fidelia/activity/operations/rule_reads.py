"""What the rules of a version read of a member: purchases that the same version decides read no more than that.

A process learns it when it decides by a version, and says it with the next reading (sql/begin_together.sql), together
with that version: where another is in force by then, all is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

from fidelia.customers.fields import trait_of_path
from fidelia.programme.queries import Terms
from fidelia.rules.history import measured

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
_SEEN_MAX = 1_000

# By the programme as it was named; one that is unknown is never remembered.
_lately: dict[str | None, tuple[UUID, tuple[Part, ...]]] = {}


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
