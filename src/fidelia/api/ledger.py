"""/enrolments/…/balance and /enrolments/…/entries: the points of a member."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.ledger.queries import get_balance, list_postings, points_expiring
from fidelia.ledger.queries import list_entries as list_ledger_entries
from fidelia.programme.queries import see_enrolment

from .answers import answer
from .cursors import page_of, read_cursor
from .exchange import exchange_of
from .schemas.programme import BalanceOut, EntryPage, balance_out, entry_out
from .schemas.types import PageQuery

router = Router(tags=["points"])
EXPIRY_AHEAD = timedelta(days=10 * 366)
ENTRIES = "entries"


@router.get("/{uuid:enrolment_id}/balance", response=BalanceOut, summary="The points now", operation_id="get_balance")
def balance(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Available, held, and what expires next. Needs the right points.see."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.see")
    currency, account_id, at = enrolment.programme.points_currency.code, enrolment.account_id, exchange.at
    found = get_balance(account_id=account_id, currency=currency, at=at)
    expiring = points_expiring(account_id=account_id, currency=currency, at=at, until=at + EXPIRY_AHEAD)
    return answer(balance_out(enrolment, found, expiring, at))


@router.get(
    "/{uuid:enrolment_id}/entries", response=EntryPage, summary="Movements of points", operation_id="list_entries"
)
def entries(request: HttpRequest, enrolment_id: UUID, asked: Query[PageQuery]) -> HttpResponse:
    """The newest in the world first. Needs the right points.see."""
    enrolment = see_enrolment(by=exchange_of(request).by, enrolment_id=enrolment_id, right="points.see")
    points, account_id = enrolment.programme.points_currency, enrolment.account_id
    rows = list_ledger_entries(
        account_id=account_id,
        currency=points.code,
        before=read_cursor(ENTRIES, asked.after, datetime.fromisoformat, UUID, int),
        limit=asked.limit + 1,
    )
    page, next_ = page_of(ENTRIES, rows, asked.limit, lambda row: (row.occurred_at, row.posting_id, row.seq))
    postings = list_postings(account_id=account_id, posting_ids=[row.posting_id for row in page])
    data = [entry_out(row, postings[row.posting_id], points) for row in page]
    return answer(EntryPage(data=data, next=next_))
