"""The night of rewards: chèques by all the terms in force, and vouchers about to end told of beforehand.

The composition root names `issue_due` among the steps of the night (`settings.NIGHTLY_REWARDS`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import announce_all
from fidelia.programme.models import Programme
from fidelia.programme.queries import VersionHistory
from fidelia.rules.cheque_terms import ChequePolicy

from ..events import VoucherEnding
from .cheques import issue_cheques, policies_due

ROWS_A_ROUND = 500
ROUNDS_MAX = 10_000
# Each voucher is told of by the fewest of the days declared that its end is within, once.
_ENDING = """
update rewards_voucher told set noticed_days = found.days
from (
    select voucher.id, voucher.amount - coalesce(counter.taken, 0) as left,
        (select min(day) from unnest(%(days)s::smallint[]) day
            where voucher.valid_until <= %(at)s + make_interval(days => day::int)) as days
    from rewards_voucher voucher
    left join rewards_counter counter on counter.programme_id = voucher.programme_id
        and counter.scope_id = rewards_anybody() and counter.subject = 'voucher:' || voucher.id
        and counter.starts_on = rewards_no_period()
    where voucher.programme_id = %(programme)s and voucher.source_type = 'cheque' and voucher.customer_id is not null
        and voucher.revoked_at is null and voucher.valid_from <= %(at)s
        and voucher.valid_until > %(at)s and voucher.valid_until <= %(until)s
        and (voucher.noticed_days is null or voucher.noticed_days > (
            select min(day) from unnest(%(days)s::smallint[]) day
            where voucher.valid_until <= %(at)s + make_interval(days => day::int)))
        and coalesce(counter.taken, 0) < voucher.amount
        and exists (select from rewards_cheque cheque
            where cheque.voucher_id = voucher.id and cheque.cheque = %(cheque)s)
    order by voucher.id limit %(limit)s for update of voucher skip locked
) found
where told.id = found.id
returning told.id, told.customer_id, found.left, told.currency, found.days, told.valid_until
"""


def issue_due(*, by: Actor, at: datetime, progress: Progress) -> int:
    """Turn the points that are due for it into chèques, and tell of those about to end; return how many were issued.

    Safe to repeat and to interrupt. Raises Denied (cheque.issue), StopRequested.
    """
    by.require("cheque.issue")
    issued = 0
    for programme in Programme.objects.select_related("points_currency").order_by("id"):
        history, zone = VersionHistory(programme), zone_of(programme.time_zone)
        for terms, policy in policies_due(history, zone, at):
            issued += issue_cheques(by=by, at=at, programme=programme, terms=terms, policy=policy, step=progress.step)
        now = history.terms_at(at)
        for policy in () if now is None else now.cheques:
            _notice_ending(at, programme, policy, progress)
    return issued


def _notice_ending(at: datetime, programme: Programme, policy: ChequePolicy, progress: Progress) -> None:
    if not policy.notice_days:
        return
    asked: dict[str, Any] = {
        "programme": programme.id, "days": list(policy.notice_days), "at": at, "cheque": policy.key,
        "until": at + timedelta(days=max(policy.notice_days)), "limit": ROWS_A_ROUND,
    }  # fmt: skip
    for _round in range(ROUNDS_MAX):
        with transaction_of_use_case(), connection.cursor() as cursor:
            cursor.execute(_ENDING, asked)
            found = cursor.fetchall()
            announce_all([
                VoucherEnding(
                    occurred_at=at, customer_id=customer_id, voucher_id=voucher_id, programme_id=programme.id,
                    left=left, currency=currency, days=days, ends_at=ends_at.isoformat(),
                )
                for voucher_id, customer_id, left, currency, days, ends_at in found
            ])  # fmt: skip
        if not found:
            return
        progress.step(0)
