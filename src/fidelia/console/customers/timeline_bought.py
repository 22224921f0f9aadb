"""Purchases and returns in the timeline, each with what it earned and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.activity.models import PurchaseLine
from fidelia.activity.queries import PurchaseDetail, explain_purchase, get_purchases, list_purchases
from fidelia.organisation.models import Store
from fidelia.programme.queries import terms_of
from fidelia.ui.parts import Mark, TimelineItem

from .reading import Dossier

NAMED_LINES_MAX = 3
NOBODY = UUID(int=0)


def bought_between(dossier: Dossier, before: datetime, limit: int) -> list[tuple[datetime, TimelineItem]]:
    """Return the newest purchases and returns before a moment; five statements whatever their number."""
    purchases = list_purchases(by=dossier.by, customer_ids=dossier.ids, after=(before, NOBODY), limit=limit)
    details = get_purchases(by=dossier.by, purchase_ids=[purchase.purchase_id for purchase in purchases])
    return [
        (purchase.occurred_at, item_of(dossier, details[purchase.purchase_id]))
        for purchase in purchases
        if purchase.purchase_id in details
    ]


def item_of(dossier: Dossier, detail: PurchaseDetail) -> TimelineItem:
    """Return a purchase or a return as an item."""
    purchase, speech = detail.purchase, dossier.speech
    is_sale = purchase.kind == purchase.Kind.SALE
    amount = speech.money(abs(purchase.total), purchase.currency)
    strong = _("Purchase of %(amount)s") if is_sale else _("Return of %(amount)s")
    store = dossier.stores.get(purchase.store_id) if purchase.store_id else None
    scale = dossier.membership.scale if dossier.membership else 0
    has_points = purchase.account_id is not None and dossier.membership is not None
    sentences = _reasons(dossier, detail)
    return TimelineItem(
        "shopping-bag" if is_sale else "receipt-refund",
        strong % {"amount": amount},
        rest=_where(store) if store else "",
        detail=name_lines(detail.lines),
        end=speech.points(purchase.points, scale, sign=True, unit=True) if has_points else "",
        end_good=purchase.points > 0,
        when=speech.when(purchase.occurred_at),
        tone="petrol" if is_sale else "grey",
        marks=_marks(dossier, detail, scale),
        url=reverse("console:purchase", args=[purchase.purchase_id]),
        why=sentences,
        why_title=_("Why %(points)s") % {"points": speech.points(purchase.points, scale, unit=True)}
        if sentences
        else "",
    )


def _where(store: Store) -> str:
    said = _("on %(store)s") if store.channel == "web" else _("at %(store)s")
    return said % {"store": store.name}


def name_lines(lines: Sequence[PurchaseLine]) -> str:
    """Say what was bought: three lines by name, and how many more."""
    named = [_name(line) for line in lines[:NAMED_LINES_MAX]]
    more = len(lines) - len(named)
    if more:
        named.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return ", ".join(named)


def _name(line: PurchaseLine) -> str:
    name = line.description or line.product_code
    pieces = abs(line.quantity) // 1000
    return f"{name}\u00a0×\u00a0{pieces}" if pieces > 1 and abs(line.quantity) % 1000 == 0 else name


def _reasons(dossier: Dossier, detail: PurchaseDetail) -> list[str]:
    if not dossier.by.may_somewhere("decision.see"):
        return []
    return explain_purchase(detail, dossier.speech.language)[1:]


def _marks(dossier: Dossier, detail: PurchaseDetail, scale: int) -> list[Mark]:
    """The rules that gave points, when there are several to tell apart."""
    decision, version_id = detail.decision, detail.purchase.rule_version_id
    if decision is None or version_id is None or not dossier.by.may_somewhere("decision.see"):
        return []
    granted = [outcome for outcome in decision.outcomes if outcome.points]
    if len(granted) < 2:
        return []
    rules = terms_of(version_id).rule_set.rule_at
    return [
        Mark(
            f"{dossier.speech.points(outcome.points, scale, sign=True)} "
            f"{rules[outcome.rule_key].name.in_language(dossier.speech.language)}",
            "petrol",
        )
        for outcome in granted
    ]
