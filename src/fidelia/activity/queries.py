"""What one may ask of activity. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from fidelia.customers.queries import list_trait_definitions
from fidelia.kernel.actor import Actor, Scope
from fidelia.programme.queries import list_programmes, terms_of
from fidelia.rules import Catalogue, Decision, find_break

from . import fields
from .errors import UnknownPurchase
from .models import DecisionRecord, Purchase, PurchaseLine

PAGE_MAX = 200
Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class PurchaseDetail:
    """A purchase with its lines and, where it counted for a member, its decision."""

    purchase: Purchase
    lines: list[PurchaseLine]
    decision: Decision | None


def get_purchase(*, by: Actor, purchase_id: UUID) -> PurchaseDetail:
    """Return a purchase. Raises UnknownPurchase: there is none, or it is not the actor's to see."""
    purchase = _visible(by).filter(purchase_id=purchase_id).first()
    if purchase is None:
        raise UnknownPurchase("There is no such purchase.")
    lines = list(PurchaseLine.objects.filter(purchase_id=purchase_id).order_by("line_number"))
    record = DecisionRecord.objects.filter(purchase_id=purchase_id).values_list("record", flat=True).first()
    return PurchaseDetail(purchase, lines, Decision.from_mapping(record) if record is not None else None)


def get_purchases(*, by: Actor, purchase_ids: Iterable[UUID]) -> dict[UUID, PurchaseDetail]:
    """Return many purchases with their lines and decisions; three statements. Those not to be seen are left out."""
    purchases = {purchase.purchase_id: purchase for purchase in _visible(by).filter(purchase_id__in=list(purchase_ids))}
    lines = list_lines(purchases)
    records = DecisionRecord.objects.filter(purchase_id__in=purchases).values_list("purchase_id", "record")
    decisions = {purchase_id: Decision.from_mapping(record) for purchase_id, record in records}
    return {id: PurchaseDetail(purchases[id], lines.get(id, []), decisions.get(id)) for id in purchases}


def get_recorded(purchase_id: UUID) -> PurchaseDetail:
    """Return what a verb recorded for the same caller before, without its decision; no right is asked for it."""
    lines = PurchaseLine.objects.select_related("purchase").filter(purchase_id=purchase_id).order_by("line_number")
    found = list(lines)
    return PurchaseDetail(found[0].purchase, found, None)


def get_decision(*, by: Actor, purchase_id: UUID) -> PurchaseDetail:
    """Return a purchase to be explained. Raises Denied (decision.see, purchase.see), UnknownPurchase."""
    if not by.may_somewhere("decision.see"):
        by.require("decision.see")
    detail = get_purchase(by=by, purchase_id=purchase_id)
    by.require("decision.see", Scope(detail.purchase.partner_id, detail.purchase.store_id))
    return detail


def list_purchases(
    *,
    by: Actor,
    customer_ids: Iterable[UUID] | None = None,
    store_id: UUID | None = None,
    updated_since: datetime | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> list[Purchase]:
    """Return purchases the actor may see, newest first, by (occurred_at, purchase_id); `after` is the last one seen.

    `updated_since` keeps what was recorded at or after that instant.
    """
    found = _visible(by)
    if customer_ids is not None:
        found = found.filter(customer_id__in=list(customer_ids))
    if store_id is not None:
        found = found.filter(store_id=store_id)
    if updated_since is not None:
        found = found.filter(recorded_at__gte=updated_since)
    if after is not None:
        found = found.filter(Q(occurred_at__lt=after[0]) | Q(occurred_at=after[0], purchase_id__lt=after[1]))
    return list(found.order_by("-occurred_at", "-purchase_id")[: min(limit, PAGE_MAX)])


def list_lines(purchase_ids: Iterable[UUID]) -> dict[UUID, list[PurchaseLine]]:
    """Return the lines of many purchases, with one statement."""
    lines: dict[UUID, list[PurchaseLine]] = {}
    for line in PurchaseLine.objects.filter(purchase_id__in=list(purchase_ids)).order_by("purchase_id", "line_number"):
        lines.setdefault(line.purchase_id, []).append(line)
    return lines


def explain_purchase(detail: PurchaseDetail, language: str) -> list[str]:
    """Return why a purchase gave its points, sentence by sentence, for a member or a cashier."""
    if detail.decision is None or detail.purchase.rule_version_id is None:
        return []
    from fidelia.rules import explain

    return explain(detail.decision, terms_of(detail.purchase.rule_version_id).rule_set, language)


def find_broken_chain(account_id: UUID) -> int | None:
    """Return the sequence of the first decision that its hash does not fit; None when the chain is whole."""
    rows = DecisionRecord.objects.filter(account_id=account_id).order_by("sequence").values_list("record", "hash")
    found = list(rows)
    place = find_break([Decision.from_mapping(record) for record, _hash in found], [bytes(h) for _record, h in found])
    return None if place is None else place + 1


def _visible(by: Actor) -> QuerySet[Purchase]:
    scopes = by.scopes_of("purchase.see")
    if not scopes:
        by.require("purchase.see")
    sandboxes = Q(programme_id__in=[programme.id for programme in list_programmes(sandbox=True)])
    found = Purchase.objects.filter(sandboxes if by.mode == "test" else ~sandboxes)
    if any(scope == Scope() for scope in scopes):
        return found
    seen = Q()
    for scope in scopes:
        seen |= Q(store_id=scope.store_id) if scope.store_id else Q(partner_id=scope.partner_id)
    return found.filter(seen)


def purchase_catalogue(currency: str) -> Catalogue:
    """Return what the earning rules of a programme in this currency may read today; one statement, for the traits."""
    return fields.purchase_catalogue(currency, list_trait_definitions())
