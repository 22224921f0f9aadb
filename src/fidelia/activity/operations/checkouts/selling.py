"""Gift cards sold as lines of a basket: activated with the closure, taken back with what comes back of their line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id
from fidelia.kernel.money import Money
from fidelia.programme.queries import get_programme_by_id
from fidelia.rewards.operations import (
    draw_gift_card_code,
    lock_cards,
    lock_cards_of,
    sell_gift_card_on_line,
    take_gift_card_back,
    top_up_gift_card_on_line,
)
from fidelia.rules.pricing.reversal import ReversedLine

from ..purchases import Caller
from .frozen import Sold
from .reading import CheckoutSurroundings
from .settling import SHIPPING, Settled
from .writing import CheckoutPurchaseRow

SOLD_CARDS: Final = "sold_cards"


def cards_to_sell(found: CheckoutSurroundings, settled: Settled) -> list[dict[str, Any]]:
    """Return the gift cards that the closure sells, with their codes: what its evaluation keeps, for who asks again."""
    return [
        {
            "id": str(new_id()),
            "line_number": number,
            "code": line.sells.code or draw_gift_card_code(),
            "amount": billed.total,
            "valid_until": None if line.sells.valid_until is None else line.sells.valid_until.isoformat(),
            **({"tops_up": True} if line.sells.tops_up else {}),
        }
        for number, (line, billed) in enumerate(zip(found.basket.lines, settled.bill.lines, strict=False), 1)
        if line.sells is not None
    ]


def sell_cards(caller: Caller, purchase: CheckoutPurchaseRow, cards: Sequence[Mapping[str, Any]]) -> None:
    """Building block of the closure: activate the cards, or charge them again, with the money that their lines cost.

    Raises what `top_up_gift_card` and `sell_gift_card` do, each with the place of its line.
    """
    if not cards:
        return
    assert purchase.programme_id is not None, "a checkout is one of a programme"
    programme = get_programme_by_id(purchase.programme_id)
    if len(cards) > 1:
        lock_cards(programme, [card["code"] for card in cards])
    for card in cards:
        until = card["valid_until"]
        with _at_line(card["line_number"]):
            if card.get("tops_up"):
                top_up_gift_card_on_line(
                    by=caller.by, at=caller.at, programme=programme, amount=Money(card["amount"], purchase.currency),
                    code=card["code"], purchase_id=purchase.purchase_id, line_number=card["line_number"],
                    partner_id=purchase.partner_id, store_id=purchase.store_id,
                )  # fmt: skip
                continue
            sell_gift_card_on_line(
                by=caller.by, at=caller.at, programme=programme, amount=Money(card["amount"], purchase.currency),
                valid_until=None if until is None else date.fromisoformat(until), code=card["code"],
                customer_id=purchase.customer_id, store_id=purchase.store_id, partner_id=purchase.partner_id,
                purchase_id=purchase.purchase_id, line_number=card["line_number"], card_id=UUID(card["id"]),
            )  # fmt: skip


@contextmanager
def _at_line(number: int) -> Iterator[None]:
    """Give a refusal of the card the place of the line that sells it."""
    try:
        yield
    except FideliaError as refusal:
        refusal.pointer = f"/lines/{number - 1}/gift_card{refusal.pointer or ''}"
        raise


def take_cards_back(caller: Caller, returned: CheckoutPurchaseRow, sold: Sold, lines: Sequence[ReversedLine]) -> None:
    """Building block of a return: take what comes back of a line off the card that it sold.

    Only lines that are no goods can have sold one. Raises GiftCardShort where that money is spent or set aside.
    """
    named = [(line, sold.lines[line.line]) for line in lines if line.total > 0]
    cards = [(line, its) for line, its in named if not its.is_product and its.product_code != SHIPPING]
    if cards:
        lock_cards_of(sold.purchase.purchase_id)
    for line, of_sale in cards:
        take_gift_card_back(
            by=caller.by, at=caller.at, sale_id=sold.purchase.purchase_id, line_number=of_sale.line_number,
            amount=Money(line.total, sold.purchase.currency), purchase_id=returned.purchase_id,
        )  # fmt: skip
