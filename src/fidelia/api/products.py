"""/products: what the lines of purchases name."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.kernel.idempotency import RequestRepeated
from fidelia.products.operations import NewProduct, change_products
from fidelia.products.queries import get_product, get_products_by_code

from .answers import answer
from .errors import within
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.products import ProductOut, ProductsIn, ProductsOut, product_out

router = Router(tags=["products"])


@router.post("", response=ProductsOut, summary="Add and change products", operation_id="change_products")
def change(request: HttpRequest, body: ProductsIn) -> HttpResponse:
    """All or none: a product that cannot be is named by its pointer. Needs the right product.change."""
    exchange, once = exchange_of(request), request_key(request)
    partner_id = exchange.by.grants[0].scope.partner_id if exchange.by.grants else None
    rows = [NewProduct(**one.model_dump(), partner_id=partner_id) for one in body.products]
    replayed = False
    try:
        with within("/products"):
            change_products(by=exchange.by, at=exchange.at, rows=rows, once=once)
    except RequestRepeated:
        replayed = True
    codes = dict.fromkeys(row.code.strip() for row in rows)
    found = get_products_by_code(codes)
    return answer(ProductsOut(data=[product_out(found[code]) for code in codes]), replayed=replayed)


@router.get("/{path:code}", response=ProductOut, summary="One product", operation_id="get_product")
def get(request: HttpRequest, code: str) -> HttpResponse:
    """By its code. Needs the right product.see."""
    return answer(product_out(get_product(by=exchange_of(request).by, code=code)))
