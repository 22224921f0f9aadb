"""A member exchanges points of one currency for those of another, as the terms in force say: both in one transaction.

What is given is no earning: it counts for no tier. It lives as long as the terms of its currency let points live that
begin now; what was taken is taken first expiring first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.models import Entry
from fidelia.ledger.operations import PostingResult, Provenance, adjust, lock_balance, open_account, redeem
from fidelia.ledger.queries import entries_of, find_posting
from fidelia.rules.conversion_terms import ConversionPolicy

from ..errors import NotConvertible
from ..models import Enrolment, PointsCurrency
from ..queries import SpendingProof, Terms, check_member_agrees, terms_in_force
from ..queries.membership import check_may_spend
from .points import scope_of

SOURCE = "conversion"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was taken and what was given, in minor units of their currencies; `fee` is a part of what was taken."""

    source: str
    target: str
    taken: int
    fee: int
    given: int
    outgoing: PostingResult
    replayed: bool


def convert_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, amount: int, to: str, key: str, currency: str | None = None,
    proof: SpendingProof | None = None,
) -> Conversion:  # fmt: skip
    """Exchange `amount` minor units of a currency (the main one) for points of the currency `to`.

    The same key with the same amount changes nothing, whatever the terms say by then. Raises Denied (points.convert),
    NotConvertible (with its reason), InsufficientPoints, EnrolmentProvisional, KeyReused; ConfirmationNeeded where
    so many points of the main currency go with a `proof` only.
    """
    by.require("points.convert", scope_of(enrolment))
    check_may_spend(enrolment)
    source = currency or enrolment.programme.points_currency_id
    if proof is not None:
        proof.enter(at=at)
    with transaction_of_use_case():
        terms = terms_in_force(enrolment, at)
        _lock(enrolment, source, to)
        known = find_posting(account_id=enrolment.account_id, key=_incoming(key))
        policy = _policy(terms, enrolment, source, to)
        if known is None:
            _check(policy, amount)
        outgoing = redeem(
            by=by, at=at, account_id=enrolment.account_id, currency=source, amount=amount, key=key,
            **_provenance(enrolment, at),
        )  # fmt: skip
        if known is None:
            check_member_agrees(terms, proof, enrolment=enrolment, currency=source, amount=amount, at=at)
            given = policy.given_for(amount)
            _open(by, at, enrolment, to)
            adjust(
                by=by, at=at, account_id=enrolment.account_id, currency=to, amount=given, key=_incoming(key),
                expires_at=_end_of(terms, to, at), **_provenance(enrolment, at),
            )  # fmt: skip
        else:
            given = sum(leg.amount for leg in _legs(enrolment, known.posting_id) if leg.code == "member")
        done = Conversion(source, to, amount, policy.fee, given, outgoing, outgoing.replayed)
        if not done.replayed:
            _audit(by, at, enrolment, done)
    return done


def _incoming(key: str) -> str:
    return f"{key}:in"


def _lock(enrolment: Enrolment, *currencies: str) -> None:
    """Both balances in the order of their codes: two exchanges in opposite directions wait for each other."""
    for code in sorted(set(currencies)):
        lock_balance(account_id=enrolment.account_id, currency=code)


def _policy(terms: Terms | None, enrolment: Enrolment, source: str, to: str) -> ConversionPolicy:
    main = enrolment.programme.points_currency_id
    for policy in () if terms is None else terms.conversions:
        if (policy.source or main, policy.target or main) == (source, to):
            return policy
    raise NotConvertible("This programme does not exchange these points.", pointer="/to", reason="no_such_way")


def _check(policy: ConversionPolicy, amount: int) -> None:
    refusal = policy.refusal_of(amount)
    if refusal is not None:
        raise NotConvertible(
            "Points are exchanged in other amounts.", pointer="/points", reason=refusal, minimum=policy.minimum,
            step=policy.step, maximum=policy.maximum,
        )  # fmt: skip


def _open(by: Actor, at: datetime, enrolment: Enrolment, to: str) -> None:
    known = PointsCurrency.objects.get(code=to)
    open_account(
        by=by, at=at, currency=to, account_id=enrolment.account_id, may_go_negative=known.may_go_negative
    )  # fmt: skip


def _end_of(terms: Terms | None, to: str, at: datetime) -> datetime | None:
    return None if terms is None else terms.points_of(to).expires_at(at, terms.zone)


def _legs(enrolment: Enrolment, posting_id: UUID) -> list[Entry]:
    return entries_of(account_id=enrolment.account_id, posting_id=posting_id)


def _provenance(enrolment: Enrolment, at: datetime) -> Provenance:
    return Provenance(
        occurred_at=at, partner_id=enrolment.partner_id, store_id=enrolment.store_id, source_type=SOURCE,
        source_id=enrolment.id,
    )  # fmt: skip


def _audit(by: Actor, at: datetime, enrolment: Enrolment, done: Conversion) -> None:
    record_audit(
        by=by, at=at, verb="points.convert", object_type="enrolment", object_id=enrolment.id,
        after={"from": done.source, "taken": str(done.taken), "to": done.target, "given": str(done.given)},
        scope=scope_of(enrolment),
    )  # fmt: skip
