"""The rows of a closed checkout: the purchase and its lines, with their frozen shares."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fidelia.kernel.ids import new_id

from ...models import Purchase
from ..purchases import Caller, origin_of, own_word
from .describing import POINTS, shares_paid
from .reading import CheckoutSurroundings
from .requests import CheckoutCall
from .settling import SHIPPING, Settled
from .writing import CheckoutLineRow, CheckoutPurchaseRow

_NO_PRODUCT: Final[dict[str, Any]] = {}


def purchase_row(
    caller: Caller,
    call: CheckoutCall,
    found: CheckoutSurroundings,
    settled: Settled,
    checkout: dict[str, Any],
) -> CheckoutPurchaseRow:
    """Return the sale that the checkout is from now on."""
    bill, scope = settled.bill, found.around.scope
    customer, member = found.member, found.member if settled.is_member else None
    occurred_at = call.occurred_at or found.basket.occurred_at or caller.at
    by_points = sum([tender.amount for tender in bill.tenders if tender.key == POINTS])
    return CheckoutPurchaseRow(
        purchase_id=new_id(),
        kind=Purchase.Kind.SALE,
        source=call.source,
        receipt_number=call.receipt_number or _receipt_of(call.number, checkout["closures"]),
        idempotency_owner=caller.owner,
        idempotency_key=caller.key,
        request_hash=caller.request_hash,
        programme_id=found.around.programme_id,
        customer_id=customer.customer_id if customer is not None else None,
        enrolment_id=member.enrolment_id if member is not None else None,
        account_id=member.account_id if member is not None else None,
        partner_id=scope.partner_id,
        store_id=scope.store_id,
        channel=found.basket.channel,
        currency=bill.currency,
        total=bill.total,
        product_total=_goods(found, settled),
        points=bill.points.points if member is not None else 0,
        rule_version_id=settled.terms.version_id,
        occurred_at=occurred_at,
        recorded_at=caller.at,
        origin=origin_of(occurred_at, caller.at).value,
        checkout_id=checkout["checkout_id"],
        gross=bill.listed,
        discount=bill.discount,
        tax=bill.tax,
        paid_by_points=by_points,
        points_spent=bill.points_spent,
        paid_by_gift_cards=sum([tender.amount for tender in bill.tenders]) - by_points,
    )


def _goods(found: CheckoutSurroundings, settled: Settled) -> int:
    """Return what the goods of a basket cost: neither postage nor gift cards that it sells."""
    cards: int = sum(
        [
            billed.total
            for line, billed in zip(found.basket.lines, settled.bill.lines, strict=False)
            if line.sells is not None and is_product(line.product_code, found)
        ]
    )
    goods: int = sum([line.total for line, code in _priced(found, settled) if is_product(code, found)])
    return goods - cards


def _receipt_of(number: str, closures: int) -> str:
    """A checkout that was reopened has a receipt for each of its closures."""
    return number if closures == 1 else f"{number[:74]}/{closures}"


def line_rows(found: CheckoutSurroundings, settled: Settled) -> list[CheckoutLineRow]:
    """Return the lines as they are kept: those of the basket, gifts, then shipping, which is a line like another."""
    asked = found.basket.lines
    rows = []
    for i, (line, code) in enumerate(_priced(found, settled)):
        product = found.around.products.get(code) or _NO_PRODUCT
        sent = asked[i] if i < len(asked) else None
        by_points, by_cards = shares_paid(line)
        rows.append(
            CheckoutLineRow(
                line_number=i + 1,
                product_id=UUID(product["id"]) if product else None,
                product_code=code,
                description=(sent.description if sent is not None else "") or product.get("name", ""),
                quantity=line.quantity,
                net=line.total,
                is_product=is_product(code, found) and (sent is None or sent.sells is None),
                points=line.points if settled.is_member else 0,
                unit_price=sent.unit_price if sent is not None else None,
                unit_price_scale=sent.price_scale if sent is not None else None,
                category=own_word(sent.category, product.get("category")) if sent is not None else None,
                brand=own_word(sent.brand, product.get("brand")) if sent is not None else None,
                gross=line.listed,
                discount=line.listed - line.amount,
                tax=line.total - line.untaxed,
                paid_by_points=by_points,
                paid_by_gift_cards=by_cards,
            )
        )
    return rows


def _priced(found: CheckoutSurroundings, settled: Settled) -> list[tuple[Any, str]]:
    """Return each line of the bill with the code of its product."""
    bill, asked = settled.bill, found.basket.lines
    codes = [asked[i].product_code if i < len(asked) else line.product for i, line in enumerate(bill.lines)]
    return [*zip(bill.lines, codes, strict=True), *((line, SHIPPING) for line in bill.shipping)]


def is_product(code: str, found: CheckoutSurroundings) -> bool:
    """Tell whether a line is goods, and not postage or a fee."""
    return code != SHIPPING and bool((found.around.products.get(code) or _NO_PRODUCT).get("is_product", True))
