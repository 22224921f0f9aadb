"""Questions about the network."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor

from .errors import (
    BannerUnknown,
    OperatorNotSetUp,
    PartnerUnknown,
    PolicyUnknown,
    StoreCodeAmbiguous,
    StoreUnknown,
)
from .models import Banner, LawPolicy, MemberPortal, Operator, Partner, Store

STORES_PER_PAGE_MAX = 1_000


def get_operator() -> Operator:
    """Return who runs this installation. Raises OperatorNotSetUp."""
    operator = Operator.objects.first()
    if operator is None:
        raise OperatorNotSetUp("Set up the operator first: name, country, currency, language and time zone.")
    return operator


def find_portal() -> MemberPortal | None:
    """Return the pages for members as they were last set up, open or not; None before anybody did."""
    # Logos are read by their own address alone, and not with each page.
    return MemberPortal.objects.defer("logo", "dark_logo").first()


def is_portal_open() -> bool:
    """Tell whether members can come in."""
    return MemberPortal.objects.filter(is_open=True).exists()


def get_partner(*, partner_id: UUID) -> Partner:
    """Raises PartnerUnknown."""
    try:
        return Partner.objects.get(pk=partner_id)
    except Partner.DoesNotExist:
        raise PartnerUnknown("There is no such partner.") from None


def get_banner(*, banner_id: UUID) -> Banner:
    """Raises BannerUnknown."""
    try:
        return Banner.objects.get(pk=banner_id)
    except Banner.DoesNotExist:
        raise BannerUnknown("There is no such banner.") from None


def get_store(*, store_id: UUID) -> Store:
    """Raises StoreUnknown."""
    try:
        return Store.objects.get(pk=store_id)
    except Store.DoesNotExist:
        raise StoreUnknown("There is no such store.") from None


def get_store_by_code(*, code: str, banner_code: str | None = None) -> Store:
    """Return the store with this code, in one statement; the verb that asks then requires its right over `store.scope`.

    Raises StoreUnknown, StoreCodeAmbiguous (several banners use the code and none was named).
    """
    named = Q(code=code) if banner_code is None else Q(code=code, banner__code=banner_code)
    found = list(Store.objects.filter(named)[:2])
    if not found:
        raise StoreUnknown(f"There is no store “{code}”.", store=code)
    if len(found) > 1:
        raise StoreCodeAmbiguous(f"Several banners have a store “{code}”: name the banner too.", store=code)
    return found[0]


def find_stores_by_codes(*, codes: Collection[str]) -> dict[str, Store]:
    """Return the stores that have these codes, by code, in one statement; unknown and ambiguous codes are left out."""
    found: dict[str, list[Store]] = {}
    for store in Store.objects.filter(code__in=codes):
        found.setdefault(store.code, []).append(store)
    return {code: stores[0] for code, stores in found.items() if len(stores) == 1}


def list_stores(*, by: Actor, partner_id: UUID | None = None, open_only: bool = False) -> list[Store]:
    """Return the stores that the actor may see, by name, with their banner; at most 1,000.

    Seeing is the right "store.see" over the store, its partner, or everything; without it the list is empty.
    """
    seen = Q(pk__in=[])
    for scope in by.scopes_of("store.see"):
        part = Q()
        if scope.partner_id is not None:
            part &= Q(partner_id=scope.partner_id)
        if scope.store_id is not None:
            part &= Q(pk=scope.store_id)
        seen |= part if part else Q(pk__isnull=False)
    stores = Store.objects.filter(seen).select_related("banner")
    if partner_id is not None:
        stores = stores.filter(partner_id=partner_id)
    if open_only:
        stores = stores.filter(closed_on__isnull=True)
    return list(stores.order_by("name", "id")[:STORES_PER_PAGE_MAX])


def list_partners(*, by: Actor) -> list[Partner]:
    """Return the partners that the actor may see ("partner.see"), by name."""
    scopes = by.scopes_of("partner.see")
    partners = Partner.objects.order_by("name", "id")
    if not any(scope.partner_id is None for scope in scopes):
        partners = partners.filter(pk__in=[scope.partner_id for scope in scopes])
    return list(partners[:STORES_PER_PAGE_MAX])


def list_banners(*, partner_id: UUID | None = None) -> list[Banner]:
    """Return the banners, by name; of one partner if named."""
    banners = Banner.objects.order_by("name", "id")
    if partner_id is not None:
        banners = banners.filter(partner_id=partner_id)
    return list(banners[:STORES_PER_PAGE_MAX])


def list_policies(*, by: Actor) -> list[LawPolicy]:
    """Return every policy of the law, by country and kind, the latest first. Raises Denied (policy.see)."""
    by.require("policy.see")
    return list(LawPolicy.objects.order_by("country", "kind", "-valid_from")[:STORES_PER_PAGE_MAX])


def get_policy(*, by: Actor, policy_id: UUID) -> LawPolicy:
    """Return one policy. Raises Denied (policy.see), PolicyUnknown."""
    by.require("policy.see")
    policy = LawPolicy.objects.filter(pk=policy_id).first()
    if policy is None:
        raise PolicyUnknown("There is no such policy.")
    return policy


def policies_on(country: str, day: date) -> dict[str, LawPolicy]:
    """Return what holds in a country on a day, by kind: the latest that had begun and not ended, unless ignored."""
    begun = LawPolicy.objects.filter(country=country, valid_from__lte=day).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day)
    )
    latest = {policy.kind: policy for policy in begun.order_by("valid_from")}
    return {kind: policy for kind, policy in latest.items() if policy.action != LawPolicy.Action.IGNORE}
