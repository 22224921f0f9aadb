"""Many stores at once, as a file gives them: new ones are added under their banner, known ones changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction
from fidelia.kernel.folding import fold
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin, announce

from ..errors import ClosedBeforeOpened
from ..events import StoresChanged
from ..models import Banner, Store
from .network import check_place, checked_code, checked_name

STORE_FACTS = (
    *("name", "channel", "country", "currency", "time_zone", "address", "postal_code", "town", "zone", "opened_on"),
    "closed_on",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStore:
    """A store as a file gives it; `banner` is the code or the name of one. None leaves what is known.

    A new store takes the place of its banner's partner from `defaults` of `place_stores`, where it says none.
    """

    code: str
    banner: str
    name: str | None = None
    channel: str | None = None
    country: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    address: str | None = None
    postal_code: str | None = None
    town: str | None = None
    zone: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class PlacedStores:
    """How many stores were new, how many changed, and how many banners had to be added for them."""

    added: int
    changed: int
    banners: int


def place_stores(
    *, by: Actor, at: datetime, partner_id: UUID, defaults: NewStore, rows: Sequence[NewStore]
) -> PlacedStores:
    """Add stores, or change those known by banner and code, in the caller's transaction; a banner unknown is added.

    Announces one StoresChanged. Raises Denied (store.add, banner.add for a new banner), MalformedCode, MalformedName,
    UnknownCountry, UnknownCurrency, UnknownTimeZone, ClosedBeforeOpened.
    """
    by.require("store.add", Scope(partner_id))
    require_transaction()
    banners = _banners_of(partner_id)
    before = len(set(banners.values()))
    known = _stores_of(partner_id)
    added = changed = 0
    for row in rows:
        banner = banners.get(fold(row.banner)) or _add_banner(by, at, partner_id, row.banner, banners)
        store = known.get((banner.id, row.code))
        if store is None:
            known[banner.id, row.code] = _new_store(row, defaults, banner, at)
            added += 1
        elif _change(store, row):
            changed += 1
    if added or changed:
        counts = {"added": added, "changed": changed}
        record_audit(
            by=by, at=at, verb="store.add", object_type="store_batch", object_id=new_id(), after=counts,
            scope=Scope(partner_id),
        )  # fmt: skip
        announce(StoresChanged(occurred_at=at, origin=Origin.BACKFILL, added=added, changed=changed))
    return PlacedStores(added, changed, len(set(banners.values())) - before)


def stores_said_before(*, partner_id: UUID, rows: Sequence[NewStore]) -> list[bool]:
    """Tell of each row whether all that it says is known. Writes nothing."""
    banners = _banners_of(partner_id)
    known = _stores_of(partner_id)
    found = [(row, banners.get(fold(row.banner))) for row in rows]
    stores = [(row, known.get((banner.id, row.code)) if banner else None) for row, banner in found]
    return [store is not None and not _differing(store, row) for row, store in stores]


def _banners_of(partner_id: UUID) -> dict[str, Banner]:
    """Return the banners of a partner by folded code and name."""
    banners = list(Banner.objects.filter(partner_id=partner_id))
    return {fold(name): banner for banner in banners for name in (banner.name, banner.code)}


def _stores_of(partner_id: UUID) -> dict[tuple[UUID, str], Store]:
    return {(store.banner_id, store.code): store for store in Store.objects.filter(partner_id=partner_id)}


def _add_banner(by: Actor, at: datetime, partner_id: UUID, said: str, banners: dict[str, Banner]) -> Banner:
    by.require("banner.add", Scope(partner_id))
    code = checked_code(fold(said).replace(" ", "-")[:40])
    banner = Banner.objects.create(partner_id=partner_id, code=code, name=checked_name(said), added_at=at)
    record_audit(
        by=by, at=at, verb="banner.add", object_type="banner", object_id=banner.id, after={"code": code, "name": said},
        scope=Scope(partner_id),
    )  # fmt: skip
    banners[fold(said)] = banners[fold(code)] = banner
    return banner


def _new_store(row: NewStore, defaults: NewStore, banner: Banner, at: datetime) -> Store:
    said = {name: getattr(row, name) or getattr(defaults, name) for name in STORE_FACTS if name != "name"}
    store = Store(
        partner_id=banner.partner_id, banner=banner, code=checked_code(row.code),
        name=checked_name(row.name or row.code), added_at=at,
        **{name: value for name, value in said.items() if value is not None},
    )  # fmt: skip
    _check(store)
    store.save(force_insert=True)
    return store


def _change(store: Store, row: NewStore) -> bool:
    differing = _differing(store, row)
    for name in differing:
        setattr(store, name, getattr(row, name))
    if differing:
        _check(store)
        store.save(update_fields=differing)
    return bool(differing)


def _differing(store: Store, row: NewStore) -> list[str]:
    return [name for name in STORE_FACTS if getattr(row, name) not in (None, getattr(store, name))]


def _check(store: Store) -> None:
    check_place(country=store.country, currency=store.currency, time_zone=store.time_zone)
    if store.closed_on is not None and store.closed_on < store.opened_on:
        raise ClosedBeforeOpened(f"{store.name} opened on {store.opened_on}.", pointer="/closed_on")
