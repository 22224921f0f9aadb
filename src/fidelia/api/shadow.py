"""/programmes/…/shadow: a programme that decides beside its present vendor, until the cut-over."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.kernel.actor import Actor
from fidelia.kernel.points import format_points, parse_points
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programme
from fidelia.shadow.errors import NoShadow
from fidelia.shadow.models import Shadow, ShadowPurchase, VendorGrant
from fidelia.shadow.operations import BalanceTold, GrantTold, begin_shadow, cut_over, tell_grants
from fidelia.shadow.queries import UNKNOWN_HERE, UNKNOWN_THERE, figures_of, find_shadow, list_differences

from .answers import answer
from .exchange import exchange_of
from .idempotency import idempotency_key
from .schemas.shadow import (
    BeginIn,
    CutOverIn,
    DifferenceOut,
    DifferencesOut,
    ShadowOut,
    VendorGrantsIn,
    VendorGrantsOut,
    shadow_out,
)
from .schemas.types import Input

of_programmes = Router(tags=["shadow"])


class DifferencesQuery(Input):
    cause: (
        Literal[
            "unknown_member", "price", "tier", "date", "rounding", "excluded_product", "rule_not_there",
            "rule_not_here", "codes", "late", "other",
            "unknown_sale", "sale", "not_taken_back", "rounding_back", "unknown_here", "unknown_there",
        ]
        | None
    ) = None  # fmt: skip


@of_programmes.post("/{slug:slug}/shadow", response={201: ShadowOut}, summary="Begin", operation_id="begin_shadow")
def begin(request: HttpRequest, slug: str, body: BeginIn) -> HttpResponse:
    """From now on keys with purchase.shadow are judged beside the vendor. Needs programme.publish."""
    exchange = exchange_of(request)
    idempotency_key(request)
    programme = _programme(exchange.by, slug)
    shadow = begin_shadow(by=exchange.by, at=exchange.at, programme=programme, vendor=body.vendor)
    return answer(shadow_out(shadow, figures_of(shadow)), 201)


@of_programmes.get("/{slug:slug}/shadow", response=ShadowOut, summary="Where it stands", operation_id="get_shadow")
def get(request: HttpRequest, slug: str) -> HttpResponse:
    """Of the shadow that runs, or of the last one. Needs programme.see."""
    shadow = _shadow(exchange_of(request).by, slug)
    return answer(shadow_out(shadow, figures_of(shadow)))


@of_programmes.post(
    "/{slug:slug}/shadow/grants", response={201: VendorGrantsOut}, summary="Tell grants", operation_id="tell_grants"
)
def grants(request: HttpRequest, slug: str, body: VendorGrantsIn) -> HttpResponse:
    """What the vendor granted, receipt by receipt; told again, the last word counts. Needs purchase.shadow."""
    exchange = exchange_of(request)
    idempotency_key(request)
    programme = see_programme(by=exchange.by.lent("programme.see"), slug=slug)
    scale = programme.points_currency.scale
    told = [
        GrantTold(each.receipt_number, parse_points(each.points, scale), each.tier, each.occurred_at)
        for each in body.grants
    ]
    counts = tell_grants(by=exchange.by, at=exchange.at, programme=programme, grants=told)
    return answer(VendorGrantsOut(**counts), 201)


@of_programmes.get(
    "/{slug:slug}/shadow/differences",
    response=DifferencesOut,
    summary="What differs, and why",
    operation_id="list_shadow_differences",
)
def differences(request: HttpRequest, slug: str, asked: Query[DifferencesQuery]) -> HttpResponse:
    """The last first, of one cause or of all. Needs programme.see."""
    shadow = _shadow(exchange_of(request).by, slug)
    found = list_differences(shadow, cause=asked.cause or "")
    return answer(DifferencesOut(data=[_difference(shadow, each, asked.cause or "") for each in found]))


@of_programmes.post(
    "/{slug:slug}/shadow/cut-over", response={201: ShadowOut}, summary="Go live", operation_id="cut_over"
)
def go_live(request: HttpRequest, slug: str, body: CutOverIn) -> HttpResponse:
    """End the shadow; what the same keys send is recorded from now on. Needs programme.publish."""
    exchange = exchange_of(request)
    idempotency_key(request)
    programme = _programme(exchange.by, slug)
    scale = programme.points_currency.scale
    points = parse_points(body.points_of_vendor, scale)
    told = [BalanceTold(each.scheme, each.value, parse_points(each.points, scale)) for each in body.balances]
    shadow = cut_over(by=exchange.by, at=exchange.at, programme=programme, points_of_vendor=points, balances=told)
    return answer(shadow_out(shadow, figures_of(shadow)), 201)


def _programme(by: Actor, slug: str) -> Programme:
    return see_programme(by=by.lent("programme.see") if by.may_somewhere("programme.publish") else by, slug=slug)


def _shadow(by: Actor, slug: str) -> Shadow:
    shadow = find_shadow(by=by, programme=see_programme(by=by, slug=slug))
    if shadow is None:
        raise NoShadow("This programme never was in shadow.")
    return shadow


def _difference(shadow: Shadow, each: ShadowPurchase | VendorGrant, cause: str) -> DifferenceOut:
    scale = shadow.programme.points_currency.scale
    if isinstance(each, VendorGrant):
        return DifferenceOut(
            receipt_number=each.receipt_number, occurred_at=each.occurred_at, points_here=format_points(0, scale),
            points_there=format_points(each.points, scale), cause=UNKNOWN_HERE, detail="",
        )  # fmt: skip
    told = getattr(each, "told", 0)
    return DifferenceOut(
        receipt_number=each.receipt_number, occurred_at=each.occurred_at,
        points_here=format_points(each.points, scale), points_there=format_points(told, scale),
        cause=UNKNOWN_THERE if cause == UNKNOWN_THERE else each.cause, detail=each.detail,
    )  # fmt: skip
