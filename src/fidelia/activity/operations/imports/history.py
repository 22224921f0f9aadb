"""Decide a batch of past receipts, each at its own date and in the order of time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.ids import new_id
from fidelia.ledger.operations import BulkEarn, BulkRevoke, RevokePolicy
from fidelia.programme.queries import Terms, VersionHistory
from fidelia.rules import Decision, LineAllocation, canonical_text, chain_text, record_decision
from fidelia.rules.decision import values_read

from ..deciding import ChainHead, settle_purchase
from ..values import values_for_rules, values_of_final_line
from .exchanges import Part, is_correction, parts_of
from .held import Held
from .mapping import ImportMapping
from .members import ENROLLED_BY, AccountState, MemberState, returned_products
from .of_nobody import SoldToNobody
from .past import Past
from .postings import Place, PointsOfReceipts
from .receipts import Receipt
from .rows import array_of, back_arrays, in_file
from .sold_lines import SoldGoods, SoldLine

DECIDED_COLUMNS = {
    "place": "bigint", "purchase_id": "uuid", "customer_id": "uuid", "enrolment_id": "uuid", "account_id": "uuid",
    "points": "bigint", "rule_version_id": "uuid", "posting_id": "uuid", "line_points": "bigint[]",
    "back_purchases": "uuid[]", "back_lines": "smallint[]", "borne_by_store_id": "uuid", "kind": "text",
    "takes": "bigint[]",
}  # fmt: skip
PURCHASE_ID = list(DECIDED_COLUMNS).index("purchase_id")
DECISION_COLUMNS = (
    *("account_id", "sequence", "purchase_id", "rule_version_id", "record", "previous_hash", "hash", "occurred_at"),
    "recorded_at",
)


COUNTS = ("recorded_rows", "known_rows", "sales", "returns", "matched_lines", "net", "known_net", "points")


@dataclass(slots=True)
class Batch:
    """What a batch of receipts comes to: rows to write and points to post, in the order they were decided."""

    decided: list[tuple[Any, ...]] = field(default_factory=list)
    decisions: list[tuple[Any, ...]] = field(default_factory=list)
    postings: list[BulkEarn | BulkRevoke] = field(default_factory=list)
    heads: dict[UUID, ChainHead] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is the same for every receipt of an import."""

    import_id: UUID
    mapping: ImportMapping
    programme_id: UUID | None
    versions: VersionHistory
    products: Mapping[str, dict[str, Any]]
    stores: Mapping[str, dict[str, Any]]
    policy: RevokePolicy
    at: datetime


@dataclass(slots=True)
class _Case:
    """One receipt of a member, with all that its decision reads."""

    receipt: Receipt
    state: MemberState
    account: AccountState
    terms: Terms
    facts: dict[str, Any]
    matched: Mapping[int, SoldLine]
    worthless: frozenset[int] = frozenset()  # the lines given back of which nothing is left to take


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was decided of one receipt."""

    points: int
    lines: list[int]
    rule_version_id: UUID


def decide_batch(
    around: Circumstances,
    receipts: Sequence[Receipt],
    members: Mapping[str, MemberState],
    facts: Sequence[dict[str, Any] | None],
    nobody: SoldToNobody | None = None,
) -> Batch:
    """Decide each receipt in the given order, each account's in the order of time; `facts` as read_facts."""
    return BatchDecision(around, returned_products(receipts), nobody).decide(receipts, members, facts)


