"""Join by oneself: ask, prove the address by a code, be recognised or be new. Read `join` first.

Whoever asks is answered alike and is sent a code, member or not: only who can read what comes to the address learns
whether it is known here. What was written is sealed until then, and gone after a day if it leads to nothing.

Note [One person, one record]
    Somebody whom the till has in the file signs up with the same address. They are the one there who has the same
    given name (or none), no other family name and no other birthday; otherwise the address is a household's, and they
    are new. The address is locked meanwhile, so that two sign-ups of one person at once make one record.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from fidelia.access.operations import admit_try
from fidelia.customers.models import Customer
from fidelia.customers.operations import NewConsent, NewCustomer, record_consents_in_bulk
from fidelia.customers.operations.contact_points import place_contact_point
from fidelia.customers.operations.customer_file import change_facts, place_customer
from fidelia.customers.operations.new_customer import check_new_customer
from fidelia.customers.queries import find_by_address, ids_of, ids_of_each, list_customers_by_id
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.folding import fold
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin
from fidelia.kernel.sealing import seal, unseal
from fidelia.messaging.operations import MessageRequest, forget_addressees, queue_messages
from fidelia.messaging.operations.defaults import WELCOME
from fidelia.organisation.queries import get_operator
from fidelia.programme.models import Programme
from fidelia.programme.operations.enrolments import write_enrolment
from fidelia.programme.queries import find_enrolment

from ..errors import BirthdayMissing, CodeOver, JoiningClosed, NamelessNewcomer, TooYoung
from ..models import Aim, Code, SignUp
from ..queries import contact_of, digits_of, hash_of, joining_policy
from .codes import TRIED_PER_NETWORK, Asked, admit_code, normalise_address, place_code, tried_code
from .finishing import finish_sign_up

SOURCE = "portal"
PURPOSE = "sign-up"
AGAIN = timedelta(minutes=5)
PERIOD = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One thing that a newcomer agreed to, in the words that they read, and which version of them."""

    purpose: str
    channel: str
    wording: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What somebody writes who joins: `card` is a number that they hold, `friend` the code of a friend."""

    given_name: str
    family_name: str = ""
    birth_on: date | None = None
    language: str = "fr"
    agreed: tuple[Agreed, ...] = ()
    card: str = ""
    friend: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Who joined: `person` says whether they are new, were known, or were a member of the programme already."""

    customer_id: UUID
    person: str
    card: str
    referral: str


@dataclass(slots=True)
class _Entry:
    """A sign-up under way: its row, what was written, and the address that the code proved."""

    row: SignUp
    programme: Programme
    said: Mapping[str, Any]
    address: str
    at: datetime
    by: Actor = field(default_factory=lambda: Actor.system("sign-up"))


def ask_to_join(*, at: datetime, programme: Programme, address: str, newcomer: Newcomer, network: str) -> Asked:
    """Have a code sent to an address with which somebody wants to join; the same for everybody, member or not.

    Raises JoiningClosed, NamelessNewcomer, BirthdayMissing, TooYoung, the Invalid of a name or a date,
    MalformedEmail, MalformedPhone, TextsClosed, RateLimited as `ask_code`.
    """
    clean = normalise_address(address)
    _check(programme, newcomer, at)
    admit_code(clean, network, at)
    row = SignUp(
        programme_id=programme.id, customer_id=new_id(), asked_at=at,
        answers=seal(json.dumps(_written(newcomer, network), ensure_ascii=False), purpose=PURPOSE),
    )  # fmt: skip
    with transaction_of_use_case():
        asked = place_code(Aim.JOIN, clean, language=newcomer.language, at=at, customer_id=row.customer_id)
        row.token_hash = hash_of(asked.token)
        row.save(force_insert=True)
    return asked


def join(*, at: datetime, token: str, digits: str, network: str) -> Joined:
    """Make a member of who proves the address by the code. The same digits again, within five minutes, change nothing.

    A known person keeps their record and gets what it lacks. Raises WrongCode, CodeOver, RateLimited, JoiningClosed,
    TooYoung.
    """
    again = _repeated(token, digits, network, at)
    if again is None:
        code = tried_code(token, digits, Aim.JOIN, network, at)
        _join(code, at)
        again = SignUp.objects.get(token_hash=hash_of(token))
    finish_sign_up(at=at, sign_up_id=again.id)
    again.refresh_from_db()
    return Joined(again.customer_id, again.person, again.card, again.referral)


def _check(programme: Programme, newcomer: Newcomer, at: datetime) -> None:
    policy = joining_policy(programme, at)
    if policy is None:
        raise JoiningClosed("Nobody signs up for this programme here.")
    if not newcomer.given_name.strip():
        raise NamelessNewcomer("Write your given name.", pointer="/given_name")
    new = NewCustomer(
        source=SOURCE, given_name=newcomer.given_name, family_name=newcomer.family_name,
        birth_on=newcomer.birth_on, language=newcomer.language,
    )  # fmt: skip
    check_new_customer(new, at=at)
    if newcomer.birth_on is None:
        if policy.birthday == "required":
            raise BirthdayMissing("Write your day of birth.", pointer="/birth_on")
    elif not policy.is_old_enough(newcomer.birth_on, local_day(at, zone_of(programme.time_zone))):
        raise TooYoung("The programme is for people of a certain age.", minimum_age=policy.minimum_age)


def _written(newcomer: Newcomer, network: str) -> dict[str, Any]:
    return {
        "given_name": newcomer.given_name, "family_name": newcomer.family_name, "language": newcomer.language,
        "birth_on": newcomer.birth_on.isoformat() if newcomer.birth_on else None,
        "agreed": [[one.purpose, one.channel, one.wording, one.version] for one in newcomer.agreed],
        "card": newcomer.card[:40], "friend": newcomer.friend[:40], "device": newcomer.device[:200],
        "network": network[:60],
    }  # fmt: skip


