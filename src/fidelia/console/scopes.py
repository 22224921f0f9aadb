"""The part of the network that a role or a key reaches: as a choice of a form, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from fidelia.kernel.actor import EVERYWHERE, Actor, Scope
from fidelia.organisation.models import Store
from fidelia.organisation.queries import list_partners, list_stores


@dataclass(frozen=True, slots=True)
class ScopeNames:
    """The names of partners and stores that the actor may see."""

    partners: dict[UUID, str]
    stores: dict[UUID, Store]

    @classmethod
    def read(cls, by: Actor) -> ScopeNames:
        partners = {partner.id: partner.name for partner in list_partners(by=by)}
        return cls(partners, {store.id: store for store in list_stores(by=by)})

    def say(self, scope: Scope) -> str:
        """Name a scope: everything, a partner, or a store."""
        if scope.store_id is not None:
            store = self.stores.get(scope.store_id)
            return store.name if store else _("a store")
        if scope.partner_id is not None:
            return self.partners.get(scope.partner_id, _("a partner"))
        return _("everything")


def scope_choices(by: Actor, names: ScopeNames, right: str) -> list[tuple[str, str]]:
    """Return the scopes over which the actor holds a right, as choices of a form."""
    offered: Sequence[tuple[str, str, Scope]] = [
        ("", _("Everything"), EVERYWHERE),
        *((f"partner:{id}", name, Scope(id)) for id, name in names.partners.items()),
        *((f"store:{store.partner_id}:{id}", store.name, store.scope) for id, store in names.stores.items()),
    ]
    return [(value, text) for value, text, scope in offered if by.may(right, scope)]


def scope_of(value: str) -> Scope:
    """Read a choice of `scope_choices` back; a form has checked that it is one."""
    kind, _colon, rest = value.partition(":")
    if kind == "partner":
        return Scope(UUID(rest))
    if kind == "store":
        partner_id, _colon, store_id = rest.partition(":")
        return Scope(UUID(partner_id), UUID(store_id))
    return EVERYWHERE
