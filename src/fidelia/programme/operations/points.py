"""What is done to the points of a member beside purchases: given, activated, let live, brought back, moved.

Each is a use case: it asks its right, follows the terms in force, and leaves its audit row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import end_of_day, local_day, start_of_day
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.errors import MalformedPosting, NothingPending
from fidelia.ledger.operations import (
    PostingResult,
    Provenance,
    TransferResult,
    activate,
    cancel_pending,
    extend,
    open_account,
    post_entry,
    redeem,
    reinstate,
    transfer,
)
from fidelia.ledger.queries import find_posting, find_promise
from fidelia.rules.transfer_terms import TransferPolicy

from ..errors import NotTransferable, TooLateToReinstate, UnknownPointsCurrency
from ..models import Enrolment, PointsCurrency, PoolMembership, Programme, ProgrammeCurrency
from ..queries import SpendingProof, Terms, check_member_agrees, terms_in_force
from ..queries.membership import check_may_spend
from .granting import granting, tell_given

REINSTATED_DAYS = 30  # what comes back lives so long where the terms know no life


def add_points_currency(
    *, by: Actor, at: datetime, programme: Programme, currency: PointsCurrency, role: str
) -> ProgrammeCurrency:
    """Let a programme count in a further currency, "qualifying", "cagnotte" or "redeemable". Raises Denied."""
    by.require("programme.create", Scope(programme.partner_id))
    with transaction_of_use_case():
        added, _made = ProgrammeCurrency.objects.get_or_create(
            programme=programme, currency=currency, defaults={"role": ProgrammeCurrency.Role(role)}
        )
        record_audit(
            by=by, at=at, verb="programme.create", object_type="programme", object_id=programme.id,
            after={"currency": currency.code, "role": role}, scope=Scope(programme.partner_id),
        )  # fmt: skip
    return added


def grant_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, amount: int, reason: str, key: str, currency: str | None = None,
    occurred_at: datetime | None = None,
) -> PostingResult:  # fmt: skip
    """Give a member points in one of the programme's currencies, with the life its terms give them.

    Raises Denied (points.grant), UnknownPointsCurrency, MalformedPosting, KeyReused.
    """
    by.require("points.grant", scope_of(enrolment))
    code = _code_of(enrolment.programme, currency)
    with transaction_of_use_case():
        known = PointsCurrency.objects.get(code=code)
        open_account(
            by=by, at=at, currency=code, account_id=enrolment.account_id, may_go_negative=known.may_go_negative
        )
        terms = _terms(enrolment, occurred_at or at)
        request = granting(
            terms=terms, account_id=enrolment.account_id, currency=code, amount=amount, key=key,
            policy=terms.points_of(code), **_provenance(enrolment, reason, occurred_at or at),
        )  # fmt: skip
        result = post_entry(by=by, at=at, request=request)
        _audit(by, at, "points.grant", enrolment, result, amount=str(amount), currency=code, reason=reason)
        if not result.replayed:
            tell_given(enrolment, amount, currency=code, at=at)
    return result


def activate_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, source_id: UUID, key: str, currency: str | None = None
) -> PostingResult:
    """Bring to life what a purchase (its id) or a posting promised: it was delivered.

    Raises Denied, NothingPending (also where they came to life under another key), KeyReused.
    """
    by.require("points.activate", scope_of(enrolment))
    code = _code_of(enrolment.programme, currency)
    with transaction_of_use_case():
        policy = _terms(enrolment, at).points_of(code)
        account_id, promise = _promised_by(enrolment, source_id, key)
        result = activate(
            by=by, at=at, account_id=account_id, currency=code, key=key, posting_id=promise,
            expires_at=policy.expires_at(at, _terms(enrolment, at).zone),
        )  # fmt: skip
        _audit(by, at, "points.activate", enrolment, result, source=str(source_id))
        if not result.replayed:
            tell_given(enrolment, result.amount, currency=code, at=at)
    return result


def give_up_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, source_id: UUID, key: str, currency: str | None = None
) -> PostingResult:
    """Give up what a purchase (its id) or a posting promised: it was not delivered.

    Raises Denied, NothingPending, KeyReused.
    """
    by.require("points.activate", scope_of(enrolment))
    with transaction_of_use_case():
        account_id, promise = _promised_by(enrolment, source_id, key)
        result = cancel_pending(
            by=by, at=at, account_id=account_id, currency=_code_of(enrolment.programme, currency),
            posting_id=promise, key=key,
        )  # fmt: skip
        _audit(by, at, "points.activate", enrolment, result, source=str(source_id), given_up="yes")
    return result


def extend_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, until: datetime, reason: str, key: str,
    lot_id: UUID | None = None, currency: str | None = None,
) -> PostingResult:  # fmt: skip
    """Let points live to the end of the local day of `until`, all or one lot; never shorter.

    Raises Denied (points.extend), MalformedPosting (a day that is over), UnknownPointsCurrency.
    """
    by.require("points.extend", scope_of(enrolment))
    with transaction_of_use_case():
        zone = _terms(enrolment, at).zone
        if local_day(until, zone) < local_day(at, zone):
            raise MalformedPosting("The last day lies ahead.", pointer="/until")
        result = extend(
            by=by, at=at, account_id=enrolment.account_id, currency=_code_of(enrolment.programme, currency), key=key,
            lot_id=lot_id, expires_at=end_of_day(local_day(until, zone), zone), **_provenance(enrolment, reason, at),
        )  # fmt: skip
        _audit(by, at, "points.extend", enrolment, result, until=until.isoformat(), reason=reason)
    return result


def reinstate_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, reason: str, key: str, currency: str | None = None
) -> PostingResult:
    """Bring back all that expired within the days of the terms, with a new life from now.

    Raises Denied (points.reinstate), TooLateToReinstate, NothingExpired.
    """
    by.require("points.reinstate", scope_of(enrolment))
    code = _code_of(enrolment.programme, currency)
    with transaction_of_use_case():
        terms = _terms(enrolment, at)
        policy, today = terms.points_of(code), local_day(at, terms.zone)
        if not policy.reinstatement_days:
            raise TooLateToReinstate("This programme gives no expired points back.")
        expires_at = policy.expires_at(at, terms.zone) or end_of_day(
            today + timedelta(days=REINSTATED_DAYS), terms.zone
        )
        result = reinstate(
            by=by, at=at, account_id=enrolment.account_id, currency=code, key=key,
            since=start_of_day(today - timedelta(days=policy.reinstatement_days), terms.zone), expires_at=expires_at,
            **_provenance(enrolment, reason, at),
        )  # fmt: skip
        _audit(by, at, "points.reinstate", enrolment, result, reason=reason)
    return result


def give_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, to: Enrolment, amount: int, reason: str, key: str,
    currency: str | None = None, proof: SpendingProof | None = None,
) -> TransferResult:  # fmt: skip
    """Move points from one member to another; they keep their end or restart, as the terms say, less the terms' fee.

    The same key with the same amount changes nothing, whatever the terms say by then. Raises Denied (points.transfer),
    UnknownPointsCurrency (not the same programme), MalformedPosting (to oneself, or within a pool), NotTransferable
    (with its reason), InsufficientPoints, KeyReused; ConfirmationNeeded where so many points of the main currency go
    with a `proof` only.
    """
    by.require("points.transfer", scope_of(enrolment))
    by.require("points.transfer", scope_of(to))
    check_may_spend(enrolment)
    code = _code_of(enrolment.programme, currency)
    if to.programme_id != enrolment.programme_id:
        raise UnknownPointsCurrency("Points move between members of one programme.", pointer="/to")
    if to.account_id == enrolment.account_id:
        raise MalformedPosting("Points move to somebody else: these two have theirs together.", pointer="/to")
    if proof is not None:
        proof.enter(at=at)
    with transaction_of_use_case():
        terms = _terms(enrolment, at)
        policy = terms.points_of(code)
        known = PointsCurrency.objects.get(code=code)
        fee = _fee_of(policy.transfers, enrolment, amount, key)
        open_account(by=by, at=at, currency=code, account_id=to.account_id, may_go_negative=known.may_go_negative)
        result = transfer(
            by=by, at=at, from_account_id=enrolment.account_id, to_account_id=to.account_id, currency=code,
            amount=amount - fee, key=key, restarts=policy.transfers.life == "restart",
            expires_at=policy.expires_at(at, terms.zone), note=reason, partner_id=enrolment.partner_id,
            store_id=enrolment.store_id, occurred_at=at,
        )  # fmt: skip
        if fee:
            kept = _provenance(enrolment, reason, at) | Provenance(source_type="transfer", source_id=to.id)
            redeem(
                by=by, at=at, account_id=enrolment.account_id, currency=code, amount=fee, key=_key_of_fee(key), **kept
            )  # fmt: skip
        if not result.outgoing.replayed:
            check_member_agrees(terms, proof, enrolment=enrolment, currency=code, amount=amount, at=at)
        _audit(by, at, "points.transfer", enrolment, result.outgoing, to=str(to.id), amount=str(amount))
    return result


def _fee_of(policy: TransferPolicy, enrolment: Enrolment, amount: int, key: str) -> int:
    """Return what is kept of points given away; of a transfer that is asked for again, what was kept the first time."""
    if find_posting(account_id=enrolment.account_id, key=key) is not None:
        kept = find_posting(account_id=enrolment.account_id, key=_key_of_fee(key))
        return 0 if kept is None else kept.requested
    refusal = policy.refusal_of(amount)
    if amount > 0 and refusal is not None:
        raise NotTransferable(
            "Points are not given away, or in other amounts.", pointer="/points", reason=refusal,
            minimum=policy.minimum, step=policy.step, maximum=policy.maximum, fee=policy.fee,
        )  # fmt: skip
    return policy.fee


def _key_of_fee(key: str) -> str:
    return f"{key}:fee"


def scope_of(enrolment: Enrolment) -> Scope:
    """The part of the network that a membership concerns."""
    return Scope(enrolment.partner_id, enrolment.store_id)


def currency_of(enrolment: Enrolment, code: str | None) -> PointsCurrency:
    """Return a points currency of the member's programme, the main one by default. Raises UnknownPointsCurrency."""
    return PointsCurrency.objects.get(code=_code_of(enrolment.programme, code))


