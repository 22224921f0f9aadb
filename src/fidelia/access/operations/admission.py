"""Admit: who presents this key, and may it ask again already? The first statement of every API request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from fidelia.kernel.actor import Actor, Grant, Scope
from fidelia.kernel.db import ask, hex_of, prepared_cursor
from fidelia.kernel.together import Kind, ask_in_set

from ..errors import KeyExpired, KeyRevoked, KeyUnknown, RateLimited

_KEY = re.compile(r"(?:live|test)_(?P<public_id>[0-9a-f]{16})_(?P<secret>[\w-]{43})")
_ADMIT = "select admitted.status, row_to_json(admitted)::text from access_admit(%s, %s, %s, %s) admitted"
# Several keys, each with what is read in a set for those that are admitted.
_ADMIT_IN_SET = """
select read.place::text, read.status, read.told, read.answer
from (
    select array_agg(admitted.status) as statuses, array_agg(row_to_json(admitted)::text) as told,
        array_agg(case when admitted.status = 'admitted' then admitted.key_id end) as key_ids,
        array_agg(admitted.mode = 'test') as are_tests
    from json_to_recordset(%s::json) asked (public_id text, secret_sha256 bytea, at timestamptz)
    cross join lateral access_admit(asked.public_id, asked.secret_sha256, 1, asked.at) admitted
) given
cross join lateral rows from (
    unnest(given.statuses), unnest(given.told), {function}(given.key_ids, given.are_tests, %s::json)
) with ordinality read (status, told, answer, place)
"""
_TAKE = "select remaining, full_at from access_take(%s, %s, %s, %s, %s)"
_TRY = "select allowed, remaining, full_at, retry_at from access_take(%s, 1, %s, %s, %s)"
_TAKE_TWICE = """
select least(a.allowed::int, b.allowed::int), least(a.remaining, b.remaining), greatest(a.full_at, b.full_at),
       greatest(a.retry_at, b.retry_at)
