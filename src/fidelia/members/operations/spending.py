"""A code to spend many points: sent to where the member is reached, told at the till, used once within five minutes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from fidelia.access.operations import admit_try
from fidelia.customers.queries import find_address, ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.outbox import announce
from fidelia.kernel.sms import is_sms_open
from fidelia.messaging.operations import may_be_texted
from fidelia.programme.queries import see_enrolment

from ..errors import CodeOver, NoPoints, NowhereToSend, WrongCode
from ..events import CodeAsked
from ..models import Aim, Code
from ..queries import SPENDING_MINUTES, digits_of, hash_of
from .codes import PERIOD, TRIES_MAX, admit_code

ASKED_PER_MEMBER, TRIED_PER_ASKER = 5, 120


@dataclass(frozen=True, slots=True)
class SpendingCode:
    """What who asked holds: without the token the digits spend nothing. `sent_to` is the address, mostly hidden."""

    token: str
    sent_to: str
    expires_at: datetime


def ask_spending_code(*, by: Actor, at: datetime, enrolment_id: UUID, points: int, language: str = "") -> SpendingCode:
    """Have a code sent to a member who is about to spend up to so many points (minor units).

    By text where texts go out and the member has a mobile number, else by e-mail. Raises Denied (reward.redeem),
    UnknownEnrolment, NoPoints, NowhereToSend, RateLimited (five codes an hour for a member, and as for any other code).
    """
    enrolment = see_enrolment(by=by, enrolment_id=enrolment_id, right="reward.redeem")
    if points <= 0:
        raise NoPoints("A code is for the spending of some points.", pointer="/points")
    ids = ids_of(enrolment.customer_id)
    address = _address_of(ids)
    admit_try(kind="spending code for", subject=str(ids[0]), limit=ASKED_PER_MEMBER, period=PERIOD, at=at)
    admit_code(address, f"{by.kind}:{by.id}", at)
    token, expires_at = secrets.token_urlsafe(32), at + timedelta(minutes=SPENDING_MINUTES)
    with transaction_of_use_case():
        code = Code.objects.create(
            token_hash=hash_of(token), aim=Aim.SPEND, address=address, language=language, customer_id=ids[0],
            points=points, asked_at=at, expires_at=expires_at,
        )  # fmt: skip
        announce(CodeAsked(occurred_at=at, code_id=code.id))
    return SpendingCode(token, hidden(address), expires_at)


@dataclass(frozen=True, slots=True)
class CodeProof:
    """The digits that the member told, with the token of who asked for them: what shows that they agree."""

    token: str
    digits: str
    asker: str

    def enter(self, *, at: datetime) -> None:
        """Count a try and look at it; right digits cost none, so that a call may be sent again.

        Outside a transaction. Raises WrongCode, CodeOver, RateLimited.
        """
        admit_try(kind="spending code tried by", subject=self.asker, limit=TRIED_PER_ASKER, period=PERIOD, at=at)
        own = Code.objects.filter(token_hash=hash_of(self.token), aim=Aim.SPEND)
        # One statement counts and asks: two tries at once are two tries.
        if not own.filter(tries__lt=TRIES_MAX).update(tries=F("tries") + 1):
            raise CodeOver("This code is over; ask for another.", pointer="/confirmation")
        code = own.get()
        typed = "".join(self.digits.split())
        if not typed.isascii() or not hmac.compare_digest(digits_of(code), typed):
            left = TRIES_MAX - code.tries
            raise WrongCode("These are not the digits that were sent.", pointer="/confirmation/digits", left=left)
        own.update(tries=F("tries") - 1, entered_at=at)

    def use(self, *, customer_id: UUID, points: int, at: datetime) -> None:
        """Use the code up for so many points of a member. Raises CodeOver."""
        require_transaction()
        open_codes = Code.objects.filter(
            token_hash=hash_of(self.token), aim=Aim.SPEND, used_at=None, entered_at__isnull=False, expires_at__gt=at,
            customer_id__in=ids_of(customer_id), points__gte=points,
        )  # fmt: skip
        if not open_codes.update(used_at=at):
            raise CodeOver("This code is over, or is for fewer points; ask for another.", pointer="/confirmation")


def hidden(address: str) -> str:
    """Return an address as a third person may see it: "f•••@example.com", "•••• 78"."""
    name, at_sign, host = address.partition("@")
    return f"{name[:1]}•••@{host}" if at_sign else f"•••• {address[-2:]}"


def _address_of(ids: Sequence[UUID]) -> str:
    phone = find_address(ids, "phone") if is_sms_open() else None
    if phone is not None and may_be_texted(phone):
        return phone
    address = find_address(ids, "email")
    if address is None:
        raise NowhereToSend("This member has no address to which a code could go.")
    return address
