"""Receipts on which goods were bought and others came back: a sale of the one and a return of the other.

Both have the number of the receipt. What is tied to an earlier line takes back what that line earned, frozen, and
counts against what may still come back of it, at any till. What is tied to nothing (a coupon written as a line, goods
of before the history) stays where it is and lowers the purchase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .receipts import Receipt
from .sold_lines import CENT, SoldLine


@dataclass(frozen=True, slots=True)
class Part:
    """A purchase or a return to be decided: `matched` and `worthless` are of its lines, by their places in it.

    `matched` are the lines sold that its lines give back, `worthless` those of which nothing is left to take.
    """

    receipt: Receipt
    matched: Mapping[int, SoldLine]
    worthless: frozenset[int] = frozenset()


def parts_of(receipt: Receipt, matched: Mapping[int, SoldLine], worthless: frozenset[int]) -> Sequence[Part]:
    """Return what a receipt is kept as: itself, or what was bought on it and then what came back of earlier ones."""
    back = {*matched, *worthless}
    places = range(receipt.line_count)
    if not back or not any(receipt.quantities[place] > 0 for place in places):
        return [Part(receipt, matched, worthless)]
    if sum(receipt.nets[place] for place in places if place not in back) < 0:
        back |= {place for place in places if receipt.quantities[place] < 0}
    came_back = sorted(back)
    bought = [place for place in places if place not in back]
    return [
        Part(_piece_of(receipt, "sale", bought), {}),
        Part(
            _piece_of(receipt, "return", came_back),
            {i: matched[place] for i, place in enumerate(came_back) if place in matched},
            frozenset(i for i, place in enumerate(came_back) if place in worthless),
        ),
    ]


def _piece_of(receipt: Receipt, kind: str, places: Sequence[int]) -> Receipt:
    nets = [receipt.nets[place] for place in places]
    return replace(
        receipt,
        kind=kind,
        net=sum(nets),
        line_count=len(places),
        products=[receipt.products[place] for place in places],
        quantities=[receipt.quantities[place] for place in places],
        nets=nets,
        categories=[receipt.categories[place] for place in places],
        originals=[receipt.originals[place] for place in places] if receipt.originals else [],
        takes=[place + 1 for place in places],
    )


def is_correction(receipt: Receipt, place: int) -> bool:
    """Whether a line below zero takes a line of its own receipt off again: that was not bought, and nothing comes back.

    The goods are the same and so is their price. One that names the receipt it gives back is no correction.
    """
    if receipt.originals and receipt.originals[place]:
        return False
    quantity, net = -receipt.quantities[place], -receipt.nets[place]
    rows = zip(receipt.products, receipt.quantities, receipt.nets, strict=True)
    return any(
        product == receipt.products[place] and sold >= quantity and abs(paid * quantity - net * sold) <= CENT * sold
        for product, sold, paid in rows
        if sold > 0
    )