class BatchDecision:
    """The receipts of a batch, one after the other."""

    def __init__(self, around: Circumstances, returned: set[str], nobody: SoldToNobody | None = None) -> None:
        self._around = around
        self._nobody = nobody or SoldToNobody()
        self._returned = returned
        self._batch = Batch()
        self._lines_known: dict[str, dict[str, Any]] = {}
        self._past: Past | None = None  # None where no rule asks about it
        self._held = Held(around.programme_id)
        self._points = PointsOfReceipts(around.versions, around.policy, around.at)

    def decide(
        self,
        receipts: Sequence[Receipt],
        members: Mapping[str, MemberState],
        facts: Sequence[dict[str, Any] | None],
    ) -> Batch:
        self._past = self._past_of(receipts, members)
        self._held.load(self._around.versions, receipts, members)
        for receipt, known in zip(receipts, facts, strict=True):
            if receipt.customer is None:
                self._decide_of_nobody(receipt)
            else:
                self._decide_one(receipt, members[receipt.customer], known)
        return self._batch

    def _past_of(self, receipts: Sequence[Receipt], members: Mapping[str, MemberState]) -> Past | None:
        around = self._around
        every = (around.versions.terms_at(receipt.occurred_at) for receipt in receipts)
        terms = next((one for one in every if one is not None and one.rule_set.measures), None)
        if terms is None or around.programme_id is None:
            return None
        past = Past(around.products, around.stores)
        past.load(terms, around.programme_id, {state.customer_id for state in members.values()})
        return past

    def _decide_one(self, receipt: Receipt, state: MemberState, facts: dict[str, Any] | None) -> None:
        for part in self._kept_as(receipt, state):
            self._decide_part(part, state, facts)

    def _decide_of_nobody(self, receipt: Receipt) -> None:
        for part in self._kept_as(receipt, self._nobody):
            purchase_id = receipt.purchase_id or new_id()
            self._write(part.receipt, purchase_id, None, None, part.matched)
            if not part.receipt.is_return:
                self._nobody.remember(part.receipt, purchase_id, self._where(receipt)[1])

    def _kept_as(self, receipt: Receipt, sold: SoldGoods | SoldToNobody) -> Sequence[Part]:
        matched = self._match(receipt, sold) if receipt.gives_back else {}
        is_named = receipt.gives_back and any(receipt.originals)
        worthless = _worthless(receipt, sold, matched) if is_named else frozenset()
        return parts_of(receipt, matched, worthless) if matched or worthless else [Part(receipt, {})]

    def _decide_part(self, part: Part, state: MemberState, facts: dict[str, Any] | None) -> None:
        receipt, matched, worthless = part.receipt, part.matched, part.worthless
        purchase_id = receipt.purchase_id or new_id()
        terms = self._around.versions.terms_at(receipt.occurred_at)
        outcome, account = None, state.account
        is_member = account is not None and self._earns(receipt, state, terms)
        if is_member and terms is not None and account is not None and facts is not None:
            decision = self._decision(_Case(receipt, state, account, terms, facts, matched, worthless))
            outcome = self._chain(decision, purchase_id, account, terms)
        if is_member and account is not None:
            self._points.count_for_tiers(receipt, state, account, outcome.points if outcome is not None else 0, matched)
        self._write(receipt, purchase_id, state, outcome, matched, is_member=is_member)
        if self._past is not None and terms is not None:
            self._past.remember(terms, state.customer_id, receipt, purchase_id, matched)
        if not receipt.is_return:
            state.has_bought = True
            self._remember_sold(receipt, purchase_id, state, outcome)

    def _earns(self, receipt: Receipt, state: MemberState, terms: Terms | None) -> bool:
        """A file that makes members makes them so from their first purchase in any of its files."""
        enrolment = state.enrolment
        assert enrolment is not None, "who has an account is a member"
        if terms is None or (self._around.mapping.enrol and enrolment.source == ENROLLED_BY):
            return True
        return terms.purchases.earns_at(receipt.occurred_at, enrolment.enrolled_at, terms.zone)

    def _match(self, receipt: Receipt, goods: SoldGoods | SoldToNobody) -> dict[int, SoldLine]:
        matched = {}
        for place, quantity in enumerate(receipt.quantities):
            if quantity < 0 and not is_correction(receipt, place):
                product, net = receipt.products[place], receipt.nets[place]
                original = receipt.originals[place] if receipt.originals else ""
                sold = goods.take_sold(product, -quantity, -net, receipt.occurred_at, original)
                if sold is not None:
                    matched[place] = sold
        return matched

    def _decision(self, case: _Case) -> Decision:
        terms, receipt = case.terms, case.receipt
        settlement, known = settle_purchase(terms, self._values(case), receipt.occurred_at)
        version = str(terms.version_id)
        if not receipt.is_return:
            return record_decision(
                terms.rule_set, known, settlement, rule_version_id=version, occurred_at=receipt.occurred_at
            )
        read = values_read(terms.rule_set, known, terms.rule_set.fields_read_of_final) if settlement.lines else None
        return _decision_of_return(case, settlement.lines, version, read)

    def _values(self, case: _Case) -> dict[str, Any]:
        """Lines given back alone are valued as if they were bought: the rules of the return's own date decide."""
        receipt, enrolment = case.receipt, case.state.enrolment
        assert enrolment is not None
        return values_for_rules(
            occurred_at=receipt.occurred_at,
            zone=case.terms.zone,
            channel=receipt.channel,
            store=self._around.stores.get(receipt.store),
            lines=self._lines(receipt, -1 if receipt.is_return else 1, {*case.matched, *case.worthless}),
            enrolled_at=enrolment.enrolled_at,
            tier=(tier := case.state.tier_at(receipt.occurred_at)),
            entitlements=case.terms.entitlements_of(tier),
            is_first=not receipt.is_return and not case.state.has_bought,
            customer=case.facts | self._held.facts(case.terms, case.state.customer_id, receipt.occurred_at),
            past=self._past_values(case),
        )

    def _past_values(self, case: _Case) -> dict[str, Any]:
        if self._past is None:
            return {}
        return self._past.values(case.terms, case.state.customer_id, case.receipt.occurred_at)

    def _lines(self, receipt: Receipt, sign: int, leave_out: Collection[int]) -> list[dict[str, Any]]:
        """As `line_values` says of each line; what is known of a product is looked up once."""
        known = self._lines_known
        lines = []
        columns = zip(receipt.products, receipt.quantities, receipt.nets, receipt.categories, strict=True)
        for place, (product, quantity, net, category) in enumerate(columns):
            if place not in leave_out:
                base = known.get(product) or self._know(product)
                line = {**base, "quantity": sign * quantity, "net": sign * net}
                line |= values_of_final_line(sign * net, sign * quantity)
                if not line["category"]:
                    line["category"] = category
                lines.append(line)
        return lines

    def _know(self, code: str) -> dict[str, Any]:
        product = self._around.products.get(code, {})
        found = self._lines_known[code] = {
            "product": code,
            "category": product.get("category") or "",
            "brand": product.get("brand") or "",
            "earns": product.get("earns", True) and product.get("is_product", True),
        }
        return found

    def _chain(self, decision: Decision, purchase_id: UUID, account: AccountState, terms: Terms) -> _Outcome:
        """Chain the decision after the account's last one; its text is made once, for the hash and for the row."""
        head = account.head
        text = canonical_text(decision.as_mapping())
        hashed = chain_text(head.hash, text)
        account.head = ChainHead(head.account_id, head.sequence + 1, hashed)
        self._batch.heads[head.account_id] = account.head
        self._batch.decisions.append(
            (
                *(head.account_id, head.sequence + 1, purchase_id, terms.version_id, text, head.hash, hashed),
                *(decision.occurred_at, self._around.at),
            )
        )
        return _Outcome(decision.points, [line.points for line in decision.lines], terms.version_id)

    def _post(
        self,
        receipt: Receipt,
        purchase_id: UUID,
        account_id: UUID,
        points: int,
        matched: Mapping[int, SoldLine],
    ) -> UUID | None:
        posting: BulkEarn | BulkRevoke
        place = Place(*self._where(receipt))
        if points > 0:
            terms = self._around.versions.terms_at(receipt.occurred_at)
            assert terms is not None, "only terms give points"
            posting = self._points.earn(
                receipt, purchase_id=purchase_id, account_id=account_id, points=points, terms=terms, place=place
            )
        elif points < 0:
            posting = self._points.revoke(
                receipt, purchase_id=purchase_id, account_id=account_id, points=-points, matched=matched, place=place
            )
        else:
            return None
        self._batch.postings.append(posting)
        return posting.posting_id

    def _where(self, receipt: Receipt) -> tuple[UUID | None, UUID | None]:
        store = self._around.stores.get(receipt.store)
        return (UUID(store["partner_id"]), UUID(store["id"])) if store else (None, None)

    def _borne_by(self, receipt: Receipt, matched: Mapping[int, SoldLine]) -> UUID | None:
        """The store whose sales a return lowers: that of the sale, where the terms of the return's date say so."""
        _partner_id, own = self._where(receipt)
        terms = self._around.versions.terms_at(receipt.occurred_at)
        stores = {sold.store_id for sold in matched.values()}
        is_of_one_sale = len(matched) == receipt.line_count and len(stores) == 1
        if is_of_one_sale and (terms is None or terms.purchases.returns_borne_by == "purchase"):
            return stores.pop() or own
        return own

    def _write(
        self,
        receipt: Receipt,
        purchase_id: UUID,
        state: MemberState | None,
        outcome: _Outcome | None,
        matched: Mapping[int, SoldLine],
        *,
        is_member: bool = False,
    ) -> None:
        enrolment = state.enrolment if state is not None and is_member else None
        posting_id = None
        if outcome is not None and enrolment is not None:
            posting_id = self._post(receipt, purchase_id, enrolment.account_id, outcome.points, matched)
        points = outcome.points if outcome is not None else 0
        self._batch.decided.append(
            (
                *(receipt.place, purchase_id, state.customer_id if state is not None else None),
                *((enrolment.id, enrolment.account_id) if enrolment is not None else (None, None)),
                *(points, outcome.rule_version_id if outcome is not None else None, posting_id),
                array_of(in_file(receipt, outcome.lines)) if outcome is not None else None,
                *back_arrays(receipt, matched),
                self._borne_by(receipt, matched) if receipt.is_return else None,
                receipt.kind,
                array_of(receipt.takes) if receipt.takes is not None else None,
            )
        )
        self._count(receipt, points, matched)

    def _count(self, receipt: Receipt, points: int, matched: Mapping[int, SoldLine]) -> None:
        counts = self._batch.counts
        counts["recorded_rows"] += receipt.line_count
        counts["returns" if receipt.is_return else "sales"] += 1
        counts["matched_lines"] += len(matched)
        counts["net"] += receipt.net
        counts["points"] += points

    def _remember_sold(self, receipt: Receipt, purchase_id: UUID, state: MemberState, outcome: _Outcome | None) -> None:
        """Only what comes back in this batch will be asked for."""
        account = state.enrolment.account_id if state.enrolment is not None and outcome is not None else None
        state.left[purchase_id] = receipt.net
        for place, product in enumerate(receipt.products):
            quantity = receipt.quantities[place]
            if quantity > 0 and product in self._returned:
                points = outcome.lines[place] if outcome is not None else 0
                state.sold[product].append(
                    SoldLine(
                        *(quantity, receipt.nets[place], purchase_id, place + 1, points, receipt.occurred_at, account),
                        *(self._where(receipt)[1], receipt.number),
                    )
                )