from access_take(%s, 1, %s, %s, %s) a, access_take(%s, 1, %s, %s, %s) b
"""
LOG_INS_PER_ADDRESS = 30
LOG_INS_PER_ACCOUNT = 10
LOG_IN_PERIOD = "10 minutes"


@dataclass(frozen=True, slots=True)
class Admission:
    """A request let in: who asks, how many more it may ask now, and when its allowance is whole again."""

    actor: Actor
    limit: int
    remaining: int
    reset_at: datetime


class _Answer(msgspec.Struct):
    """What access_admit answers of a key that it knows, and that is neither revoked nor expired."""

    key_id: UUID
    name: str
    mode: str
    rights: tuple[str, ...]
    partner_id: UUID | None
    store_id: UUID | None
    per_minute: int
    remaining: int
    full_at: datetime
    retry_at: datetime


_decode = msgspec.json.Decoder(_Answer).decode


@dataclass(frozen=True, slots=True)
class ReadingInSet:
    """What a hot call reads in the statement that admits its caller, because each way to the database costs more than
    what most of them ask: one statement with those that go to the database together with it.

    `function` is the name of an SQL function: of the ids of the keys admitted (null for each that was not), whether
    each is for tests, and a JSON array; it returns a text for each in their order, null where the id is. `element` is
    the call's own element of the array.
    """

    function: str
    element: str


def admit(*, key_text: str, cost: int, at: datetime) -> Admission:
    """Find the key and count the request against its limit, in one SQL statement; `cost` is the rows of a batch.

    The count is kept whatever becomes of the request, so call it outside the transaction of the use case. A refused
    request costs nothing. Raises KeyUnknown, KeyExpired, KeyRevoked, RateLimited.
    """
    status, text = ask(_ADMIT, _values_of(key_text, cost, at))
    return _admission(status, text)


def admit_and_read(*, key_text: str, at: datetime, reading: ReadingInSet) -> tuple[Admission, str]:
    """Admit as `admit` does, and read in the same statement; of a key that is refused nothing is read. Raises as it."""
    public_id, secret, _cost, _at = _values_of(key_text, 1, at)
    key = f'{{"public_id":"{public_id}","secret_sha256":"\\{hex_of(secret)}","at":"{at.isoformat()}"}}'
    parts = [key, reading.element]
    status, text, read = ask_in_set(_admitting_set(reading.function), parts, kind=Kind.READING, lock=key_text)
    return _admission(status, text), read


@cache
def _admitting_set(function: str) -> str:
    return _ADMIT_IN_SET.format(function=function)


def _values_of(key_text: str, cost: int, at: datetime) -> list[Any]:
    found = _KEY.fullmatch(key_text)
    if found is None:
        raise KeyUnknown("This is not an API key of this installation.")
    return [found["public_id"], secret_hash(found["secret"]), cost, at]


def _admission(status: str, text: str) -> Admission:
    if status == "admitted":
        answer = _decode(text)
        return Admission(_actor_of(answer), answer.per_minute, answer.remaining, answer.full_at)
    if status == "limited":
        answer = _decode(text)
        raise _limited(answer.per_minute, answer.remaining, answer.full_at, answer.retry_at)
    if status == "revoked":
        raise KeyRevoked("This API key was revoked.")
    if status == "expired":
        raise KeyExpired("This API key has expired.")
    raise KeyUnknown("This is not an API key of this installation.")


def admit_log_in(*, email: str, address: str, at: datetime) -> None:
    """Count an attempt to log in, per account and per address of the network. Raises RateLimited.

    Neither is stored as it is: only a hash, in a table that a crash empties.
    """
    account, place = _subject("log-in account", email.strip().casefold()), _subject("log-in address", address)
    allowed, remaining, full_at, retry_at = _take(
        _TAKE_TWICE,
        [account, LOG_INS_PER_ACCOUNT, LOG_IN_PERIOD, at, place, LOG_INS_PER_ADDRESS, LOG_IN_PERIOD, at],
    )
    if not allowed:
        raise _limited(LOG_INS_PER_ACCOUNT, remaining, full_at, retry_at)


def forget_log_in(*, email: str, address: str, at: datetime) -> None:
    """Take one attempt back out of the count: who came in was guessing at nothing.

    A whole staff that begins at nine stands behind one address of the network.
    """
    _take(_TAKE, [_subject("log-in account", email.strip().casefold()), -1, LOG_INS_PER_ACCOUNT, LOG_IN_PERIOD, at])
    _take(_TAKE, [_subject("log-in address", address), -1, LOG_INS_PER_ADDRESS, LOG_IN_PERIOD, at])


def admit_try(*, kind: str, subject: str, limit: int, period: timedelta, at: datetime) -> None:
    """Count one try of a subject, at most `limit` in the period; who tries is kept as a hash. Raises RateLimited.

    The count is kept whatever becomes of the try, so call it outside the transaction of the use case.
    """
    allowed, remaining, full_at, retry_at = _take(_TRY, [_subject(kind, subject), limit, period, at])
    if not allowed:
        raise _limited(limit, remaining, full_at, retry_at)


def check_failures(*, kind: str, subject: str, limit: int, period: timedelta, at: datetime) -> None:
    """Let one try again who failed fewer than `limit` times in the period, forgotten evenly. Raises RateLimited.

    Who tries and what is kept as a hash. Call it, and `count_failure` after a failure, outside the transaction of the
    use case, which a failure ends.
    """
    remaining, full_at = _take(_TAKE, [_subject(kind, subject), 0, limit, period, at])
    if remaining < 1:
        raise _limited(limit, 0, full_at, full_at - period + period / limit)


def count_failure(*, kind: str, subject: str, limit: int, period: timedelta, at: datetime) -> None:
    """Count a failure of a subject."""
    _take(_TAKE, [_subject(kind, subject), 1, limit, period, at])


def forget_idle_subjects(*, at: datetime) -> int:
    """Delete the counts of those whose allowance is whole; return how many. A nightly job calls it."""
    with connection.cursor() as cursor:
        cursor.execute("delete from access_rate where full_at < %s", [at])
        return int(cursor.rowcount)


def secret_hash(secret: str) -> bytes:
    """A secret is 256 random bits: one round of SHA-256 is enough, and costs a microsecond a request."""
    return hashlib.sha256(secret.encode()).digest()


def _take(statement: str, values: Sequence[Any]) -> Any:
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _actor_of(answer: _Answer) -> Actor:
    grants = _grants(answer.rights, Scope(answer.partner_id, answer.store_id))
    return Actor("key", answer.key_id, answer.name, grants, "test" if answer.mode == "test" else "live")


@lru_cache(maxsize=1_000)
def _grants(rights: tuple[str, ...], scope: Scope) -> tuple[Grant, ...]:
    return tuple(Grant(right, scope) for right in rights)


def _limited(limit: int, remaining: int, full_at: datetime, retry_at: datetime) -> RateLimited:
    return RateLimited(
        "Too many requests; wait and try again.", limit=limit, remaining=remaining, reset_at=full_at, retry_at=retry_at
    )


def _subject(kind: str, value: str) -> str:
    return f"{kind} {hashlib.sha256(value.encode()).hexdigest()[:32]}"
