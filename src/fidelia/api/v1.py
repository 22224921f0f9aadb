"""Version 1: which resource lives where. Changes only add; what will go is announced by Deprecation and Sunset."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja.operation import Operation

from fidelia.rules.documents.schema import document_schema

from . import (
    access,
    activity,
    batches,
    cards,
    catalog,
    checkouts,
    claims,
    costs,
    coupons,
    custom_fields,
    customers,
    exchanges,
    forecasts,
    gift_cards,
    insight,
    ledger,
    offers,
    organisation,
    points,
    products,
    programme,
    programme_documents,
    receipts,
    referrals,
    returns,
    shadow,
    spending,
    subscriptions,
    vouchers,
)
from .authentication import BearerKey
from .errors import InvalidRequest, Mistake
from .openapi import describe, query_names_of
from .service import new_api, wrap_views

api = new_api(
    title="Fidelia",
    version="1.0.0",
    urls_namespace="api-v1",
    auth=BearerKey(),
    description="Customer loyalty: customers, memberships, purchases, points, and why they were given.",
)

# /api/v1/customers
api.add_router("/customers", customers.router)
api.add_router("/customers", insight.of_customers)
api.add_router("/global-control", insight.control)
api.add_router("/custom-fields", custom_fields.router)
# /api/v1/programmes, /api/v1/enrolments, with the points of each
api.add_router("/programmes", programme.programmes)
api.add_router("/programmes", programme_documents.documents)
api.add_router("/programmes", shadow.of_programmes)
api.add_router("/programme-plans", programme_documents.plans)
api.add_router("/programme-drafts", programme_documents.drafts)
api.add_router("/forecasts", forecasts.forecasts)
api.add_router("/enrolments", programme.enrolments)
api.add_router("/enrolments", ledger.router)
api.add_router("/enrolments", receipts.of_enrolments)
api.add_router("/enrolments", points.router)
# /api/v1/points-pools, /api/v1/adjustments
api.add_router("/points-pools", points.pools)
api.add_router("/adjustments", points.adjustments)
# /api/v1/purchases, /api/v1/returns, /api/v1/lone-returns, /api/v1/purchase-claims
api.add_router("/purchases", activity.router)
api.add_router("/purchases", batches.router)
api.add_router("/purchases", returns.of_purchases)
api.add_router("/purchases", receipts.of_purchases)
api.add_router("/returns", returns.returns)
api.add_router("/lone-returns", returns.lone_returns)
api.add_router("/purchase-claims", claims.router)
# /api/v1/checkouts, /api/v1/checkouts:evaluate, /api/v1/checkouts:evaluate-exchange
api.add_router("/checkouts", checkouts.router)
api.add_router("/checkouts", exchanges.of_checkouts)
api.add_router("/checkouts:evaluate", checkouts.evaluations)
api.add_router("/checkouts:evaluate-exchange", exchanges.evaluations)
# /api/v1/coupon-series, /api/v1/coupons, /api/v1/codes, /api/v1/gift-cards, /api/v1/vouchers, /api/v1/stock
api.add_router("/coupon-series", coupons.series)
api.add_router("/coupons", coupons.coupons)
api.add_router("/codes", coupons.codes)
api.add_router("/gift-cards", gift_cards.router)
api.add_router("/vouchers", vouchers.vouchers)
api.add_router("/stock", vouchers.stock)
# /api/v1/rewards, /api/v1/redemptions, /api/v1/enrolments/…/cheques
api.add_router("/rewards", catalog.rewards)
api.add_router("/redemptions", catalog.redemptions)
api.add_router("/spending-codes", spending.router)
api.add_router("/enrolments", catalog.of_enrolments)
# /api/v1/card-series, /api/v1/cards
api.add_router("/card-series", cards.series)
api.add_router("/cards", cards.cards)
# /api/v1/referrals, /api/v1/enrolments/{id}/referral
api.add_router("/referrals", referrals.referrals)
api.add_router("/enrolments", referrals.of_enrolments)
# /api/v1/subscriptions, /api/v1/enrolments/{id}/subscriptions
api.add_router("/subscriptions", subscriptions.subscriptions)
api.add_router("/enrolments", subscriptions.of_enrolments)
# /api/v1/enrolments/{id}/offers
api.add_router("/enrolments", offers.of_enrolments)
# /api/v1/products, /api/v1/product-costs, /api/v1/margin-rates, /api/v1/stock-levels
api.add_router("/products", products.router)
api.add_router("/product-costs", costs.costs)
api.add_router("/margin-rates", costs.margin_rates)
api.add_router("/stock-levels", costs.stock_levels)
# /api/v1/stores
api.add_router("/stores", organisation.router)
# /api/v1/key
api.add_router("/key", access.router)


@api.get("/openapi.json", auth=None, tags=["description"], summary="This description", operation_id="get_openapi")
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the API, as OpenAPI 3.1. Needs no key."""
    return HttpResponse(describe(api), content_type="application/json", headers={"Cache-Control": "max-age=300"})


@api.get(
    "/programme.schema.json",
    auth=None,
    tags=["description"],
    summary="The schema of a programme's document",
    operation_id="get_programme_schema",
)
def programme_schema(request: HttpRequest) -> HttpResponse:
    """JSON Schema 2020-12: name it in the first line of the file, and editors complete and mark it. Needs no key."""
    text = msgspec.json.encode(document_schema())
    return HttpResponse(text, content_type="application/schema+json", headers={"Cache-Control": "max-age=300"})


def _with_known_parameters_only(operation: Operation) -> Callable[..., Any]:
    """A slip in the name of a filter would list everything: parameters that an address does not know are refused."""
    view, known = operation.view_func, query_names_of(operation)

    @wraps(view)
    def checked(request: HttpRequest, **values: Any) -> Any:
        unknown = sorted(set(request.GET) - known) if request.META.get("QUERY_STRING") else []
        if unknown:
            takes = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
            raise InvalidRequest(
                [Mistake(f"There is no parameter “{name[:80]}” here. {takes}", parameter=name) for name in unknown]
            )
        return view(request, **values)

    return checked


wrap_views(api, _with_known_parameters_only)
