"""What a basket is tried with: a real purchase taken up, and a rule as it stands in the builder."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fidelia.activity.models import Purchase
from fidelia.activity.queries import list_lines, list_purchases
from fidelia.customers.queries import get_customer
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import exponent_of, format_scaled
from fidelia.organisation.queries import get_store
from fidelia.rules.documents import read_text

from .trial_parts import Row, TrialView, as_typed

ROWS_MAX = 50


def document_tried(view: TrialView) -> dict[str, Any] | None:
    """Return the document with the rule as it is typed in the builder; None to try the version as it is kept.

    Raises UnreadableText.
    """
    if not view.rule_text:
        return None
    document: dict[str, Any] = view.version.document
    typed = read_text(view.rule_text)
    rules = [typed if rule["key"] == view.rule_key else rule for rule in document["rules"]]
    return {**document, "rules": rules}


def take_purchase(by: Actor, view: TrialView) -> bool:
    """Fill the card with the sale of a receipt: lines, moment, store and member. False where there is none."""
    sale = _find_sale(by, view.receipt)
    if sale is None:
        view.mistakes.append(_("No purchase has this receipt number."))
        return False
    exponent = exponent_of(sale.currency)
    lines = list_lines([sale.purchase_id]).get(sale.purchase_id, [])[:ROWS_MAX]
    view.rows = [
        Row(
            line.product_code,
            as_typed(f"{Decimal(line.quantity) / 1000:f}"),
            as_typed(format_scaled(line.net, exponent)),
            line.description,
        )
        for line in lines
    ]
    view.when = timezone.localtime(sale.occurred_at).strftime("%Y-%m-%dT%H:%M")
    view.channel = sale.channel
    view.store = get_store(store_id=sale.store_id).code if sale.store_id else ""
    view.customer_id, view.member = _member_of(by, sale)
    return True


def _find_sale(by: Actor, receipt: str) -> Purchase | None:
    found = list_purchases(by=by, receipt_number=receipt, kind=Purchase.Kind.SALE, limit=1) if receipt else []
    return found[0] if found else None


def _member_of(by: Actor, sale: Purchase) -> tuple[str, str]:
    """Return the id and the name of whose purchase it was; nobody for an anonymous one, or one not to be seen."""
    if sale.customer_id is None:
        return "", ""
    try:
        return str(sale.customer_id), get_customer(by=by, customer_id=sale.customer_id).display_name
    except FideliaError:
        return "", ""
