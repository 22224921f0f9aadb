"""What one may ask of activity. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from fidelia.customers.queries import list_trait_definitions
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.changes import ChangeMark, changed, read_mark
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import list_programmes, terms_of
from fidelia.rules import Catalogue, Decision, find_break

from . import fields
from .errors import UnknownImport, UnknownPurchase
from .models import DecisionRecord, Purchase, PurchaseImport, PurchaseLine

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
    kind: str | None = None,
    receipt_number: str | None = None,
    updated_since: datetime | ChangeMark | None = None,
    updated_until: ChangeMark | None = None,
    after: Place | None = None,
    before: Place | None = None,
    limit: int = 50,
) -> list[Purchase]:
    """Return purchases the actor may see, newest first, by (occurred_at, purchase_id); `after` is the last one seen.

    `updated_since` keeps what was recorded at or after that instant, or since that mark, and had been committed by the
    mark `updated_until` (by now, unless told). Raises StaleChangeMark.
    """
    found = _visible(by)
    if customer_ids is not None:
        found = found.filter(customer_id__in=list(customer_ids))
    if store_id is not None:
        found = found.filter(store_id=store_id)
    if kind is not None:
        found = found.filter(kind=kind)
    if receipt_number is not None:
        found = found.filter(receipt_number=receipt_number, kind__in=Purchase.Kind.values)
    if updated_since is not None:
        until = updated_until or read_mark()
        found = changed(found, since=updated_since, until=until, instant="recorded_at")
    if after is not None:
        found = found.filter(Q(occurred_at__lt=after[0]) | Q(occurred_at=after[0], purchase_id__lt=after[1]))
    if before is not None:
        found = found.filter(Q(occurred_at__gt=before[0]) | Q(occurred_at=before[0], purchase_id__gt=before[1]))
        return list(found.order_by("occurred_at", "purchase_id")[: min(limit, PAGE_MAX)])[::-1]
    return list(found.order_by("-occurred_at", "-purchase_id")[: min(limit, PAGE_MAX)])


@dataclass(frozen=True, slots=True)
class PurchaseSums:
    """What a customer bought in one currency: since an instant, and in all. Returns lower the amounts."""

    customer_id: UUID
    currency: str
    sales_since: int
    amount_since: int
    sales: int
    last_sale_at: datetime | None


def sum_purchases(*, by: Actor, customer_ids: Iterable[UUID], since: datetime) -> list[PurchaseSums]:
    """Return the sums of each customer who bought, by currency, the largest amount first; one statement."""
    is_sale, is_recent = Q(kind=Purchase.Kind.SALE), Q(occurred_at__gte=since)
    rows = (
        _visible(by)
        .filter(customer_id__in=list(customer_ids))
        .values_list("customer_id", "currency")
        .annotate(
            sales_since=Count("purchase_id", filter=is_sale & is_recent),
            amount_since=Sum("total", filter=is_recent, default=0),
            sales=Count("purchase_id", filter=is_sale),
            last_sale_at=Max("occurred_at", filter=is_sale),
        )
        .order_by("-amount_since", "currency")
    )
    return [PurchaseSums(*row) for row in rows]


def list_imports(*, by: Actor, limit: int = 50) -> list[PurchaseImport]:
    """Return the files of past purchases that were brought in, the newest first. Raises Denied (purchase.import)."""
    by.require("purchase.import")
    return list(PurchaseImport.objects.order_by("-started_at", "-id")[: min(limit, PAGE_MAX)])


def get_import(*, by: Actor, import_id: UUID) -> PurchaseImport:
    """Return one file that was brought in. Raises Denied (purchase.import), UnknownImport."""
    by.require("purchase.import")
    found = PurchaseImport.objects.filter(id=import_id).first()
    if found is None:
        raise UnknownImport("There is no such import.")
    return found


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


# Sums for Home: what was sold, to whom, and who came back.


@dataclass(frozen=True, slots=True)
class SalesFigures:
    """Sales less returns dated in a span, in minor units, tax included; `members` is the part of enrolled customers."""

    total: int
    members: int
    receipts: int

    @property
    def member_share(self) -> float | None:
        return self.members / self.total if self.total > 0 else None


@dataclass(frozen=True, slots=True)
class WeekOfSales:
    """Sales less returns of a week that begins on a Monday where the operator is, in minor units."""

    monday: date
    members: int
    others: int


def sum_sales(*, by: Actor, currency: str, since: datetime, until: datetime) -> SalesFigures:
    """Sales are tax included, after discounts and returns dated in the period; points are payment, no discount.

    The part of members is what was bought while enrolled: enrolment is tested at the purchase's own time. From `since`
    to before `until`. Raises Denied (purchase.see).
    """
    found = _dated(by, currency, since, until).aggregate(
        all=Sum("total", default=0),
        members=Sum("total", filter=Q(enrolment_id__isnull=False), default=0),
        receipts=Count("purchase_id", filter=Q(kind=Purchase.Kind.SALE)),
    )
    return SalesFigures(found["all"], found["members"], found["receipts"])


def list_weeks_of_sales(
    *, by: Actor, currency: str, since: datetime, until: datetime, zone: tzinfo
) -> list[WeekOfSales]:
    """Return the sales of each week that had any, oldest first. Raises Denied (purchase.see)."""
    weeks = _dated(by, currency, since, until).annotate(monday=TruncWeek("occurred_at", tzinfo=zone)).values("monday")
    sums = weeks.annotate(
        all=Sum("total"), members=Sum("total", filter=Q(enrolment_id__isnull=False), default=0)
    ).order_by("monday")
    return [WeekOfSales(row["monday"].date(), row["members"], row["all"] - row["members"]) for row in sums]


def count_active_members(*, by: Actor, since: datetime, until: datetime) -> int:
    """An active member is enrolled and has at least one purchase not fully returned in the last 6 months.

    Counts memberships with such a purchase from `since` to before `until`. Raises Denied (purchase.see).
    """
    enrolled = Enrolment.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=until)).values("id")
    bought = _kept_sales(by, since, until).filter(enrolment_id__in=enrolled)
    return int(bought.aggregate(n=Count("enrolment_id", distinct=True))["n"])


def count_repurchases(*, by: Actor, until: datetime) -> tuple[int, int]:
    """Of the customers who bought 120 to 90 days before the end, how many bought again within 90 days.

    Returns (came back, bought). Returned purchases do not count. Raises Denied (purchase.see).
    """
    begin, turn = until - timedelta(days=120), until - timedelta(days=90)
    first = _kept_sales(by, begin, turn).filter(customer_id__isnull=False).values("customer_id")
    bought = dict(first.annotate(last=Max("occurred_at")).values_list("customer_id", "last"))
    again = _kept_sales(by, begin, until).filter(customer_id__in=list(bought))
    days = timedelta(days=90)
    back = {
        customer
        for customer, at in again.values_list("customer_id", "occurred_at")
        if customer is not None and bought[customer] < at <= bought[customer] + days
    }
    return len(back), len(bought)


def _dated(by: Actor, currency: str, since: datetime, until: datetime) -> QuerySet[Purchase]:
    return _visible(by).filter(currency=currency, occurred_at__gte=since, occurred_at__lt=until)


def _kept_sales(by: Actor, since: datetime, until: datetime) -> QuerySet[Purchase]:
    returned = (
        Purchase.objects.filter(kind=Purchase.Kind.RETURN, returns_purchase__isnull=False, occurred_at__lt=until)
        .values("returns_purchase_id")
        .annotate(back=Sum("total"))
        .filter(back__lte=-F("returns_purchase__total"))
    )
    sales = _visible(by).filter(kind=Purchase.Kind.SALE, occurred_at__gte=since, occurred_at__lt=until)
    return sales.exclude(purchase_id__in=returned.values("returns_purchase_id"))
