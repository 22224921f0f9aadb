"""A shop with a till: products with prices, a member with a card, and Marzelline who sells in Lyon."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from fidelia.access.models import User
from fidelia.kernel.clock import now
from fidelia.products.models import Product
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM, marzelline
from tests.programme.cast import DOCUMENT

from .boutique import CARD, Shop, open_shop

PRODUCTS = (
    ("moka", "Moka Sidamo 1 kg", 3490, "coffee"),
    ("theiere", "Théière fonte 0,8 l", 4900, ""),
    ("vrac", "Thé en vrac", None, ""),
)


class TillShop:
    """The shop as a till asks it."""

    def __init__(self) -> None:
        self.shop: Shop = open_shop()
        self.card = CARD
        at = now()
        for code, name, price, category in PRODUCTS:
            Product.objects.create(
                code=code, name=name, price=price, price_currency="EUR" if price else "", category=category,
                recorded_at=at, updated_at=at,
            )  # fmt: skip
        self.cashier: User = marzelline(self.shop.lyon.scope)
        self.client = Client()
        self.client.force_login(self.cashier)

    def offer(self, *rules: dict[str, Any], **parts: Any) -> None:
        """Put more rules, or other parts of the terms, in force."""
        programme, at = get_programme("cercle"), now()
        document = {**DOCUMENT, "rules": [*DOCUMENT["rules"], *rules], **parts}
        draft = draft_version(by=SYSTEM, at=at, programme=programme, document=document)
        publish_version(by=SYSTEM, at=at, version=draft)

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/till/{path}", query)

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(f"/till/{path}", json.dumps(body), content_type="application/json")

    def sale(self, **changes: Any) -> dict[str, Any]:
        """A basket of Léonore Müller: a moka and two teapots."""
        lines = [
            {"product": "moka", "name": "Moka", "quantity": 1000, "price": 3490},
            {"product": "theiere", "name": "Théière", "quantity": 2000, "price": 4900},
        ]
        base = {"store": "lyon", "till": "2", "lines": lines, "customer_id": str(self.shop.customer_id)}
        return base | {"key": "k-1", "receipt": "2-00001"} | changes
