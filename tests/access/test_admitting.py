"""Admitting a request by its API key: one statement finds the key and counts the request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fidelia.access.errors import KeyExpired, KeyRevoked, KeyUnknown, RateLimited
from fidelia.access.models import ApiKey
from fidelia.access.operations import IssuedKey, admit, forget_idle_subjects, issue_key, revoke_key
from fidelia.kernel.actor import Actor, Grant, Scope
from fidelia.kernel.errors import Unavailable
from tests.cast import AT, SYSTEM

STORE = Scope(UUID(int=1), UUID(int=2))
MINUTE = timedelta(minutes=1)


def a_key(**terms: Any) -> IssuedKey:
    return issue_key(by=SYSTEM, at=AT, **{"name": "Till 1", "rights": ["store.see"], "scope": STORE} | terms)


def ask(key: IssuedKey, at: datetime = AT, cost: int = 1) -> Any:
    return admit(key_text=key.text, cost=cost, at=at)


@pytest.mark.django_db
def test_it_tells_who_asks_and_what_is_left_in_one_statement() -> None:
    key = a_key()
    with CaptureQueriesContext(connection) as queries:
        admission = ask(key)
    assert len(queries) == 1
    assert admission.actor == Actor("key", key.key.id, "Till 1", (Grant("store.see", STORE),), "live")
    assert (admission.limit, admission.remaining) == (6_000, 5_999)
    assert admission.reset_at == AT + timedelta(milliseconds=10)


@pytest.mark.django_db
def test_a_test_key_acts_in_the_sandbox() -> None:
    key = a_key(mode="test")
    assert key.text.startswith("test_")
    assert ask(key).actor.mode == "test"


@pytest.mark.django_db
def test_what_is_not_a_key_is_unknown() -> None:
    text = a_key().text
    other = a_key().text
    for wrong in (
        "",
        "live_",
        text[:-1],
        text[:-1] + "é",
        "x" + text,
        text[:22] + other[22:],
        "test" + text[4:] + "\n",
    ):
        with pytest.raises(KeyUnknown) as refusal:
            admit(key_text=wrong, cost=1, at=AT)
        assert refusal.value.status == 401


@pytest.mark.django_db
def test_a_revoked_key_admits_nobody() -> None:
    key = a_key()
    revoke_key(by=SYSTEM, at=AT, key_id=key.key.id)
    with pytest.raises(KeyRevoked):
        ask(key)


@pytest.mark.django_db
def test_a_key_is_good_until_its_expiry() -> None:
    key = a_key(expires_at=AT + MINUTE)
    ask(key, AT + MINUTE - timedelta(microseconds=1))
    with pytest.raises(KeyExpired):
        ask(key, AT + MINUTE)


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 7, 600])
def test_a_minute_gives_the_limit_and_not_one_more(limit: int) -> None:
    key = a_key(limit_per_minute=limit)
    assert [ask(key).remaining for _ in range(limit)] == list(range(limit - 1, -1, -1))
    with pytest.raises(RateLimited) as refusal:
        ask(key)
    limited = refusal.value
    assert isinstance(limited, Unavailable)
    assert (limited.status, limited.limit, limited.remaining) == (429, limit, 0)
    a_step = timedelta(minutes=1) / limit
    assert abs(limited.retry_at - (AT + a_step)) < timedelta(milliseconds=1)
    assert abs(limited.reset_at - (AT + MINUTE)) < timedelta(milliseconds=1)
    ask(key, limited.retry_at)
    with pytest.raises(RateLimited):
        ask(key, limited.retry_at)


@pytest.mark.django_db
def test_after_a_quiet_minute_all_is_there_again() -> None:
    key = a_key(limit_per_minute=10)
    ask(key, cost=10)
    assert ask(key, AT + 2 * MINUTE).remaining == 9


@pytest.mark.django_db
def test_a_batch_costs_its_rows_and_one_above_the_limit_the_whole_limit() -> None:
    key = a_key(limit_per_minute=100)
    assert ask(key, cost=30).remaining == 70
    with pytest.raises(RateLimited):
        ask(key, cost=1_000)
    assert ask(key, AT + MINUTE, cost=1_000).remaining == 0


@pytest.mark.django_db
def test_keys_are_counted_apart() -> None:
    one, other = a_key(limit_per_minute=1), a_key(limit_per_minute=1)
    ask(one)
    assert ask(other).remaining == 0


@pytest.mark.django_db
def test_the_last_use_is_known_to_the_day() -> None:
    key = a_key()
    ask(key, datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    version = row_version(key)
    ask(key, datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert row_version(key) == version
    ask(key, datetime(2026, 3, 3, 0, 1, tzinfo=UTC))
    assert str(ApiKey.objects.get().last_used_on) == "2026-03-03"


@pytest.mark.django_db
def test_the_idle_are_forgotten() -> None:
    idle, busy = a_key(limit_per_minute=60), a_key(limit_per_minute=60)
    ask(idle)
    ask(busy, cost=60)
    assert forget_idle_subjects(at=AT + timedelta(seconds=30)) == 1
    with pytest.raises(RateLimited):
        ask(busy)


@pytest.mark.django_db
def test_the_secret_is_nowhere_in_the_database() -> None:
    secret = a_key().text.split("_", 2)[2]
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(k::text, '') || (select string_agg(a::text, '') from access_audit a) "
                       "from access_api_key k")  # fmt: skip
        assert secret not in cursor.fetchone()[0]


def row_version(key: IssuedKey) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("select ctid, xmin from access_api_key where id = %s", [key.key.id])
        return cursor.fetchone()
