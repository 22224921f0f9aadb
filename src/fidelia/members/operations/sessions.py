"""Sessions: opened by a code or by the link of a message, one for each device, ended from any."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.messaging.errors import MalformedToken, UnknownMessage
from fidelia.messaging.models import Purpose
from fidelia.messaging.queries import get_message, read_portal_token

from ..errors import CodeOver, LinkOver, NotThisPerson, UnknownSession
from ..models import Aim, Code, MemberSession, SignUp, UsedLink
from ..queries import CODE_MINUTES, candidates_of, digits_of, hash_of, members_among

SESSION_DAYS = {"code": 180, "link": 30}
SEEN_EVERY = timedelta(minutes=10)
DEVICE_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened, and the one text that opens it."""

    session: MemberSession
    token: str


def open_session(*, at: datetime, token: str, customer_id: UUID, device: str, former: str = "") -> NewSession:
    """Log a member in on a device by a code that was entered there within ten minutes; each code does it once.

    `former` is what the device held of an earlier session: that one ends, so that a device has one. Raises CodeOver,
    NotThisPerson (the address is not hers).
    """
    since = at - timedelta(minutes=CODE_MINUTES)
    with transaction_of_use_case():
        codes = Code.objects.select_for_update().filter(token_hash=hash_of(token), aim=Aim.LOG_IN)
        code = codes.filter(entered_at__gt=since, used_at=None).first()
        if code is None:
            raise CodeOver("This code is over; ask for another.")
        if customer_id not in candidates_of(code.address):
            raise NotThisPerson("This address does not open these pages.")
        Code.objects.filter(id=code.id).update(used_at=at)
        return _open(customer_id, "code", at=at, device=device, former=former)


def open_by_sign_up(*, at: datetime, token: str, digits: str, device: str, former: str = "") -> NewSession:
    """Log in who has just joined, on the device that holds the code's token; raises CodeOver, and as often as `join`.

    The digits are asked for once more, so that the token alone opens nothing.
    """
    since = at - timedelta(minutes=CODE_MINUTES)
    with transaction_of_use_case():
        row = SignUp.objects.select_for_update().filter(token_hash=hash_of(token), joined_at__gt=since).first()
        code = Code.objects.filter(token_hash=hash_of(token), aim=Aim.JOIN).first()
        typed = "".join(digits.split()).encode()
        if row is None or code is None or not hmac.compare_digest(digits_of(code).encode(), typed):
            raise CodeOver("This code is over; ask for another.")
        Code.objects.filter(id=code.id).update(used_at=at)
        return _open(row.customer_id, "code", at=at, device=device, former=former)


def open_by_link(*, at: datetime, token: str, device: str, former: str = "") -> tuple[NewSession, str]:
    """Log the receiver of a message in by its link, once; return the session and the key of the message's template.

    Call it for a POST only: scanners of mail systems follow every link. Raises LinkOver.
    """
    try:
        message = get_message(by=Actor.system("link of a message"), message_id=read_portal_token(token))
    except (MalformedToken, UnknownMessage):
        raise LinkOver("This link is incomplete or too old.") from None
    found = members_among([message.customer_id])
    # A letter with a code goes to an address that is still to be proven.
    if not found or message.purpose == Purpose.ACCESS:
        raise LinkOver("This link opens nothing any more.")
    with transaction_of_use_case():
        try:
            with transaction.atomic():
                UsedLink.objects.create(message_id=message.id, customer_id=found[0], used_at=at)
        except IntegrityError:
            raise LinkOver("This link was used already.") from None
        return _open(found[0], "link", at=at, device=device, former=former), message.version.template.key


def use_session(*, at: datetime, token: str) -> MemberSession | None:
    """Return the open session of a device, None where it has none; note that it was seen, at most every ten minutes."""
    if not token:
        return None
    found = MemberSession.objects.filter(token_hash=hash_of(token), ended_at=None, expires_at__gt=at).first()
    if found is not None and found.seen_at < at - SEEN_EVERY:
        found.seen_at, found.expires_at = at, at + timedelta(days=SESSION_DAYS[found.how])
        MemberSession.objects.filter(id=found.id, ended_at=None).update(seen_at=at, expires_at=found.expires_at)
    return found


def end_session(*, at: datetime, customer_id: UUID, session_id: UUID) -> None:
    """Log a device of a member out. Raises UnknownSession: there is none, or it is another's."""
    own = MemberSession.objects.filter(id=session_id, customer_id__in=ids_of(customer_id), ended_at=None)
    if not own.update(ended_at=at):
        raise UnknownSession("There is no such device.")


def _open(customer_id: UUID, how: str, *, at: datetime, device: str, former: str) -> NewSession:
    if former:
        MemberSession.objects.filter(token_hash=hash_of(former), ended_at=None).update(ended_at=at)
    token = secrets.token_urlsafe(32)
    session = MemberSession.objects.create(
        token_hash=hash_of(token), customer_id=customer_id, how=how, device=device[:DEVICE_LENGTH_MAX], began_at=at,
        seen_at=at, expires_at=at + timedelta(days=SESSION_DAYS[how]),
    )  # fmt: skip
    return NewSession(session, token)
