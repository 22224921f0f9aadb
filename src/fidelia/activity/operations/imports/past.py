"""What the members of a batch bought before, receipt after receipt, for the rules that ask about it.

A till asks one SQL function; a batch of receipts that are not written yet asks their rows here, by the same definition
(`fidelia.rules.history`). Nothing is read where no rule asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.calendar import local_day
from fidelia.programme.queries import Terms
from fidelia.rules.history import BoughtRow, value_of

from .receipts import Receipt
from .sold_lines import SoldLine

_BOUGHT = """
select member.id, bought.* from unnest(%s::uuid[]) member (id)
cross join lateral activity_bought(
    customers_ids_for_rules(member.id), %s, %s, '-infinity', 'infinity', %s) bought
"""


class Past:
    """The rows of each customer of a batch; `products` and `stores` as `Circumstances` has them."""

    def __init__(self, products: Mapping[str, dict[str, Any]], stores: Mapping[str, dict[str, Any]]) -> None:
        self._products = products
        self._code_of_id = {str(store["id"]): str(store["code"]) for store in stores.values()}
        self._code_of = {name: str(store["code"]) for name, store in stores.items()}
        self._rows: dict[UUID, list[BoughtRow]] = defaultdict(list)

    def load(self, terms: Terms, programme_id: UUID, customers: Iterable[UUID]) -> None:
        """Read what is recorded already."""
        asked = (list(customers), programme_id, terms.rule_set.catalogue.currency, terms.zone.key)
        with connection.cursor() as cursor:
            cursor.execute(_BOUGHT, asked)
            for customer, _own, sale, line, at, known_at, day, product, store, channel, *amounts in cursor.fetchall():
                quantity, net = amounts
                row = BoughtRow(str(sale), line, at, known_at, day, product, "", "", "", channel, quantity, net)
                self._add(customer, row._replace(store=self._code_of_id.get(str(store), "")))

    def values(self, terms: Terms, customer: UUID, at: datetime) -> dict[str, Any]:
        """Return the value of each measure that these rules ask of a customer, by its path."""
        rows, today = self._rows[customer], local_day(at, terms.zone)
        return {each.path: value_of(each, rows, at=at, today=today) for each in terms.rule_set.measures}

    def remember(
        self, terms: Terms, customer: UUID, receipt: Receipt, purchase_id: UUID, matched: Mapping[int, SoldLine]
    ) -> None:
        """Add a receipt that has been decided; what came back of a sale stands under the sale."""
        store, channel = self._code_of.get(receipt.store, ""), receipt.channel
        for place, product in enumerate(receipt.products):
            sold = matched.get(place)
            sale, line, at = purchase_id, place + 1, receipt.occurred_at
            if sold is not None:
                sale, line, at = sold.purchase_id, sold.line_number, sold.occurred_at
            day, quantity, net = local_day(at, terms.zone), receipt.quantities[place], receipt.nets[place]
            found = (str(sale), line, at, receipt.occurred_at, day, product, "", "", store, channel, quantity, net)
            self._add(customer, BoughtRow(*found))

    def _add(self, customer: UUID, row: BoughtRow) -> None:
        """Keep a row with what the file of products says of it; what is no product does not count."""
        known = self._products.get(row.product, {})
        if known.get("is_product", True):
            row = row._replace(category=known.get("category") or "", brand=known.get("brand") or "")
            self._rows[customer].append(row)
