"""/customers/{id}/insight and /global-control: what is learnt of a customer, what the programme changes."""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.campaigns.models import GlobalControlResult
from fidelia.campaigns.operations import change_global_control
from fidelia.campaigns.operations.measuring_all import watched_control
from fidelia.campaigns.queries import see_global_control
from fidelia.customers.queries import get_customer_card, ids_of, traits_at
from fidelia.insight.measures.effect import Effect
from fidelia.insight.queries import get_last_refresh
from fidelia.insight.queries.people import find_alike, suggest_next
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.programme.queries import get_programme_by_id

from .answers import answer
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.insight import (
    AlikeOut,
    CustomerInsightOut,
    EffectOut,
    GlobalControlIn,
    GlobalControlOut,
    GlobalControlResultOut,
    NextProductOut,
)

of_customers = Router(tags=["insight"])
control = Router(tags=["insight"])


@of_customers.get(
    "/{uuid:customer_id}/insight",
    response=CustomerInsightOut,
    summary="What insight says of a customer",
    operation_id="get_customer_insight",
)
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Traits, next products with their reason, and the customers most alike. Needs customer.see, insight.see and
    purchase.see.
    """
    exchange = exchange_of(request)
    by, last = exchange.by, get_last_refresh()
    card = get_customer_card(by=by, customer_id=customer_id)
    ids = ids_of(card.customer.id)
    alike = find_alike(by=by, customer_ids=ids)
    products = [
        NextProductOut(
            product_code=one.product.code, name=one.name, reason=one.product.reason, times=one.product.times,
            people=one.product.people, because=one.product.because,
        )
        for one in suggest_next(by=by, customer_ids=ids, alike=alike)
    ]  # fmt: skip
    people = [
        AlikeOut(
            customer_id=one.customer_id, purchases=one.frequency, amount=one.amount, recency_days=one.recency_days,
            purchase_type=one.kind, distance=round(one.distance, 4),
        )
        for one in alike
    ]  # fmt: skip
    return answer(
        CustomerInsightOut(
            customer_id=card.customer.id, as_of=last.as_of if last else None,
            traits=traits_at(card.customer.id, exchange.at, ids=card.ids), next_products=products, alike=people,
        )
    )  # fmt: skip


@control.get("", response=GlobalControlOut, summary="The global control group", operation_id="get_global_control")
def get(request: HttpRequest) -> HttpResponse:
    """How large it is, and its last result of each programme. Needs campaign.see."""
    return _answer(request)


@control.put("", response=GlobalControlOut, summary="Hold a share out", operation_id="change_global_control")
def change(request: HttpRequest, body: GlobalControlIn) -> HttpResponse:
    """Hold out this share of all members from now on; 0 ends the group. Needs campaign.hold_out and campaign.see.

    People of a smaller share stay in a larger one; campaigns that run keep the people they drew.
    """
    exchange, once = exchange_of(request), request_key(request)
    exchange.by.require("campaign.see")
    try:
        change_global_control(by=exchange.by, at=exchange.at, share=Fraction(body.percent) / 100, once=once)
    except RequestRepeated:
        return _answer(request, replayed=True)
    return _answer(request)


def _answer(request: HttpRequest, *, replayed: bool | None = None) -> HttpResponse:
    found = see_global_control(by=exchange_of(request).by)
    current = found.current
    return answer(
        GlobalControlOut(
            percent=f"{current.permille / 10:g}" if current else None,
            begins_at=current.begins_at if current else None,
            held_out=found.control, members=found.treated, results=[_result(one) for one in found.results],
        ),
        replayed=replayed,
    )  # fmt: skip


def _result(result: GlobalControlResult) -> GlobalControlResultOut:
    seen = watched_control(result)
    return GlobalControlResultOut(
        programme=get_programme_by_id(result.programme_id).slug, currency=result.currency,
        counted_from=result.counted_from, counted_until=result.counted_until,
        buyers=_effect(seen.buyers), spend=_effect(seen.spend), points=_effect(seen.points),
    )  # fmt: skip


def _effect(effect: Effect | None) -> EffectOut | None:
    if effect is None:
        return None
    return EffectOut(
        difference=effect.difference, low=effect.low, high=effect.high, finding=effect.finding,
        members=effect.n_treated, held_out=effect.n_control,
    )  # fmt: skip
