"""/purchases/batches: what a till kept while it was off line, in whatever order it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pydantic
from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.activity.operations import Queued, Recorded, record_queued
from fidelia.kernel.errors import FideliaError

from .activity import asked_purchase, recorded_out
from .answers import answer
from .authentication import BearerKey
from .errors import InvalidRequest, MalformedIdempotencyKey
from .exchange import Exchange, exchange_of
from .idempotency import check_key, idempotency_key
from .problems import problem_of
from .returns import asked_return
from .schemas.activity import PurchaseBatchIn, PurchaseBatchOut, PurchaseIn, RowOut
from .schemas.returns import LoneReturnIn, ReturnOfReceiptIn
from .service import mistakes_of, told

router = Router(tags=["purchases"])
BATCH_KEY_LENGTH_MAX = 250  # a row's own key is the batch's with /0 to /999 after it
KINDS: dict[str, type[pydantic.BaseModel]] = {
    "sale": PurchaseIn,
    "return": ReturnOfReceiptIn,
    "lone_return": LoneReturnIn,
}
Outcome = Recorded | FideliaError


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read, and its place in the batch."""

    index: int
    queued: Queued

    @property
    def place_in_time(self) -> tuple[datetime, bool, int]:
        """Sales of an instant come before returns of it, and else rows in the order in which they were sent."""
        return self.queued.request.occurred_at, self.queued.is_return, self.index


@router.post(
    "/batches",
    response=PurchaseBatchOut,
    summary="Record many purchases and returns",
    operation_id="record_purchases",
    auth=BearerKey(counts_rows=True),
)
def record_many(request: HttpRequest, body: PurchaseBatchIn) -> HttpResponse:
    """Each row is recorded, known already, or refused by itself; they are taken in the order in which they occurred,
    a return after its sale. What is known, by its key or as the same receipt with the same content, changes nothing;
    sent again, only what was refused is tried again. Counts as many requests as it has rows. Needs purchase.record,
    for returns purchase.return.
    """
    exchange, key = exchange_of(request), idempotency_key(request)
    if len(key) > BATCH_KEY_LENGTH_MAX:
        raise MalformedIdempotencyKey(f"The key of a batch has at most {BATCH_KEY_LENGTH_MAX} characters.")
    outcomes: dict[int, Outcome] = {}
    rows: list[Row] = []
    for index, asked in enumerate(body.purchases):
        read = _read(exchange, asked, index, key)
        if isinstance(read, Row):
            rows.append(read)
        else:
            outcomes[index] = read
    for row in sorted(rows, key=lambda row: row.place_in_time):
        outcomes[row.index] = _record(exchange, row)
    return _answer([_row_out(index, outcomes[index]) for index in range(len(body.purchases))])


def _read(exchange: Exchange, asked: dict[str, Any], index: int, key: str) -> Row | FideliaError:
    kind, own_key = asked.get("kind", "sale"), asked.get("idempotency_key", f"{key}/{index}")
    fields = {name: value for name, value in asked.items() if name not in ("kind", "idempotency_key")}
    try:
        if not isinstance(kind, str) or kind not in KINDS:
            raise InvalidRequest(mistakes_of([(("body", "row", "kind"), f"A row is one of {', '.join(KINDS)}.")]))
        if not isinstance(own_key, str):
            raise InvalidRequest(mistakes_of([(("body", "row", "idempotency_key"), "A key is a text.")]))
        return Row(index, _queued(exchange, KINDS[kind].model_validate(fields), check_key(own_key)))
    except pydantic.ValidationError as error:
        found = [told(one) for one in error.errors()]
        return InvalidRequest(mistakes_of((("body", "row", *where), text) for where, text in found))
    except FideliaError as error:
        return error


def _queued(exchange: Exchange, body: pydantic.BaseModel, key: str) -> Queued:
    if isinstance(body, ReturnOfReceiptIn):
        return Queued(asked_return(body, key), body.source or exchange.stream)
    assert isinstance(body, PurchaseIn), "these are all the kinds"
    return Queued(asked_purchase(body, key), body.source or exchange.stream, is_lone=isinstance(body, LoneReturnIn))


def _record(exchange: Exchange, row: Row) -> Outcome:
    try:
        return record_queued(by=exchange.by, at=exchange.at, queued=row.queued)
    except FideliaError as error:
        return error


def _answer(rows: Sequence[RowOut]) -> HttpResponse:
    known, refused = (sum(row.outcome == word for row in rows) for word in ("known", "refused"))
    totals = {"recorded": len(rows) - known - refused, "replayed": known, "refused": refused}
    return answer(PurchaseBatchOut(rows=list(rows), **totals), replayed=known == len(rows))


def _row_out(index: int, outcome: Outcome) -> RowOut:
    if isinstance(outcome, Recorded):
        return RowOut(
            index=index,
            outcome="known" if outcome.is_replay else "recorded",
            status=201,
            replayed=outcome.is_replay,
            purchase=recorded_out(outcome),
            problem=None,
        )
    problem = _pointing_into(problem_of(outcome), f"/purchases/{index}")
    return RowOut(index=index, outcome="refused", status=outcome.status, replayed=False, purchase=None, problem=problem)


def _pointing_into(problem: dict[str, Any], row: str) -> dict[str, Any]:
    """Lead the pointers of a problem, which begin at a row, from the whole body to it."""
    for one in (problem, *problem.get("errors", [])):
        if "pointer" in one:
            one["pointer"] = row + one["pointer"]
    return problem
