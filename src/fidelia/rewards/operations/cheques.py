"""Turn points into chèques fidélité: after a purchase, each night, or once a period (sql/cheques.sql)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from fidelia.access.operations.audit import Change, record_audits
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, start_of_day
from fidelia.kernel.db import prepared_cursor, require_transaction, transaction_of_use_case
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import Terms, VersionHistory
from fidelia.rules.cheque_terms import ANNIVERSARY, AT_ONCE, ChequePolicy

from ..models import Cheque
from .executing import refusals

MEMBERS_A_ROUND = 200
ROUNDS_MAX = 100_000
# Balances that may hold enough, with the first of the members who share each: whoever joined the programme first. What
# is due counts here and not under the lock: a candidate may come to nothing.
_CANDIDATES = """
select balance.account_id, member.id, member.customer_id, member.partner_id, member.store_id, member.enrolled_at
from ledger_balance balance
join lateral (
    select one.id, one.customer_id, one.partner_id, one.store_id, one.enrolled_at from programme_enrolment one
    where one.account_id = balance.account_id and one.programme_id = %(programme)s and one.ended_at is null
        and not one.is_provisional
    order by one.enrolled_at, one.id limit 1
) member on true
where balance.currency = %(currency)s and not balance.is_closed and balance.account_id > %(after)s
    and balance.posted - balance.held + balance.pending >= %(threshold)s
    and (%(starts_on)s::date is null or not exists (
        select from rewards_cheque known where known.account_id = balance.account_id
            and known.cheque = %(cheque)s and known.starts_on = %(starts_on)s))
