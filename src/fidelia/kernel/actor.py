"""Who acts. Every verb takes an actor as `by` and asks it for the right in its first line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from .errors import Denied

ActorKind = Literal["user", "key", "member", "system"]
Mode = Literal["live", "test"]
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the network an act concerns, or a grant covers; nothing named means all of it."""

    partner_id: UUID | None = None
    store_id: UUID | None = None

    def covers(self, other: Scope) -> bool:
        """Tell whether a grant over this scope reaches an act in the other."""
        partner_ok = self.partner_id is None or self.partner_id == other.partner_id
        return partner_ok and (self.store_id is None or self.store_id == other.store_id)


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Grant:
    """One right ("purchase.record"; "purchase.*" for all of a noun; "*" for all) over one scope."""

    right: str
    scope: Scope = EVERYWHERE

    def gives(self, right: str) -> bool:
        return self.right in (EVERYTHING, right) or (self.right.endswith(".*") and right.startswith(self.right[:-1]))


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, an API key, a member or the system itself, with what it may do."""

    kind: ActorKind
    id: UUID | None
    label: str
    grants: tuple[Grant, ...] = ()
    mode: Mode = "live"

    @classmethod
    def system(cls, label: str, *, mode: Mode = "live") -> Actor:
        """The system acting by itself (a reaction, a sweeper, an import): may do all, and is named in the audit."""
        return cls("system", None, label, (Grant(EVERYTHING),), mode)

    def lent(self, *rights: str) -> Actor:
        """The same actor with rights lent by the verb that it was allowed, for the building blocks that verb calls.

        A till may record purchases and never earn by itself; recording a purchase earns.
        """
        return replace(self, grants=(*self.grants, *(Grant(right) for right in rights)))

    def may(self, right: str, scope: Scope = EVERYWHERE) -> bool:
        """Tell whether some grant gives the right over the whole of the scope."""
        return any(grant.gives(right) and grant.scope.covers(scope) for grant in self.grants)

    def may_somewhere(self, right: str) -> bool:
        """Tell whether some grant gives the right over any scope (menus; lists filter by `scopes_of`)."""
        return any(grant.gives(right) for grant in self.grants)

    def scopes_of(self, right: str) -> tuple[Scope, ...]:
        """Return the scopes over which the right is held; a list shows only what lies in one of them."""
        return tuple(grant.scope for grant in self.grants if grant.gives(right))

    def require(self, right: str, scope: Scope = EVERYWHERE) -> None:
        """Raise Denied unless the actor holds the right over the scope."""
        if not self.may(right, scope):
            raise Denied(f"{self.label} may not do this: the right “{right}” is missing here.", right=right)
