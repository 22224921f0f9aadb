"""Purchases: one, many, lists of them, and why each gave its points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from fidelia.customers.queries import list_trait_definitions
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.changes import ChangeMark, changed, read_mark
from fidelia.ledger.queries import entries_of, get_posting
from fidelia.programme.queries import get_programme_by_id, list_programmes, terms_of, version_in_force
from fidelia.rules import Catalogue, Decision, explain, find_break
from fidelia.rules.taken_back import TakenBack, explain_before_enrolment, explain_nobodys_return, explain_return

from .. import fields
from ..errors import UnknownPurchase
from ..models import DecisionRecord, Purchase, PurchaseClaim, PurchaseLine

PAGE_MAX = 200
Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class PurchaseDetail:
    """A purchase with its lines and, where it counted for a member, its decision; and its claim, if it was claimed."""

    purchase: Purchase
    lines: list[PurchaseLine]
    decision: Decision | None
    claim: PurchaseClaim | None = None


def get_purchase(*, by: Actor, purchase_id: UUID) -> PurchaseDetail:
    """Return a purchase. Raises UnknownPurchase: there is none, or it is not the actor's to see."""
    purchase = _visible(by).filter(purchase_id=purchase_id).first()
    if purchase is None:
        raise UnknownPurchase("There is no such purchase.")
    lines = list_lines([purchase_id]).get(purchase_id, [])
    purchase.count_for(claim_of(purchase))
    record = _records_of([purchase]).get(purchase_id)
    decision = Decision.from_mapping(record) if record is not None else None
    return PurchaseDetail(purchase, lines, decision, claim_of(purchase))


def find_purchase_of_key(*, by: Actor, key: str, kind: str = Purchase.Kind.SALE) -> Purchase | None:
    """Return what the actor recorded under an idempotency key of theirs; None where nothing, or not a `kind`."""
    owner = f"{by.kind}:{by.id or by.label}"[:80]
    found = _visible(by).filter(idempotency_owner=owner, idempotency_key=key, kind=kind).first()
    return found if found is None else found.count_for(claim_of(found))


def get_purchases(*, by: Actor, purchase_ids: Iterable[UUID]) -> dict[UUID, PurchaseDetail]:
    """Return many purchases with their lines and decisions; four statements. Those not to be seen are left out."""
    found = _visible(by).filter(purchase_id__in=list(purchase_ids))
    purchases = {purchase.purchase_id: purchase.count_for(claim_of(purchase)) for purchase in found}
    lines = list_lines(purchases)
    records = _records_of(list(purchases.values()))
    decisions = {purchase_id: Decision.from_mapping(record) for purchase_id, record in records.items()}
    return {id: PurchaseDetail(purchases[id], lines.get(id, []), decisions.get(id)) for id in purchases}


def _records_of(purchases: Sequence[Purchase]) -> dict[UUID, Any]:
    """Return the decision of each: of the member for whom it counts, or the one that a closed checkout is by itself."""
    accounts = {purchase.purchase_id: purchase.account_id for purchase in purchases}
    found = DecisionRecord.objects.filter(purchase_id__in=accounts).values_list("purchase_id", "account_id", "record")
    return {
        purchase_id: record
        for purchase_id, account_id, record in found
        if accounts[purchase_id] is None or account_id == accounts[purchase_id]
    }


def get_recorded(purchase_id: UUID) -> PurchaseDetail:
    """Return what a verb recorded for the same caller before, without its decision; no right is asked for it."""
    purchase = Purchase.objects.select_related("claim").get(purchase_id=purchase_id)
    lines, claim = list_lines([purchase_id]).get(purchase_id, []), claim_of(purchase)
    return PurchaseDetail(purchase.count_for(claim), lines, None, claim)


def claim_of(purchase: Purchase) -> PurchaseClaim | None:
    """Return the claim that was read with the purchase, if there is one."""
    is_read = Purchase.claim.is_cached(purchase)
    return getattr(purchase, "claim", None) if is_read else None


def get_decision(*, by: Actor, purchase_id: UUID) -> PurchaseDetail:
    """Return a purchase to be explained. Raises Denied (decision.see, purchase.see), UnknownPurchase."""
    if not by.may_somewhere("decision.see"):
        by.require("decision.see")
    detail = get_purchase(by=by, purchase_id=purchase_id)
    by.require("decision.see", Scope(detail.purchase.partner_id, detail.purchase.store_id))
    return detail


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseFilters:
    """What a list of purchases is narrowed to besides: from `since` to before `until`, amounts in minor units."""

    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    least: int | None = None
    most: int | None = None

    def as_lookups(self) -> dict[str, Any]:
        named = {
            "channel": self.channel,
            "occurred_at__gte": self.since,
            "occurred_at__lt": self.until,
            "total__gte": self.least,
            "total__lte": self.most,
        }
        return {lookup: value for lookup, value in named.items() if value is not None}