def _repeated(token: str, digits: str, network: str, at: datetime) -> SignUp | None:
    """Return what these digits made a moment ago: a form sent twice ends where the first one did."""
    row = SignUp.objects.filter(token_hash=hash_of(token), joined_at__gt=at - AGAIN).first()
    code = Code.objects.filter(token_hash=hash_of(token), aim=Aim.JOIN).first() if row is not None else None
    if code is None:
        return None
    admit_try(kind="member code tried by", subject=network, limit=TRIED_PER_NETWORK, period=PERIOD, at=at)
    typed = "".join(digits.split())
    return row if typed.isascii() and hmac.compare_digest(digits_of(code), typed) else None


def _join(code: Code, at: datetime) -> None:
    with transaction_of_use_case():
        row = SignUp.objects.select_for_update().filter(token_hash=bytes(code.token_hash)).first()
        written = unseal(row.answers, purpose=PURPOSE) if row is not None else None
        if row is None or row.joined_at is not None or written is None:
            raise CodeOver("This code was used; ask for another.")
        programme = Programme.objects.select_related("points_currency").get(id=row.programme_id)
        if joining_policy(programme, at) is None:
            raise JoiningClosed("Nobody signs up for this programme here any more.")
        entry = _Entry(row, programme, json.loads(written), code.address, at)
        _lock_address(code.address)
        row.customer_id, row.person = _placed(entry)
        _enrol(entry)
        _keep_consents(entry)
        row.joined_at = at
        row.save()
        Code.objects.filter(id=code.id).update(customer_id=row.customer_id)


def _lock_address(address: str) -> None:
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 6))", [f"sign-up {address}"])


def _placed(entry: _Entry) -> tuple[UUID, str]:
    """Return the person, found in the file or added to it, and which of the two; the address is proven either way."""
    channel = contact_of(entry.address)
    known = _find_person(entry, channel)
    said, born = entry.said, entry.said["birth_on"]
    facts = {"given_name": said["given_name"], "family_name": said["family_name"], "birth_on": born}
    if known is None:
        new = NewCustomer(
            id=entry.row.customer_id, source=SOURCE, language=said["language"], country=get_operator().country, **facts
        )
        place_customer(by=entry.by, at=entry.at, checked=check_new_customer(new, at=entry.at), origin=Origin.LIVE)
    else:
        # The code went to an id that nobody will have now.
        forget_addressees(customer_ids=[entry.row.customer_id], at=entry.at)
        blank = {name: value for name, value in facts.items() if value and not getattr(known, name)}
        change_facts(by=entry.by, at=entry.at, customer_id=known.id, changes=blank, source=SOURCE, occurred_at=entry.at)
    place_contact_point(
        by=entry.by, at=entry.at, customer_id=known.id if known else entry.row.customer_id, channel=channel,
        value=entry.address, source=SOURCE, verified_at=entry.at,
    )  # fmt: skip
    return (known.id, SignUp.Person.KNOWN) if known is not None else (entry.row.customer_id, SignUp.Person.NEW)


def _find_person(entry: _Entry, channel: str) -> Customer | None:
    people = {ids[0]: ids for ids in ids_of_each(find_by_address(channel, entry.address)).values()}
    known = list_customers_by_id(list(people))
    same = [known[id] for id in sorted(people) if not known[id].is_erased and _is_same(known[id], entry.said)]
    members = [one for one in same if find_enrolment(entry.programme, people[one.id]) is not None]
    return next(iter(members or same), None)


def _is_same(person: Customer, said: Mapping[str, Any]) -> bool:
    born = person.birth_on.isoformat() if person.birth_on else None
    return (
        person.kind == "person"
        and _agree(fold(person.given_name), fold(said["given_name"]))
        and _agree(fold(person.family_name), fold(said["family_name"]))
        and _agree(born, said["birth_on"])
    )


def _agree(kept: str | None, said: str | None) -> bool:
    return not kept or not said or kept == said


def _enrol(entry: _Entry) -> None:
    """Make them a member and welcome them, unless they are one."""
    row = entry.row
    found = find_enrolment(entry.programme, ids_of(row.customer_id))
    if found is not None and not found.is_provisional:
        row.enrolment_id, row.person = found.id, SignUp.Person.MEMBER
        return
    made = write_enrolment(
        by=entry.by, at=entry.at, programme=entry.programme, customer_id=row.customer_id, enrolled_at=entry.at,
        source=SOURCE, store_id=None, partner_id=None,
    )  # fmt: skip
    row.enrolment_id = made.id
    welcome = MessageRequest(
        customer_id=row.customer_id, template=WELCOME, purpose="service", idempotency_key=f"members.join:{row.id}",
        variables={
            language: {"programme": entry.programme.name.in_language(language), "portal": settings.BASE_URL}
            for language in ("en", "fr")
        },
        by_language=True, address=entry.address,
        channel="sms" if contact_of(entry.address) == "phone" else "email",
    )  # fmt: skip
    queue_messages(by=entry.by, at=entry.at, requests=[welcome])


def _keep_consents(entry: _Entry) -> None:
    """Keep each yes with the words that were agreed to; what was left out is no no."""
    rows = [
        NewConsent(
            customer_id=entry.row.customer_id, purpose=purpose, channel=channel, given=True, occurred_at=entry.at,
            proof={"source": SOURCE, "form": "join", "wording": wording, "wording_version": version,
                   "language": entry.said["language"], "address_proven_at": entry.at.isoformat()},
        )
        for purpose, channel, wording, version in entry.said["agreed"]
    ]  # fmt: skip
    record_consents_in_bulk(by=entry.by, at=entry.at, rows=rows)
