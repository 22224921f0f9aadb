"""A closed checkout as it stood when it was closed, to settle it once more by other terms. Nothing is written.

The basket is kept with the checkout; coupons that it presented were good (a closure refuses one that is not), gift
cards held what they then paid, and the member pays with as many points as then. What rules read of the occasion comes
from the decision record of the closure, so that a product or a customer changed since changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from fidelia.kernel.points import format_points
from fidelia.programme.queries import Terms
from fidelia.rules import GENESIS
from fidelia.rules.pricing import Basket

from ..deciding import ChainHead
from ..purchases import earns
from ..reading import Member, Surroundings
from .reading import CheckoutSurroundings, products_by_code
from .requests import CheckoutBasket, read_basket
from .settling import Settled, basket_of, settle_basket

ROWS_A_ROUND = 500
_READ = """
select purchase.purchase_id, checkout.basket::text, purchase.occurred_at, purchase.points_spent,
    purchase.customer_id, purchase.enrolment_id, purchase.account_id,
    rewards_for_rules(purchase.programme_id, purchase.customer_id, purchase.store_id, checkout.checkout_id,
        array(select jsonb_array_elements_text(checkout.basket->'coupons')),
        array(select card->>'code' from jsonb_array_elements(checkout.basket->'gift_cards') card),
        purchase.occurred_at)::text,
    programme_for_rules(checkout.basket->>'programme', false)::text,
    organisation_store_for_rules(checkout.basket->>'store')::text,
    (customers_facts_for_rules(array[purchase.customer_id], purchase.occurred_at) || jsonb_build_object('plans',
        subscriptions_for_rules(purchase.programme_id, array[purchase.customer_id], purchase.occurred_at), 'offers',
        rewards_offers_for_rules(purchase.programme_id, array[purchase.customer_id], purchase.occurred_at)))::text,
    (select json_object_agg(tender->>0, (tender->>1)::bigint)::text
     from jsonb_array_elements(checkout.evaluation::jsonb->'tenders') tender where tender->>0 <> 'points')
from activity_purchase purchase join activity_checkout checkout using (checkout_id)
where purchase.purchase_id = any(%s) and (checkout.closures = 1 or checkout.purchase_id = purchase.purchase_id)
"""


@dataclass(frozen=True, slots=True)
class ClosedBasket:
    """What a closure was asked, with all that was known around it."""

    purchase_id: UUID
    found: CheckoutSurroundings
    occurred_at: datetime

    def settle(
        self,
        terms: Terms,
        *,
        known: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]],
        counted: Sequence[Mapping[str, Any]],
        tier: str,
        gift_prices: Iterable[tuple[str, int]] = (),
    ) -> Settled:
        """Settle it by these terms: `known` are the values read then, `lines` those of each line, `counted` what limits
        have counted until then, `tier` what the member holds, `gift_prices` what gifts were worth then (of others: what
        the file of products says of that day). Raises what `settle_basket` raises.
        """
        found = replace(self._as_read(lines, counted, tier), gift_prices=dict(gift_prices))
        return settle_basket(found, terms, at=self.occurred_at, explain=False, known=known)

    def given(
        self, terms: Terms, *, lines: Sequence[Mapping[str, Any]], gift_prices: Iterable[tuple[str, int]]
    ) -> Basket:
        """Return what the engine was given, as far as it is the basket's own: limits and stock have all of it left.

        `gift_prices` are those of the frozen bill: (product code, minor units).
        """
        found = self._as_read(lines, (), "")
        basket = basket_of(found, terms, self.occurred_at, is_member=earns(self.occurred_at, found.member, terms))
        prices = dict(gift_prices)
        products = {
            code: replace(each, stock=None, unit_price=prices.get(code, 0)) for code, each in basket.products.items()
        }
        return replace(basket, left={}, products=products)

    def _as_read(
        self, lines: Sequence[Mapping[str, Any]], counted: Sequence[Mapping[str, Any]], tier: str
    ) -> CheckoutSurroundings:
        """Return the surroundings with what was read of each line then, and what limits had counted."""
        products = dict(self.found.around.products)
        for asked, read in zip(self.found.basket.lines, lines, strict=False):
            own = {name: read[name] for name in ("category", "brand", "earns") if name in read}
            products[asked.product_code] = {**products.get(asked.product_code, {}), **own}
        around, member = self.found.around, self.found.around.member
        return replace(
            self.found,
            around=replace(
                around, member=replace(member, tier=tier) if member is not None else None, products=products
            ),
            rewards={**self.found.rewards, "limits": list(counted)},
        )


def read_closed(purchase_ids: Sequence[UUID], enrolled: Mapping[UUID, datetime]) -> Iterator[ClosedBasket]:
    """Yield the baskets of closures; not of one that was opened and closed again, whose basket is another by now.

    `enrolled` says when each membership began.
    """
    for first in range(0, len(purchase_ids), ROWS_A_ROUND):
        with connection.cursor() as cursor:
            cursor.execute(_READ, [list(purchase_ids[first : first + ROWS_A_ROUND])])
            rows = cursor.fetchall()
        for row in rows:
            yield _closed(row, enrolled)


def _closed(row: Sequence[Any], enrolled: Mapping[UUID, datetime]) -> ClosedBasket:
    purchase_id, basket_text, occurred_at, spent, customer_id, enrolment_id, account_id, *texts = row
    rewards, programme, store, customer, tenders = [_read(text) for text in texts]
    basket = _as_paid(read_basket(basket_text), spent, programme["points_scale"])
    member = None
    if account_id is not None and customer_id is not None and enrolment_id is not None:
        member = Member(
            customer_id=customer_id,
            enrolment_id=enrolment_id,
            account_id=account_id,
            enrolled_at=enrolled.get(enrolment_id, occurred_at),
            is_provisional=False,
            tier="",
            is_first=False,
            head=ChainHead(account_id, 0, GENESIS),
            facts=customer,
        )
    around = Surroundings(
        programme, member, None, store, products_by_code([line.product_code for line in basket.lines])
    )
    found = CheckoutSurroundings(basket, around, _as_good(rewards, tenders or {}), spent or 0, None, {})
    return ClosedBasket(purchase_id, found, occurred_at)


def _read(text: str | None) -> Any:
    return msgspec.json.decode(text) if text is not None else None


def _as_paid(basket: CheckoutBasket, spent: int | None, scale: int) -> CheckoutBasket:
    """Pay with as many points as then: what the member had left besides is not known any more."""
    return replace(basket, pays_with_points=bool(spent), pay_points=format_points(spent, scale) if spent else None)


def _as_good(rewards: Mapping[str, Any], tenders: Mapping[str, int]) -> dict[str, Any]:
    """A code presented at a closure was good, and a gift card held what it paid."""
    codes = {code: {**known, "state": "ok"} for code, known in rewards.get("codes", {}).items()}
    cards = {
        code: {**known, "state": "ok", "balance": tenders.get(known.get("id"), 0)}
        for code, known in rewards.get("gift_cards", {}).items()
    }
    return {**rewards, "codes": codes, "gift_cards": cards}