order by balance.account_id limit %(limit)s
"""
Step = Callable[[int], None]


def issue_cheques(
    *, by: Actor, at: datetime, programme: Programme, terms: Terms, policy: ChequePolicy, step: Step
) -> int:
    """Turn the points of every member who has enough by one policy; return how many vouchers there are for it.

    In short transactions, each account under its lock: stopped, killed, or run twice at once, it turns each point once.
    `step` is called between them with the members done. Raises Denied (cheque.issue).
    """
    by.require("cheque.issue")
    after, issued = UUID(int=0), 0
    for _round in range(ROUNDS_MAX):
        found = _candidates(programme, terms, policy, at, after)
        if not found:
            break
        for begun, members in _by_period(policy, terms, at, found):
            made, held = issue_to(
                by=by, at=at, programme=programme, terms=terms, policy=policy, members=members, begun=begun
            )
            issued += made
            for each in held:  # somebody else was at their points: now we wait, with nothing else in the hand
                issued += issue_to(
                    by=by, at=at, programme=programme, terms=terms, policy=policy, members=[each], waits=True,
                    begun=begun,
                )[0]  # fmt: skip
        after = UUID(found[-1]["account_id"])
        step(len(found))
    return issued


def issue_to(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    terms: Terms,
    policy: ChequePolicy,
    members: Sequence[Mapping[str, Any]],
    waits: bool = False,
    begun: date | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """Turn the points of these members, in a transaction of its own; see `write_cheques`. Raises Denied."""
    by.require("cheque.issue")
    with transaction_of_use_case():
        return write_cheques(
            by=by, at=at, programme=programme, terms=terms, policy=policy, members=members, waits=waits, begun=begun
        )


def write_cheques(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    terms: Terms,
    policy: ChequePolicy,
    members: Sequence[Mapping[str, Any]],
    waits: bool,
    begun: date | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """Building block: return how many vouchers were issued, and the members whose balance somebody else holds.

    `begun` is the first day of the period, where the members have one of their own.
    """
    require_transaction()
    asked = {**request_of(programme, terms, policy, at, by, begun=begun), "members": list(members), "waits": waits}
    with refusals(), prepared_cursor() as cursor:
        cursor.execute("select rewards_issue_cheques(%s::jsonb)", [json.dumps(asked)])
        made = read_json(cursor.fetchone()[0])
    changes = [
        Change(UUID(one["voucher_id"]), after={"cheque": policy.key, "points": str(one["points"])})
        for one in made["issued"]
    ]
    record_audits(by=by, at=at, verb="cheque.issue", object_type="voucher", changes=changes)
    return len(made["issued"]), made["skipped"] if not waits else []


def member_of(enrolment: Enrolment) -> dict[str, Any]:
    """Return a member as rewards_issue_cheques reads it."""
    return _member(
        enrolment.account_id, enrolment.id, enrolment.customer_id, enrolment.partner_id, enrolment.store_id
    )  # fmt: skip


def policies_due(history: VersionHistory, zone: ZoneInfo, at: datetime) -> Iterable[tuple[Terms, ChequePolicy]]:
    """Return what is to be turned in a night, with the terms it is turned by.

    A period is turned by the terms that were in force as it began, and only by those: who brings in a monthly chèque on
    the 15th gives the first one on the next 1st. Years that run from joining go by the terms of now.
    """
    terms = history.terms_at(at)
    for policy in () if terms is None else terms.cheques:
        begun = None if policy.issued == ANNIVERSARY else policy.period_begun(at, zone)
        if terms is not None and begun is None:
            yield terms, policy
            continue
        assert begun is not None, "what is not at any time comes for a period"
        then = history.terms_at(start_of_day(begun, zone))
        for earlier in () if then is None else then.cheques:
            if (
                then is not None
                and earlier.key == policy.key
                and (earlier.issued, earlier.dates) == (policy.issued, policy.dates)
            ):
                yield then, earlier


def request_of(
    programme: Programme,
    terms: Terms,
    policy: ChequePolicy,
    at: datetime,
    by: Actor,
    *,
    begun: date | None = None,
) -> dict[str, Any]:
    """Return what rewards_issue_cheques reads, but for the members."""
    begun = begun or policy.period_begun(at, terms.zone)
    currency = policy.currency or programme.points_currency_id
    lives_until = terms.points_of(currency).renewed_until("redeem", at, terms.zone)
    return {
        "programme_id": str(programme.id), "cheque": policy.key, "version_id": str(terms.version_id),
        "points_currency": currency, "scale": policy.scale, "threshold": policy.threshold,
        "steps_max": policy.steps_max, "each": policy.each, "remainder": policy.remainder,
        "name": policy.name.as_mapping(), "currency": programme.currency, "minimum_basket": policy.minimum_basket,
        "per_checkout": policy.per_checkout, "is_divisible": policy.is_divisible, "purpose": policy.purpose,
        "valid_from": policy.valid_from(at, terms.zone).isoformat(),
        "valid_until": _written(policy.valid_until(at, terms.zone)), "lives_until": _written(lives_until),
        "starts_on": _written(begun), "counts_until": _written(start_of_day(begun, terms.zone) if begun else None),
        "is_kept": policy.on_return == "keep", "carries_debt": policy.debt == "next_cheque",
        "at": at.isoformat(), "now": at.isoformat(), "actor_kind": by.kind,
        "actor_id": str(by.id) if by.id else None,
    }  # fmt: skip


def is_at_once(policy: ChequePolicy) -> bool:
    """Tell whether it comes right after a purchase."""
    return policy.issued == AT_ONCE


def read_json(value: Any) -> Any:
    """Return a jsonb value, whatever form the driver gives it in."""
    return json.loads(value) if isinstance(value, str | bytes) else value


def _candidates(
    programme: Programme, terms: Terms, policy: ChequePolicy, at: datetime, after: UUID
) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "programme": programme.id, "currency": policy.currency or programme.points_currency_id,
                "after": after, "threshold": policy.threshold, "cheque": policy.key,
                "starts_on": None if policy.issued == ANNIVERSARY else policy.period_begun(at, terms.zone),
                "limit": MEMBERS_A_ROUND,
            },
        )  # fmt: skip
        return [{**_member(*row[:-1]), "enrolled_at": row[-1]} for row in cursor.fetchall()]


def _by_period(
    policy: ChequePolicy, terms: Terms, at: datetime, found: Sequence[Mapping[str, Any]]
) -> list[tuple[date | None, list[dict[str, Any]]]]:
    """Return members by the first day of their period: all together (None), or each with others who joined that day,
    without those for whom it was turned already.
    """
    grouped: dict[date | None, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        joined = local_day(one["enrolled_at"], terms.zone)
        begun = policy.period_begun(at, terms.zone, joined) if policy.issued == ANNIVERSARY else None
        grouped[begun].append({name: value for name, value in one.items() if name != "enrolled_at"})
    known = set(
        Cheque.objects.filter(
            account_id__in=[one["account_id"] for one in found],
            cheque=policy.key,
            starts_on__in=[begun for begun in grouped if begun is not None],
        ).values_list("account_id", "starts_on")
    )
    left = [(b, [one for one in each if (UUID(one["account_id"]), b) not in known]) for b, each in grouped.items()]
    return [(begun, each) for begun, each in left if each]


def _member(
    account_id: UUID, enrolment_id: UUID, customer_id: UUID, partner_id: UUID | None, store_id: UUID | None
) -> dict[str, Any]:  # fmt: skip
    return {
        "account_id": str(account_id), "enrolment_id": str(enrolment_id), "customer_id": str(customer_id),
        "partner_id": str(partner_id) if partner_id else None, "store_id": str(store_id) if store_id else None,
    }  # fmt: skip


def _written(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
