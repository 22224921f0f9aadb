"""Sums of purchases: of a customer, of a span of days, of a product."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Coalesce, TruncWeek

from fidelia.kernel.actor import Actor
from fidelia.programme.models import Enrolment

from ..models import Purchase, PurchaseLine
from .purchases import _of_customers, _visible

_OWNER = Coalesce("customer_id", "claim__customer_id")
_MEMBERSHIP = Coalesce("enrolment_id", "claim__enrolment_id")
_BY_MEMBERS = Q(enrolment_id__isnull=False) | Q(claim__isnull=False)


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
    """Return the sums of each customer who bought, by currency, the largest amount first; two statements."""
    is_sale, is_recent = Q(kind=Purchase.Kind.SALE), Q(occurred_at__gte=since)
    rows = (
        _visible(by)
        .filter(_of_customers(customer_ids))
        .values_list(_OWNER, "currency")
        .annotate(
            sales_since=Count("purchase_id", filter=is_sale & is_recent),
            amount_since=Sum("total", filter=is_recent, default=0),
            sales=Count("purchase_id", filter=is_sale),
            last_sale_at=Max("occurred_at", filter=is_sale),
        )
        .order_by("-amount_since", "currency")
    )
    return [PurchaseSums(*row) for row in rows]


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
class StoreSales:
    """Sales less returns of one store, in minor units, tax included; `named` are the receipts of known customers.

    `store_id` is None for what names no store.
    """

    store_id: UUID | None
    total: int
    members: int
    receipts: int
    named: int


@dataclass(frozen=True, slots=True)
class WeekOfSales:
    """Sales less returns of a week that begins on a Monday where the operator is, in minor units."""

    monday: date
    members: int
    others: int


def sum_sales(
    *, by: Actor, currency: str, since: datetime, until: datetime, store_id: UUID | None = None
) -> SalesFigures:
    """Sales are tax included, after discounts and returns dated in the period; points are payment, no discount.

    The part of members is what was bought while enrolled: enrolment is tested at the purchase's own time. From `since`
    to before `until`, of one store if named. Raises Denied (purchase.see).
    """
    found = _dated(by, currency, since, until, store_id).aggregate(
        all=Sum("total", default=0),
        members=Sum("total", filter=_BY_MEMBERS, default=0),
        receipts=Count("purchase_id", filter=Q(kind=Purchase.Kind.SALE)),
    )
    return SalesFigures(found["all"], found["members"], found["receipts"])


def sum_sales_by_store(*, by: Actor, currency: str, since: datetime, until: datetime) -> list[StoreSales]:
    """Return `sum_sales` of each store that sold from `since` to before `until`, the largest first; one statement.

    Raises Denied (purchase.see).
    """
    is_sale = Q(kind=Purchase.Kind.SALE)
    rows = (
        _dated(by, currency, since, until)
        .values_list("store_id")
        .annotate(
            all=Sum("total"),
            members=Sum("total", filter=_BY_MEMBERS, default=0),
            receipts=Count("purchase_id", filter=is_sale),
            named=Count("purchase_id", filter=is_sale & (Q(customer_id__isnull=False) | Q(claim__isnull=False))),
        )
        .order_by("-all", "store_id")
    )
    return [StoreSales(*row) for row in rows]


def list_weeks_of_sales(
    *, by: Actor, currency: str, since: datetime, until: datetime, zone: tzinfo, store_id: UUID | None = None
) -> list[WeekOfSales]:
    """Return the sales of each week that had any, oldest first; of one store if named. Raises Denied (purchase.see)."""
    found = _dated(by, currency, since, until, store_id)
    weeks = found.annotate(monday=TruncWeek("occurred_at", tzinfo=zone)).values("monday")
    sums = weeks.annotate(all=Sum("total"), members=Sum("total", filter=_BY_MEMBERS, default=0)).order_by("monday")
    return [WeekOfSales(row["monday"].date(), row["members"], row["all"] - row["members"]) for row in sums]


def list_weeks_of_sales_by_store(
    *, by: Actor, currency: str, since: datetime, until: datetime, zone: tzinfo
) -> dict[UUID, list[WeekOfSales]]:
    """Return `list_weeks_of_sales` of each store that sold; one statement. Raises Denied (purchase.see)."""
    found = _dated(by, currency, since, until).filter(store_id__isnull=False)
    weeks = found.annotate(monday=TruncWeek("occurred_at", tzinfo=zone)).values("store_id", "monday")
    sums = weeks.annotate(all=Sum("total"), members=Sum("total", filter=_BY_MEMBERS, default=0)).order_by("monday")
    stores = defaultdict[UUID, list[WeekOfSales]](list)
    for row in sums:
        week = WeekOfSales(row["monday"].date(), row["members"], row["all"] - row["members"])
        if (store := row["store_id"]) is not None:
            stores[store].append(week)
    return dict(stores)


def count_active_members(*, by: Actor, since: datetime, until: datetime, store_id: UUID | None = None) -> int:
    """An active member is enrolled and has at least one purchase not fully returned in the last 6 months.

    Counts memberships with such a purchase from `since` to before `until`, in one store if named. Raises Denied
    (purchase.see).
    """
    enrolled = Enrolment.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=until)).values("id")
    bought = _kept_sales(by, since, until, store_id).annotate(membership=_MEMBERSHIP).filter(membership__in=enrolled)
    return int(bought.aggregate(n=Count("membership", distinct=True))["n"])


def count_active_members_by_store(*, by: Actor, since: datetime, until: datetime) -> dict[UUID, int]:
    """Return `count_active_members` of each store that has any; one statement. Raises Denied (purchase.see)."""
    enrolled = Enrolment.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=until)).values("id")
    bought = _kept_sales(by, since, until).annotate(membership=_MEMBERSHIP).filter(membership__in=enrolled)
    counts = bought.filter(store_id__isnull=False).values_list("store_id")
    return dict(counts.annotate(n=Count("membership", distinct=True)).order_by())


def count_repurchases(*, by: Actor, until: datetime, store_id: UUID | None = None) -> tuple[int, int]:
    """Of the customers who bought 120 to 90 days before the end, how many bought again within 90 days.

    Returns (came back, bought). Returned purchases do not count. Of one store those who bought there count, wherever
    they came back to. Raises Denied (purchase.see).
    """
    begin, turn = until - timedelta(days=120), until - timedelta(days=90)
    first = _kept_sales(by, begin, turn, store_id).annotate(owner=_OWNER).filter(owner__isnull=False).values("owner")
    bought = dict(first.annotate(last=Max("occurred_at")).values_list("owner", "last"))
    again = _kept_sales(by, begin, until).annotate(owner=_OWNER).filter(owner__in=list(bought))
    days = timedelta(days=90)
    back = {
        customer
        for customer, at in again.values_list("owner", "occurred_at")
        if customer is not None and bought[customer] < at <= bought[customer] + days
    }
    return len(back), len(bought)


def count_repurchases_by_store(*, by: Actor, until: datetime) -> dict[UUID, tuple[int, int]]:
    """Return `count_repurchases` of each store where somebody bought; two statements. Raises Denied (purchase.see)."""
    begin, turn, days = until - timedelta(days=120), until - timedelta(days=90), timedelta(days=90)
    named = _kept_sales(by, begin, until).annotate(owner=_OWNER).filter(owner__isnull=False)
    first = named.filter(occurred_at__lt=turn, store_id__isnull=False).values("owner", "store_id")
    bought = defaultdict[UUID, dict[UUID, datetime]](dict)  # by owner: when they last bought in each store
    for owner, store, last in first.annotate(last=Max("occurred_at")).values_list("owner", "store_id", "last"):
        if store is not None:
            bought[owner][store] = last
    back = defaultdict[UUID, set[UUID]](set)
    for owner, at in named.values_list("owner", "occurred_at").iterator(chunk_size=10_000):
        for store, last in bought.get(owner, {}).items():
            if last < at <= last + days:
                back[store].add(owner)
    buyers = Counter(store for stores in bought.values() for store in stores)
    return {store: (len(back[store]), count) for store, count in buyers.items()}


def _dated(
    by: Actor, currency: str, since: datetime, until: datetime, store_id: UUID | None = None
) -> QuerySet[Purchase]:
    found = _visible(by).filter(currency=currency, occurred_at__gte=since, occurred_at__lt=until)
    return found if store_id is None else found.filter(store_id=store_id)


def _kept_sales(by: Actor, since: datetime, until: datetime, store_id: UUID | None = None) -> QuerySet[Purchase]:
    returned = (
        Purchase.objects.filter(kind=Purchase.Kind.RETURN, returns_purchase__isnull=False, occurred_at__lt=until)
        .values("returns_purchase_id")
        .annotate(back=Sum("total"))
        .filter(back__lte=-F("returns_purchase__total"))
    )
    sales = _visible(by).filter(kind=Purchase.Kind.SALE, occurred_at__gte=since, occurred_at__lt=until)
    if store_id is not None:
        sales = sales.filter(store_id=store_id)
    return sales.exclude(purchase_id__in=returned.values("returns_purchase_id"))


@dataclass(frozen=True, slots=True)
class ProductSales:
    """What a product sold in one currency, returns taken off: units in thousandths, amount in minor units."""

    currency: str
    receipts: int
    quantity: int
    net: int


def sum_product_sales(*, by: Actor, product_id: UUID, since: datetime) -> list[ProductSales]:
    """Return what a product sold since an instant, by currency, the largest first. Raises Denied (purchase.see).

    It reads each receipt that holds the product: of the best seller of a large shop that takes seconds.
    """
    sold = PurchaseLine.objects.filter(product_id=product_id, purchase__in=_visible(by).filter(occurred_at__gte=since))
    rows = sold.values_list("purchase__currency").annotate(
        receipts=Count("purchase_id", distinct=True, filter=Q(purchase__kind=Purchase.Kind.SALE)),
        units=Sum("quantity", default=0),
        amount=Sum("net", default=0),
    )
    return [ProductSales(*row) for row in rows.order_by("-amount")]


@dataclass(frozen=True, slots=True)
class PromotedUnits:
    """What was sold of a product at checkouts, returns taken off, in thousandths: in all, and of it at a lowered price.

    `category` is the till's own word, where the file of products knew none.
    """

    product_id: UUID | None
    category: str
    units: int
    promoted: int


def sum_promoted_units(*, by: Actor, since: datetime, until: datetime) -> list[PromotedUnits]:
    """Return the units of each product from `since` to before `until`. Raises Denied (purchase.see).

    Of a purchase whose prices were final nobody knows what was lowered: only checkouts are counted. It reads each line
    of them: of a year of a large shop that takes a while.
    """
    sold = _visible(by).filter(checkout_id__isnull=False, occurred_at__gte=since, occurred_at__lt=until)
    rows = (
        PurchaseLine.objects.filter(purchase__in=sold, is_product=True)
        .values_list("product_id", Coalesce("category", Value(""), output_field=TextField()))
        .annotate(units=Sum("quantity"), promoted=Sum("quantity", filter=~Q(discount=0), default=0))
    )
    return [PromotedUnits(*row) for row in rows.order_by()]
