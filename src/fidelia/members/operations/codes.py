"""Ask for a code, enter it: the same answer and the same work for an address that nobody has."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F

from fidelia.access.operations import admit_try
from fidelia.customers.operations import add_contact_point, retire_contact_point
from fidelia.customers.queries import ids_of, list_contact_points
from fidelia.kernel.actor import Actor
from fidelia.kernel.addresses import MalformedPhone, normalise_email, normalise_phone
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.outbox import announce
from fidelia.kernel.sms import is_sms_open
from fidelia.messaging.operations import forget_addressees, may_be_texted
from fidelia.organisation.queries import get_operator

from ..errors import CodeOver, TextsClosed, WrongCode
from ..events import CodeAsked
from ..models import Aim, Code, SignUp
from ..queries import CODE_MINUTES, candidates_of, contact_of, digits_of, hash_of

TRIES_MAX = 5
ASKED_PER_ADDRESS, ASKED_PER_NETWORK, TRIED_PER_NETWORK = 5, 60, 120
TEXTS_PER_NETWORK = 20
PERIOD = timedelta(hours=1)
KEPT = timedelta(days=1)
FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser that asked holds: without it the digits open nothing."""

    token: str
    address: str


def ask_code(*, at: datetime, address: str, network: str, language: str) -> Asked:
    """Have a code sent to an e-mail address or a mobile telephone, if a member has it; nobody is told whether.

    `network` is the asker's address of the network. A row and an event whoever has the address: the worker looks it up.
    Raises MalformedEmail, MalformedPhone, TextsClosed, RateLimited (5 codes an hour for an address; 60 for a network,
    20 of them by text; and by text as many for everybody as FIDELIA_SMS_CODES_AN_HOUR_MAX says).
    """
    clean = normalise_address(address)
    admit_code(clean, network, at)
    return _ask(Aim.LOG_IN, clean, language=language, at=at)


def ask_address_code(*, by: Actor, at: datetime, customer_id: UUID, address: str, network: str, language: str) -> Asked:
    """Have a code sent to an address that a member wants to be reached at from now on.

    Raises Denied (customer.change), MalformedEmail, MalformedPhone, TextsClosed, RateLimited.
    """
    by.require("customer.change")
    clean = normalise_address(address)
    admit_code(clean, network, at)
    return _ask(Aim.ADDRESS, clean, language=language, at=at, customer_id=customer_id)


def enter_code(*, at: datetime, token: str, digits: str, network: str) -> tuple[UUID, ...]:
    """Return whom the code opens, one of whom `open_session` takes; several where a household has one address.

    Each try is counted before it is looked at, and stays counted. Raises WrongCode, CodeOver, RateLimited.
    """
    code = tried_code(token, digits, Aim.LOG_IN, network, at)
    found = candidates_of(code.address)
    if not found:
        raise WrongCode("These are not the digits that were sent.")
    return found


def confirm_address(*, by: Actor, at: datetime, customer_id: UUID, token: str, digits: str, network: str) -> str:
    """Reach the member at the address that the code proves from now on, and no longer at the former ones.

    Raises Denied (customer.change), WrongCode, CodeOver, RateLimited, UnknownCustomer, CustomerClosed.
    """
    by.require("customer.change")
    code = tried_code(token, digits, Aim.ADDRESS, network, at)
    if code.customer_id != customer_id or not Code.objects.filter(id=code.id, used_at=None).update(used_at=at):
        raise CodeOver("This code was used; ask for another.")
    kept = add_contact_point(
        by=by, at=at, customer_id=customer_id, channel=contact_of(code.address), value=code.address, source="portal",
        verified_at=at,
    )  # fmt: skip
    for point in list_contact_points(ids_of(customer_id)):
        if point.channel == kept.channel and point.status != "retired" and point.pk != kept.pk:
            retire_contact_point(by=by, at=at, customer_id=customer_id, contact_point_id=point.pk)
    return code.address


def forget_old_codes(*, at: datetime) -> int:
    """Delete codes asked for more than a day ago, a hundred at most, and sign-ups that led to nothing; return how many.

    With a sign-up goes the address to which its code was sent.
    """
    with transaction_of_use_case():
        return _forget_old(at)


