"""Checkouts: one by the caller's own id, and lists of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.changes import ChangeMark, changed, read_mark
from fidelia.programme.queries import list_programmes

from ..errors import UnknownCheckout
from ..models import Checkout

PAGE_MAX = 200
Columns = dict[str, Any]


def find_checkout(*, source: str, number: str) -> Columns | None:
    """Return the columns of a checkout, None where there is none; no right is asked for."""
    return _first(Checkout.objects.filter(source=source, number=number))


def _first(found: QuerySet[Checkout]) -> Columns | None:
    row = found.values().first()
    return None if row is None else dict(row)


def get_checkout(*, by: Actor, source: str, number: str) -> Columns:
    """Return a checkout. Raises Denied (purchase.see), UnknownCheckout: there is none, or it is not the actor's."""
    found = _first(_visible(by).filter(source=source, number=number))
    if found is None:
        raise UnknownCheckout("There is no such checkout.")
    return found


def get_checkout_by_id(*, by: Actor, checkout_id: UUID) -> Columns:
    """Return a checkout by our own id of it. Raises as `get_checkout`."""
    found = _first(_visible(by).filter(checkout_id=checkout_id))
    if found is None:
        raise UnknownCheckout("There is no such checkout.")
    return found


def list_checkouts(
    *,
    by: Actor,
    state: str | None = None,
    source: str | None = None,
    updated_since: datetime | ChangeMark | None = None,
    updated_until: ChangeMark | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Columns]:
    """Return checkouts that the actor may see, the last opened first, after a place. Raises Denied (purchase.see)."""
    found = _visible(by)
    if state is not None:
        found = found.filter(state=state)
    if source is not None:
        found = found.filter(source=source)
    if updated_since is not None:
        found = changed(found, since=updated_since, until=updated_until or read_mark(), instant="updated_at")
    if after is not None:
        beyond = Q(opened_at__lt=after[0]) | Q(opened_at=after[0], checkout_id__lt=after[1])
        found = found.filter(beyond, opened_at__lte=after[0])
    rows = found.order_by("-opened_at", "-checkout_id").values()[: min(limit, PAGE_MAX + 1)]
    return [dict(row) for row in rows]


def _visible(by: Actor) -> QuerySet[Checkout]:
    scopes = by.scopes_of("purchase.see")
    if not scopes:
        by.require("purchase.see")
    sandboxes = Q(programme_id__in=[programme.id for programme in list_programmes(sandbox=True)])
    found = Checkout.objects.filter(sandboxes if by.mode == "test" else ~sandboxes)
    if any(scope == Scope() for scope in scopes):
        return found
    seen = Q()
    for scope in scopes:
        seen |= Q(store_id=scope.store_id) if scope.store_id else Q(partner_id=scope.partner_id)
    return found.filter(seen)
