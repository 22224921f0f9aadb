"""Series of coupons, their codes, and what a code is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fidelia.rewards.models import CouponSeries
from fidelia.rewards.operations import LookedUp
from fidelia.rewards.operations.patterns import ALPHABET
from fidelia.rewards.queries import show_code
from fidelia.rewards.queries.coupons import CodeRow

from .programme import TextOut
from .rewards import CUSTOMER_ID, CodeText, TextIn, money_text, text_out
from .types import Cursor, Day, Id, Input, Name60, Output, PageQuery, Slug, shown

_SERIES_ID = "019a5c1e-9100-7000-8000-000000000001"
_NAME = {"en": "Ten euros for Christmas", "fr": "Dix euros pour Noël"}
Uses = Annotated[int, Field(ge=1, le=10**12)]


class TermsIn(Input):
    """What a series of coupons says; days are of the programme's zone, both included; a limit left out is none."""

    name: TextIn
    valid_from: Day
    valid_until: Day | None = None
    uses: Uses | None = Field(None, description="In all.")
    uses_per_code: Uses | None = None
    uses_per_member: Uses | None = None


_TERMS = {"name": _NAME, "valid_from": "2026-12-01", "valid_until": "2026-12-24", "uses_per_code": 1}


class SeriesIn(TermsIn):
    """A series of coupons to create. Of a generic one the pattern is the code itself."""

    model_config = shown(
        {"programme": "fidelio", "key": "noel", "kind": "unique", "pattern": "NOEL-####-####", **_TERMS}
    )
    programme: Slug | None = None
    key: Name60
    kind: Literal["generic", "unique"] = "unique"
    pattern: str = Field(min_length=4, max_length=64, description="Each # is a letter of the alphabet, drawn.")
    alphabet: str = Field(ALPHABET, min_length=10, max_length=36)
    is_assigned: bool = Field(False, description="Each code works for the member it was given to, and nobody else.")


class SeriesChangeIn(TermsIn):
    """What a series says from now on; its codes, and what was used of them, stay."""

    model_config = shown(_TERMS)


_SERIES = {
    "id": _SERIES_ID, "key": "noel", "name": _NAME, "kind": "unique", "pattern": "NOEL-####-####",
    "alphabet": ALPHABET, "valid_from": "2026-11-30T23:00:00Z", "valid_until": "2026-12-24T23:00:00Z", "uses": None,
    "uses_per_code": 1, "uses_per_member": None, "is_assigned": False, "ended_at": None,
    "created_at": "2026-11-02T09:30:00Z",
}  # fmt: skip


class SeriesOut(Output):
    """A series of coupons; `valid_until` is the first instant no longer valid."""

    model_config = shown(_SERIES)
    id: UUID
    key: str
    name: TextOut
    kind: str
    pattern: str
    alphabet: str
    valid_from: datetime
    valid_until: datetime | None
    uses: int | None
    uses_per_code: int | None
    uses_per_member: int | None
    is_assigned: bool
    ended_at: datetime | None
    created_at: datetime


class SeriesPage(Output):
    """The series, the newest first, at most 200."""

    model_config = shown({"data": [_SERIES], "next": None})
    data: list[SeriesOut]
    next: str | None


class CodesIn(Input):
    """Codes to draw (`count`, by a job), or printed elsewhere (`codes`): one of the two."""

    model_config = shown({"count": 100_000})
    count: int | None = Field(None, ge=1, le=10_000_000)
    codes: list[CodeText] | None = Field(None, min_length=1, max_length=10_000)


class SegmentGiftIn(Input):
    """The segment whose members are given a coupon each, by its key."""

    model_config = shown({"segment": "loyal", "told": True})
    segment: str = Field(min_length=1, max_length=60)
    told: bool = Field(False, description="A letter tells each of it who agreed to offers by e-mail.")


class CodesOut(Output):
    """The job that draws codes, or how many codes were brought in."""

    model_config = shown({"job_id": "019a5c1e-9500-7000-8000-000000000005", "brought": 0})
    job_id: UUID | None
    brought: int


class AssignmentIn(Input):
    """Members who each get a free code of the series."""

    model_config = shown({"customer_ids": [CUSTOMER_ID]})
    customer_ids: list[Id] = Field(min_length=1, max_length=10_000)


_COUPON = {
    "id": 4711, "code": "NOEL-7KQ2-X9RB", "series_id": _SERIES_ID, "customer_id": CUSTOMER_ID,
    "assigned_at": "2026-12-01T09:30:00Z", "revoked_at": None, "uses": 0, "last_used_at": None,
}  # fmt: skip


class CouponOut(Output):
    """One code, as it is printed, with how often it was used."""

    model_config = shown(_COUPON)
    id: int
    code: str
    series_id: UUID
    customer_id: UUID | None
    assigned_at: datetime | None
    revoked_at: datetime | None
    uses: int
    last_used_at: datetime | None


class CouponPage(Output):
    """Codes in the order in which they were made."""

    model_config = shown({"data": [_COUPON], "next": None})
    data: list[CouponOut]
    next: str | None


class CouponsOut(Output):
    """The codes that members got, in the order of the request."""

    model_config = shown({"data": [_COUPON]})
    data: list[CouponOut]


class CouponQuery(PageQuery):
    """Which codes."""

    state: Literal["free", "assigned", "used", "revoked"] | None = None
    after: Cursor | None = None


class CodeQuery(Input):
    """Where a code is shown, and by whom."""

    programme: Slug | None = None
    customer_id: Id | None = None


_LOOKED_UP = {
    "code": "NOEL7KQ2X9RB", "what": "coupon", "state": "ok", "id": "4711", "series": "noel", "uses_left": 1,
    "amount": None, "currency": None, "minimum_basket": None,
}  # fmt: skip


class CodeOut(Output):
    """What a code is and whether it can be used now; money of vouchers and gift cards is what is left of it."""

    model_config = shown(_LOOKED_UP)
    code: str
    what: str = Field(description="coupon, voucher or gift_card.")
    state: str = Field(
        description="ok, expired, not_yet, used_up, reserved (by an open checkout), blocked, of_another_member or "
        "needs_member."
    )
    id: str
    series: str | None
    uses_left: int | None
    amount: str | None
    currency: str | None
    minimum_basket: str | None


def series_out(series: CouponSeries) -> SeriesOut:
    fields = {name: getattr(series, name) for name in SeriesOut.model_fields if name != "name"}
    return SeriesOut(name=text_out(series.name), **fields)


def coupon_out(row: CodeRow) -> CouponOut:
    code = row.code
    return CouponOut(
        id=code.id,
        code=show_code(code.series.pattern, code.code),
        series_id=code.series_id,
        customer_id=code.customer_id,
        assigned_at=code.assigned_at,
        revoked_at=code.revoked_at,
        uses=row.uses,
        last_used_at=row.last_used_at,
    )


def coupons_out(rows: Sequence[CodeRow]) -> list[CouponOut]:
    return [coupon_out(row) for row in rows]


def code_out(found: LookedUp) -> CodeOut:
    told = found.told
    currency: str | None = told.get("currency")
    return CodeOut(
        code=found.code,
        what=found.what,
        state=found.state,
        id=str(told["id"]),
        series=told.get("series"),
        uses_left=told.get("uses_left"),
        amount=money_text(told.get("balance", told.get("amount")), currency),
        currency=currency,
        minimum_basket=money_text(told.get("minimum_basket"), currency),
    )
