"""Where a till stands: its programme, its store, and the stores where one may sell."""

from __future__ import annotations

from django.http import HttpRequest

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Invalid
from fidelia.organisation.models import Store
from fidelia.organisation.queries import get_store_by_code, list_stores
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_programme, list_programmes


class UnknownTill(Invalid):
    """The till is of no store where this person sells."""

    default_code = "unknown_till"


def programme_of(request: HttpRequest) -> Programme:
    """Return the programme that the till names, else the oldest there is. Raises UnknownProgramme."""
    slug = request.GET.get("programme", "")
    found = list_programmes()
    return get_programme(slug) if slug or not found else found[0]


def store_of(by: Actor, code: str) -> Store:
    """Return the store of a till, where the actor may sell. Raises UnknownTill, StoreUnknown."""
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    store = get_store_by_code(code=code)
    if not by.may("purchase.record", store.scope):
        raise UnknownTill("This till is of no store where you sell.", pointer="/store")
    return store


def stores_of(by: Actor) -> list[Store]:
    """Return the open stores where the actor may sell."""
    return [store for store in list_stores(by=by, open_only=True) if by.may("purchase.record", store.scope)]