def normalise_address(typed: str) -> str:
    """Return an e-mail address, or a mobile number in E.164, as it is kept.

    What looks like a number is one, as dialed at the operator's. Raises MalformedEmail, MalformedPhone, TextsClosed.
    """
    if "@" in typed or not any(sign.isdigit() for sign in typed) or any(sign.isalpha() for sign in typed):
        return normalise_email(typed, pointer="/address")
    number = normalise_phone(typed, country=get_operator().country, pointer="/address")
    if not is_sms_open():
        raise TextsClosed("Codes go by e-mail only here.", pointer="/address")
    if not may_be_texted(number):
        raise MalformedPhone(f"“{typed}” is no mobile number that gets texts from here.", pointer="/address")
    return number


def admit_code(address: str, network: str, at: datetime) -> None:
    """Count that a code is asked for. Raises RateLimited.

    A text costs money, and there are people who are paid for those that go to numbers of theirs: networks get fewer of
    them, and all together no more than the operator is ready to pay for.
    """
    admit_try(kind="member code asked by", subject=network, limit=ASKED_PER_NETWORK, period=PERIOD, at=at)
    by_text = contact_of(address) == "phone"
    if by_text:
        admit_try(kind="member text asked by", subject=network, limit=TEXTS_PER_NETWORK, period=PERIOD, at=at)
    admit_try(kind="member code asked for", subject=address, limit=ASKED_PER_ADDRESS, period=PERIOD, at=at)
    if by_text:
        everybody = settings.SMS_CODES_AN_HOUR_MAX
        admit_try(kind="member texts", subject="everybody", limit=everybody, period=PERIOD, at=at)


def place_code(aim: Aim, address: str, *, language: str, at: datetime, customer_id: UUID | None = None) -> Asked:
    """Building block: a code, its sending announced in the caller's transaction; old ones go."""
    require_transaction()
    token = secrets.token_urlsafe(32)
    code = Code.objects.create(
        token_hash=hash_of(token), aim=aim, address=address, language=language, customer_id=customer_id,
        asked_at=at, expires_at=at + timedelta(minutes=CODE_MINUTES),
    )  # fmt: skip
    announce(CodeAsked(occurred_at=at, code_id=code.id))
    _forget_old(at)
    return Asked(token, address)


def _ask(aim: Aim, address: str, *, language: str, at: datetime, customer_id: UUID | None = None) -> Asked:
    with transaction_of_use_case():
        return place_code(aim, address, language=language, at=at, customer_id=customer_id)


def tried_code(token: str, digits: str, aim: Aim, network: str, at: datetime) -> Code:
    """Count a try and return the code whose digits these are, entered from now on."""
    admit_try(kind="member code tried by", subject=network, limit=TRIED_PER_NETWORK, period=PERIOD, at=at)
    open_codes = Code.objects.filter(
        token_hash=hash_of(token), aim=aim, entered_at=None, expires_at__gt=at, tries__lt=TRIES_MAX
    )
    # One statement counts and asks: two tries at once are two tries.
    if not open_codes.update(tries=F("tries") + 1):
        raise CodeOver("This code is over; ask for another.")
    code = Code.objects.get(token_hash=hash_of(token))
    typed = "".join(digits.split())
    if not typed.isascii() or not hmac.compare_digest(digits_of(code), typed):
        raise WrongCode("These are not the digits that were sent.", left=TRIES_MAX - code.tries)
    if not Code.objects.filter(id=code.id, entered_at=None).update(entered_at=at):
        raise CodeOver("This code was used; ask for another.")
    return code


def _forget_old(at: datetime) -> int:
    left = SignUp.objects.filter(asked_at__lt=at - KEPT, joined_at=None).order_by("asked_at")[:FORGOTTEN_AT_ONCE]
    nobody = dict(left.values_list("id", "customer_id"))
    if nobody:
        forget_addressees(customer_ids=list(nobody.values()), at=at)
        SignUp.objects.filter(id__in=list(nobody)).delete()
    old = Code.objects.filter(asked_at__lt=at - KEPT).order_by("asked_at")[:FORGOTTEN_AT_ONCE]
    return len(nobody) + Code.objects.filter(id__in=list(old.values_list("id", flat=True))).delete()[0]