def _code_of(programme: Programme, currency: str | None) -> str:
    if currency is None or currency == programme.points_currency_id:
        return programme.points_currency_id
    if not programme.more_currencies.filter(currency_id=currency).exists():
        raise UnknownPointsCurrency(f"This programme does not count in “{currency}”.", pointer="/currency")
    return currency


def _terms(enrolment: Enrolment, at: datetime) -> Terms:
    terms = terms_in_force(enrolment, at)
    if terms is None:
        raise UnknownPointsCurrency("No version of the programme is in force.")
    return terms


def _promised_by(enrolment: Enrolment, source_id: UUID, key: str) -> tuple[UUID, UUID]:
    """Return the account and the posting that promised points for a purchase, or that is the posting itself.

    What a member earned for a pool waits there also when the member has left it.
    """
    left = PoolMembership.objects.filter(enrolment=enrolment, left_at__isnull=False).order_by("-left_at")
    for account_id in dict.fromkeys([enrolment.account_id, *left.values_list("pool__account_id", flat=True)]):
        found = find_promise(account_id=account_id, source_id=source_id, key=key)
        if found is not None:
            return account_id, found
    raise NothingPending("These points are not pending any more.")


def _provenance(enrolment: Enrolment, reason: str, occurred_at: datetime) -> Provenance:
    return Provenance(
        occurred_at=occurred_at, partner_id=enrolment.partner_id, store_id=enrolment.store_id, note=reason,
        source_type="grant",
    )  # fmt: skip


def _audit(by: Actor, at: datetime, verb: str, of: Enrolment, result: PostingResult, /, **after: str) -> None:
    if not result.replayed:
        record_audit(
            by=by, at=at, verb=verb, object_type="enrolment", object_id=of.id,
            after={**after, "balance": str(result.balance)}, scope=scope_of(of),
        )  # fmt: skip
