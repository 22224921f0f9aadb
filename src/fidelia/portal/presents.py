"""What a member can use: vouchers and coupons of her own, in one list, the first to end first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _t

from fidelia.rewards.operations.patterns import show_code
from fidelia.rewards.queries import list_coupons_of, list_vouchers
from fidelia.rewards.queries.coupons import CodeRow
from fidelia.rewards.queries.vouchers import VoucherRow

from .holdings import Holdings


@dataclass(frozen=True, slots=True)
class Present:
    """A voucher or a coupon as a member reads it."""

    kind: str
    icon: str
    name: str
    amount: str
    code: str
    until: str
    says: str
    is_open: bool
    state: str
    ends_at: datetime | None


def presents_of(held: Holdings) -> list[Present]:
    """Return vouchers and coupons, those that can be used first, the first to end before the others."""
    by = held.person.by
    found = [_voucher(held, row) for row in list_vouchers(by=by, customer_ids=held.person.ids)]
    found += [_coupon(held, row) for row in list_coupons_of(by=by, customer_ids=held.person.ids)]
    never = datetime.max.replace(tzinfo=held.at.tzinfo)
    return sorted(found, key=lambda one: (not one.is_open, one.ends_at or never, one.code))


def _voucher(held: Holdings, row: VoucherRow) -> Present:
    one, state = row.voucher, row.state_at(held.at)
    least = held.money(one.minimum_basket, one.currency) if one.minimum_basket else ""
    return Present(
        kind="voucher",
        icon="ticket",
        name=held.said(one.name),
        amount=held.money(row.left, one.currency),
        code=one.code,
        until=_until(held, one.valid_until, state),
        says=_t("from %(amount)s of purchases") % {"amount": least} if least else "",
        is_open=state == "open",
        state=_states().get(state, ""),
        ends_at=one.valid_until,
    )


def _coupon(held: Holdings, row: CodeRow) -> Present:
    code, series = row.code, row.code.series
    ends = [one for one in (code.valid_until, series.valid_until) if one is not None]
    ends_at = min(ends) if ends else None
    begins_at = max(filter(None, (code.valid_from, series.valid_from)))
    used_up = series.uses_per_code is not None and row.uses >= series.uses_per_code
    if code.revoked_at is not None or series.ended_at is not None:
        state = "revoked"
    elif used_up:
        state = "used"
    elif ends_at is not None and ends_at <= held.at:
        state = "expired"
    else:
        state = "not_yet" if held.at < begins_at else "open"
    return Present(
        kind="coupon",
        icon="discount",
        name=held.said(series.name),
        amount="",
        code=show_code(series.pattern, code.code),
        until=_until(held, begins_at if state == "not_yet" else ends_at, state),
        says="",
        is_open=state == "open",
        state=_states().get(state, ""),
        ends_at=ends_at,
    )


def _until(held: Holdings, when: datetime | None, state: str) -> str:
    if when is None:
        return ""
    if state == "not_yet":
        return _t("from %(day)s") % {"day": held.short(when)}
    return _t("until %(day)s") % {"day": held.last_short(when)}


def _states() -> dict[str, str]:
    return {"used": _t("used"), "expired": _t("over"), "revoked": _t("withdrawn"), "not_yet": _t("soon")}
