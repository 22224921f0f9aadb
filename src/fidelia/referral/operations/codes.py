"""A member's own code: made once, and looked up without letting anybody guess."""

from __future__ import annotations

from datetime import datetime, timedelta

from fidelia.access.operations import check_failures, count_failure
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import check_may_spend
from fidelia.rewards.operations.patterns import ALPHABET, draw_codes, normalise_code

from ..errors import UnknownReferralCode
from ..models import ReferralCode

PATTERN = "########"  # 39 bits: of a million members' codes a guess finds one in half a million
GUESSES = 20
GUESSED_IN = timedelta(minutes=10)
DRAWS_MAX = 20
_KIND = "referral code"


def code_of_member(*, by: Actor, at: datetime, enrolment: Enrolment) -> str:
    """Return a member's code, made when it is first asked for. Raises Denied (referral.see), EnrolmentProvisional."""
    by.require("referral.see", Scope(enrolment.partner_id, enrolment.store_id))
    known = ReferralCode.objects.filter(enrolment=enrolment).first()
    if known is not None:
        return known.code
    check_may_spend(enrolment)
    with transaction_of_use_case():
        for drawn in draw_codes(PATTERN, ALPHABET, DRAWS_MAX):
            ReferralCode.objects.bulk_create(
                [ReferralCode(programme_id=enrolment.programme_id, enrolment=enrolment, code=drawn, created_at=at)],
                ignore_conflicts=True,  # another request made it at this moment, or chance drew what is taken
            )
            found = ReferralCode.objects.filter(enrolment=enrolment).first()
            if found is not None:
                return found.code
    raise AssertionError("twenty codes in a row were taken")


def find_code(*, at: datetime, programme: Programme, code: str, subject: str) -> ReferralCode:
    """Return whose code it is. Outside a transaction; who guesses (`subject`) waits.

    Raises UnknownReferralCode, RateLimited.
    """
    check_failures(kind=_KIND, subject=subject, limit=GUESSES, period=GUESSED_IN, at=at)
    found = ReferralCode.objects.select_related("enrolment").filter(
        programme=programme, code=normalise_code(code), enrolment__ended_at__isnull=True
    ).first()  # fmt: skip
    if found is None:
        count_failure(kind=_KIND, subject=subject, limit=GUESSES, period=GUESSED_IN, at=at)
        raise UnknownReferralCode("Nobody has this code.", pointer="/code")
    return found
