"""Attribute an anonymous purchase and what came back of it to a member: decide, post, and write the claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Origin
from fidelia.ledger.operations import PostingResult, post_entry
from fidelia.programme.operations.granting import granting
from fidelia.programme.queries import Terms
from fidelia.rules import LineAllocation, points_of_returned
from fidelia.rules.pricing import Returned

from ..models import DecisionChain, DecisionRecord, Purchase, PurchaseClaim
from .deciding import ChainHead, Decided, ReturnedPart, decide, decide_return
from .frozen_claims import FrozenSale, find_frozen, parts_given_back
from .purchases import Caller, provenance_of, values_of
from .reading import Member, Surroundings
from .requests import PurchaseRequest
from .taking_back import bearer_of, take_back


def attribute(
    *, by: Actor, at: datetime, sale: Purchase, asked: PurchaseRequest, around: Surroundings, terms: Terms
) -> PurchaseClaim:
    """Building block of a claim, under the locks of the purchase and of the member's chain; returns the sale's claim.

    The whole purchase is decided as if the member had been known; then each return of it, in the order in which they
    were recorded, takes back what its lines gave. So the ledger and the chain hold what they would have held.
    """
    member = around.member
    assert member is not None, "a claim names a member"
    whose = _Whose(Caller(by, at, sale.source, "claim", str(sale.purchase_id), b""), sale, member)
    frozen, values = find_frozen(sale), values_of(asked, around, terms)
    if frozen is None:
        decided = decide(terms, values, sale.occurred_at, member.head)
    else:
        granted = frozen.granted_by(terms)
        decided = decide(terms, frozen.values_over(values), sale.occurred_at, member.head, granted=granted)
    claim = _claim_of(whose, sale, decided)
    claim.line_points += [0] * (len(asked.lines) - len(claim.line_points))  # shipping, where it earns nothing
    _write(claim, decided, _earn(whose, claim, around, terms), at)
    head = decided.head
    for back, parts in _returned_parts(sale, frozen, claim, decided):
        head = _claim_return(whose, claim, back, parts, head)
    return claim


def _returned_parts(
    sale: Purchase, frozen: FrozenSale | None, claim: PurchaseClaim, decided: Decided
) -> Iterator[tuple[Purchase, list[ReturnedPart]]]:
    """Yield each earlier return with what it takes back of the lines, in the order in which they were recorded."""
    bill = frozen.with_points(claim.line_points) if frozen is not None else None
    returned, already = dict[int, int](), list[Returned]()
    for back in sale.returns.prefetch_related("lines").order_by("recorded_at", "purchase_id"):
        if bill is None:
            yield back, _parts_of(back, decided.lines, returned)
        else:
            yield back, parts_given_back(bill, back, already)


@dataclass(frozen=True, slots=True)
class _Whose:
    """Who claims which sale for whom."""

    caller: Caller
    sale: Purchase
    member: Member


def _earn(whose: _Whose, claim: PurchaseClaim, around: Surroundings, terms: Terms) -> PostingResult | None:
    if claim.points <= 0:
        return None
    provenance = provenance_of(whose.sale)
    provenance["origin"] = Origin.LATE
    request = granting(
        terms=terms,
        account_id=claim.account_id,
        currency=around.programme["points_code"],
        amount=claim.points,
        key=f"purchase:{claim.purchase_id}",
        **provenance,
    )
    return post_entry(by=whose.caller.by, at=whose.caller.at, request=request)


def _parts_of(back: Purchase, allocation: Sequence[LineAllocation], returned: dict[int, int]) -> list[ReturnedPart]:
    """Return what an earlier return gave back of each line, and count it."""
    parts = []
    for line in sorted(back.lines.all(), key=lambda line: line.line_number):
        if line.returns_line_number is None:  # a file's return may hold goods that were sold before the history
            continue
        assert back.returns_purchase_id is not None, "it returns the sale"
        number, quantity = line.returns_line_number, -line.quantity
        already = returned.get(number, 0)
        points = points_of_returned(allocation, number - 1, already=already, now=quantity)
        parts.append(ReturnedPart(back.returns_purchase_id, number, quantity, points))
        returned[number] = already + quantity
    return parts


def _claim_return(
    whose: _Whose, claim: PurchaseClaim, back: Purchase, parts: list[ReturnedPart], head: ChainHead
) -> ChainHead:
    decided = decide_return(parts, rule_version_id=claim.rule_version_id, occurred_at=back.occurred_at, head=head)
    of_return = _claim_of(whose, back, decided)
    of_return.line_points = _points_of_lines(back, parts, of_return.line_points)
    borne_by = bearer_of(back, whose.sale) | {"origin": Origin.LATE}
    posted = take_back(whose.caller, back.count_for(of_return), target_id=claim.posting_id, borne_by=borne_by)
    _write(of_return, decided, posted, whose.caller.at)
    return decided.head


def _points_of_lines(back: Purchase, parts: Sequence[ReturnedPart], points: list[int]) -> list[int]:
    """Return the points of each line of a return: none of what is tied to nothing; a file may name a line twice."""
    numbers = [line.returns_line_number for line in sorted(back.lines.all(), key=lambda line: line.line_number)]
    if numbers == [part.line_number for part in parts]:
        return points
    given: dict[int | None, int] = {}
    for part, amount in zip(parts, points, strict=True):
        given[part.line_number] = given.get(part.line_number, 0) + amount
    return [given.pop(number, 0) for number in numbers]


def _claim_of(whose: _Whose, purchase: Purchase, decided: Decided) -> PurchaseClaim:
    return PurchaseClaim(
        purchase_id=purchase.purchase_id,
        sale_id=whose.sale.purchase_id,
        customer_id=whose.member.customer_id,
        enrolment_id=whose.member.enrolment_id,
        account_id=whose.member.account_id,
        points=decided.points,
        line_points=[line.points for line in decided.lines],
        rule_version_id=decided.row.rule_version_id,
        claimed_at=whose.caller.at,
    )


def _write(claim: PurchaseClaim, decided: Decided, posted: PostingResult | None, at: datetime) -> None:
    if posted is not None:
        claim.posting_id, claim.balance_after = posted.posting_id, posted.balance
    claim.save(force_insert=True)
    row = decided.row
    DecisionRecord.objects.create(
        account_id=row.account_id,
        sequence=row.sequence,
        purchase_id=claim.purchase_id,
        rule_version_id=row.rule_version_id,
        record=row.record,
        previous_hash=row.previous_hash,
        hash=row.hash,
        occurred_at=row.occurred_at,
        recorded_at=at,
    )
    DecisionChain.objects.filter(account_id=row.account_id).update(sequence=row.sequence, hash=row.hash)