def _worthless(receipt: Receipt, goods: SoldGoods | SoldToNobody, matched: Mapping[int, SoldLine]) -> frozenset[int]:
    named = zip(receipt.products, receipt.quantities, receipt.originals, strict=True)
    return frozenset(
        place
        for place, (product, quantity, original) in enumerate(named)
        if place not in matched and quantity < 0 and original and goods.has_come_back(product, -quantity, original)
    )


def _decision_of_return(
    case: _Case, alone: Sequence[LineAllocation], version: str, read: Mapping[str, Any] | None
) -> Decision:
    """Lines matched take back what they earned; the others what the rules of the return's own date would give."""
    matched, worthless, rest = case.matched, case.worthless, iter(alone)
    lines = tuple(
        LineAllocation(
            quantity,
            -matched[place].points if place in matched else 0 if place in worthless else -next(rest).points,
        )
        for place, quantity in enumerate(case.receipt.quantities)
    )
    values: dict[str, Any] = {
        "returns": [[str(sold.purchase_id), sold.line_number, sold.quantity] for sold in matched.values()],
        "stands_alone": len(lines) - len(matched) - len(worthless),
    }
    if worthless:
        values["come_back_before"] = sorted(place + 1 for place in worthless)
    return Decision(
        rule_version_id=version,
        occurred_at=case.receipt.occurred_at,
        values={**values, **({"alone": read} if read else {})},
        points=sum(line.points for line in lines),
        outcomes=(),
        lines=lines,
    )