def list_purchases(
    *,
    by: Actor,
    customer_ids: Iterable[UUID] | None = None,
    store_id: UUID | None = None,
    kind: str | None = None,
    receipt_number: str | None = None,
    filters: PurchaseFilters | None = None,
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
        found = found.filter(_of_customers(customer_ids))
    if store_id is not None:
        found = found.filter(store_id=store_id)
    if kind is not None:
        found = found.filter(kind=kind)
    if receipt_number is not None:
        found = found.filter(receipt_number=receipt_number, kind__in=Purchase.Kind.values)
    if filters is not None:
        found = found.filter(**filters.as_lookups())
    if updated_since is not None:
        found = _changed(found, updated_since, updated_until or read_mark())
    # The plain bound lets PostgreSQL begin in the index where the page before ended.
    if after is not None:
        beyond = Q(occurred_at__lt=after[0]) | Q(purchase_id__lt=after[1])
        found = found.filter(beyond, occurred_at__lte=after[0])
    if before is not None:
        beyond = Q(occurred_at__gt=before[0]) | Q(purchase_id__gt=before[1])
        found = found.filter(beyond, occurred_at__gte=before[0])
        return _read(found.order_by("occurred_at", "purchase_id")[: min(limit, PAGE_MAX)])[::-1]
    return _read(found.order_by("-occurred_at", "-purchase_id")[: min(limit, PAGE_MAX)])


def _read(found: QuerySet[Purchase]) -> list[Purchase]:
    return [purchase.count_for(claim_of(purchase)) for purchase in found]


def _of_customers(customer_ids: Iterable[UUID]) -> Q:
    """Keep what customers bought, and what they claimed. Claims are few: named one by one, their index serves them."""
    ids = list(customer_ids)
    claimed = list(PurchaseClaim.objects.filter(customer_id__in=ids).values_list("purchase_id", flat=True))
    return Q(customer_id__in=ids) | Q(purchase_id__in=claimed) if claimed else Q(customer_id__in=ids)


def _changed(found: QuerySet[Purchase], since: datetime | ChangeMark, until: ChangeMark) -> QuerySet[Purchase]:
    """Keep what was recorded, or claimed, since then: a claim is the one change of a purchase."""
    claims = changed(PurchaseClaim.objects.all(), since=since, until=until, instant="claimed_at")
    claimed = list(claims.values_list("purchase_id", flat=True))
    recorded = changed(found, since=since, until=until, instant="recorded_at")
    return recorded | found.filter(purchase_id__in=claimed) if claimed else recorded


def list_lines(purchase_ids: Iterable[UUID]) -> dict[UUID, list[PurchaseLine]]:
    """Return the lines of many purchases, with the points that a claim gave them; two statements."""
    ids = list(purchase_ids)
    claims = dict(PurchaseClaim.objects.filter(purchase_id__in=ids).values_list("purchase_id", "line_points"))
    lines: dict[UUID, list[PurchaseLine]] = {}
    for line in PurchaseLine.objects.filter(purchase_id__in=ids).order_by("purchase_id", "line_number"):
        if line.purchase_id in claims:
            line.points = claims[line.purchase_id][line.line_number - 1]
        lines.setdefault(line.purchase_id, []).append(line)
    return lines


def explain_purchase(detail: PurchaseDetail, language: str, *, only_giving: bool = False) -> list[str]:
    """Return why a purchase gave its points, or what a return took back, for a member or a cashier.

    `only_giving` leaves out the rules that gave nothing: those are for the cashier who is asked.
    """
    purchase = detail.purchase
    if purchase.kind == Purchase.Kind.RETURN:
        return _explain_return(purchase, language)
    if purchase.customer_id is not None and purchase.enrolment_id is None:
        return explain_before_enrolment(language)
    if detail.decision is None or purchase.rule_version_id is None:
        return []
    decision = detail.decision
    if only_giving:
        decision = replace(decision, outcomes=tuple(outcome for outcome in decision.outcomes if outcome.points))
    return explain(decision, terms_of(purchase.rule_version_id).rule_set, language)


def _explain_return(returned: Purchase, language: str) -> list[str]:
    found = find_taken_back(returned)
    if found is None or returned.programme_id is None:
        return explain_nobodys_return(language)
    scale = get_programme_by_id(returned.programme_id).points_currency.scale
    return explain_return(found, language, scale=scale, stands_alone=returned.returns_purchase_id is None)


def find_taken_back(returned: Purchase) -> TakenBack | None:
    """Return what became of the points of a return, as its posting says; None where no member gave it back."""
    account_id, posting_id = returned.account_id, returned.posting_id
    if account_id is None:
        return None
    if posting_id is None:
        return TakenBack(0)
    posting = get_posting(account_id=account_id, posting_id=posting_id)
    entries = entries_of(account_id=account_id, posting_id=posting_id)
    left = -sum(entry.amount for entry in entries if entry.code == "member")
    owed = -sum(entry.amount for entry in entries if entry.code == "member" and entry.lot_id is None)
    return TakenBack(
        asked=posting.requested,
        taken=left - owed,
        already_expired=posting.already_expired,
        given_up=posting.uncollected,
        owed=owed,
    )


def find_claimable_until(purchase: Purchase) -> datetime | None:
    """Return until when an anonymous purchase may be claimed, by the terms of its own date; None: it may not."""
    if purchase.programme_id is None or purchase.customer_id is not None:
        return None
    version = version_in_force(get_programme_by_id(purchase.programme_id), purchase.occurred_at)
    if version is None:
        return None
    terms = terms_of(version.id)
    return terms.purchases.claimable_until(purchase.occurred_at, terms.zone)


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
    found = Purchase.objects.select_related("claim").filter(sandboxes if by.mode == "test" else ~sandboxes)
    if any(scope == Scope() for scope in scopes):
        return found
    seen = Q()
    for scope in scopes:
        of_store = Q(store_id=scope.store_id) | Q(borne_by_store_id=scope.store_id)
        seen |= of_store if scope.store_id else Q(partner_id=scope.partner_id)
    return found.filter(seen)


def purchase_catalogue(currency: str) -> Catalogue:
    """Return what the earning rules of a programme in this currency may read today; one statement, for the traits."""
    return fields.purchase_catalogue(currency, list_trait_definitions())
