"""A shop with something to tell in every chapter: 130 people of different rhythms over two years."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from fidelia.activity.models import Purchase, PurchaseLine
from tests.cast import AT
from tests.insight.shop import customers, open_shop, purchase

GOODS = ("Coffee/Beans", "Tea", "Cups and saucers")


def people_of_rhythms() -> list[UUID]:
    """People of different rhythms over two years, a third of whom stop; discounts, returns and nameless sales."""
    open_shop()
    found, chance = customers(130), random.Random(1805)
    rows, lines = [], []
    for place, person in enumerate([*found, None]):
        pace, at = (
            chance.choice([15, 30, 60, 200]),
            AT - timedelta(days=chance.randint(330 if place % 3 == 0 else 40, 720)),
        )
        ends = AT - timedelta(days=300 if place % 3 == 0 else 1)
        while at < ends:
            row = purchase(person, chance.randint(3, 90) * 100, at)
            code = chance.randrange(6)
            rows.append(row)
            lines.append(_line(row, code, chance.choice([0, 0, 100]), 1))
            if chance.random() < 0.4:
                lines.append(_line(row, (code + 1) % 6, 0, 2, net=50))
            if chance.random() < 0.08:
                back = purchase(person, -row.total, at + timedelta(hours=5), kind="return", returns_purchase_id=row.pk)
                rows.append(back)
                lines.append(_line(back, code, 0, 1))
            at += timedelta(days=1 + chance.expovariate(1 / pace) * (1 if place % 4 else 5))
    Purchase.objects.bulk_create(rows)
    PurchaseLine.objects.bulk_create(lines)
    return found


def _line(row: Purchase, code: int, discount: int, number: int, net: int | None = None) -> PurchaseLine:
    return PurchaseLine(
        purchase=row, line_number=number, product_code=f"P/{code}", category=GOODS[code % 3], is_product=True,
        net=row.total if net is None else net, discount=discount, quantity=1_000 if row.total > 0 else -1_000,
        returns_purchase_id=row.returns_purchase_id, points=0, description="",
    )  # fmt: skip
