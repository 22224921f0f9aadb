"""Who may come in. Nothing here writes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from fidelia.customers.queries import find_by_address, ids_of, ids_of_each, list_customers_by_id
from fidelia.programme.models import Programme
from fidelia.programme.queries import list_enrolments, list_programmes, terms_of, version_in_force
from fidelia.rules.joining_terms import JoiningPolicy

from .models import Aim, Code, MemberSession, SignUp

CODE_MINUTES = 10
SPENDING_MINUTES = 5


def contact_of(address: str) -> str:
    """Return how one is reached at a normalised address: "email", or "phone" for a number in E.164."""
    return "phone" if address.startswith("+") else "email"


def candidates_of(address: str) -> tuple[UUID, ...]:
    """Return the members who are reached at an address, in order of joining the file; several in a household."""
    return members_among(find_by_address(contact_of(address), address))


def members_among(customer_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return those who are members of a programme now, as the survivors of their merges, without the erased."""
    people = {ids[0]: ids for ids in ids_of_each(customer_ids).values()}
    known = list_customers_by_id(list(people))
    enrolments = list_enrolments([id for ids in people.values() for id in ids])
    members = {one.customer_id for one in enrolments if one.ended_at is None and not one.programme.is_sandbox}
    return tuple(
        survivor for survivor, ids in sorted(people.items()) if not known[survivor].is_erased and members & set(ids)
    )


def joining_policy(programme: Programme, at: datetime) -> JoiningPolicy | None:
    """Return how people join a programme by themselves at a moment; None where they do not."""
    version = None if programme.is_sandbox else version_in_force(programme, at)
    policy = terms_of(version.id).joining if version is not None else None
    return policy if policy is not None and policy.online else None


def programmes_to_join(at: datetime) -> list[tuple[Programme, JoiningPolicy]]:
    """Return the programmes that people join by themselves at a moment, the oldest first."""
    found = ((programme, joining_policy(programme, at)) for programme in list_programmes())
    return [(programme, policy) for programme, policy in found if policy is not None]


def sign_up_of(token: str) -> SignUp | None:
    """Return what a browser asked to join by, that holds the token; None for a token that is none, or over."""
    return SignUp.objects.filter(token_hash=hash_of(token)).first() if token else None


def candidates_entered(token: str, at: datetime) -> tuple[UUID, ...]:
    """Return whom a code opens whose digits were entered within ten minutes in the browser that holds the token."""
    since = at - timedelta(minutes=CODE_MINUTES)
    codes = Code.objects.filter(token_hash=hash_of(token), aim=Aim.LOG_IN, entered_at__gt=since, used_at=None)
    code = codes.first()
    return () if code is None else candidates_of(code.address)


def shown_digits(token: str) -> str:
    """Return the digits of a code, for an invented shop from which no mail leaves; never for anything else."""
    code = Code.objects.filter(token_hash=hash_of(token)).first()
    return digits_of(code) if code is not None else ""


def digits_of(code: Code) -> str:
    """Return the six digits of a code: they follow from its row and the secret of the installation."""
    key = hashlib.sha256(f"member code {settings.SECRET_KEY}".encode()).digest()
    said = hmac.new(key, code.id.bytes + bytes(code.token_hash), hashlib.sha256).digest()
    return f"{int.from_bytes(said[:8]) % 1_000_000:06d}"


def hash_of(token: str) -> bytes:
    """Return what is kept of what a browser holds: 256 random bits need one round."""
    return hashlib.sha256(token.encode()).digest()


def list_open_sessions(customer_id: UUID, at: datetime) -> list[MemberSession]:
    """Return the devices on which a member is logged in, the last seen first."""
    own = MemberSession.objects.filter(customer_id__in=ids_of(customer_id), ended_at=None, expires_at__gt=at)
    return list(own.order_by("-seen_at", "id"))
