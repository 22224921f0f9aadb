"""Logging in: refused alike whatever is wrong, and limited per account and per address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from fidelia.access.errors import LogInRefused, RateLimited
from fidelia.access.models import Audit
from fidelia.access.operations import deactivate_user, log_in
from tests.cast import AT, PASSWORD, SYSTEM, leonore

pytestmark = pytest.mark.django_db


def test_it_takes_the_address_in_any_case() -> None:
    user = leonore()
    assert log_in(email="LEONORE@fidelio.example ", password=PASSWORD, address="192.0.2.1", at=AT) == user
    assert Audit.objects.get(verb="user.log_in").by_id == user.id


def test_it_refuses_a_wrong_password_an_unknown_address_and_who_was_let_go_alike() -> None:
    user = leonore()
    messages = []
    for email, password in ((user.email, "O welche Lust, in freier Luft"), ("florestan@fidelio.example", PASSWORD)):
        with pytest.raises(LogInRefused) as refusal:
            log_in(email=email, password=password, address="192.0.2.1", at=AT)
        messages.append(refusal.value.message)
    deactivate_user(by=SYSTEM, at=AT, user_id=user.id)
    with pytest.raises(LogInRefused) as refusal:
        log_in(email=user.email, password=PASSWORD, address="192.0.2.1", at=AT)
    assert {*messages, refusal.value.message} == {"This address and this password do not belong together."}
    assert not Audit.objects.filter(verb="user.log_in").exists()


def test_guessing_at_one_account_stops_after_ten_whatever_the_address() -> None:
    user = leonore()
    for number in range(10):
        with pytest.raises(LogInRefused):
            log_in(email=user.email, password="a guess", address=f"192.0.2.{number}", at=AT)
    with pytest.raises(RateLimited) as refusal:
        log_in(email=user.email, password=PASSWORD, address="192.0.2.99", at=AT)
    assert log_in(email=user.email, password=PASSWORD, address="192.0.2.99", at=refusal.value.retry_at) == user


def test_a_staff_that_begins_at_nine_comes_in_from_one_address() -> None:
    user = leonore()
    for _number in range(45):
        assert log_in(email=user.email, password=PASSWORD, address="192.0.2.1", at=AT) == user


def test_who_comes_in_between_makes_no_room_for_guesses() -> None:
    user = leonore()
    for _number in range(9):
        with pytest.raises(LogInRefused):
            log_in(email=user.email, password="a guess", address="192.0.2.1", at=AT)
        assert log_in(email=user.email, password=PASSWORD, address="192.0.2.2", at=AT) == user
    with pytest.raises(LogInRefused):
        log_in(email=user.email, password="a guess", address="192.0.2.1", at=AT)
    with pytest.raises(RateLimited):
        log_in(email=user.email, password=PASSWORD, address="192.0.2.2", at=AT)


def test_guessing_from_one_address_stops_after_thirty_whatever_the_account() -> None:
    user = leonore()
    for number in range(30):
        with pytest.raises(LogInRefused):
            log_in(email=f"prisoner{number}@fidelio.example", password="a guess", address="192.0.2.1", at=AT)
    with pytest.raises(RateLimited):
        log_in(email=user.email, password=PASSWORD, address="192.0.2.1", at=AT)
    assert log_in(email=user.email, password=PASSWORD, address="192.0.2.2", at=AT) == user
    assert log_in(email=user.email, password=PASSWORD, address="192.0.2.1", at=AT + timedelta(minutes=10)) == user


def test_neither_account_nor_address_is_kept_in_the_count() -> None:
    with pytest.raises(LogInRefused):
        log_in(email="florestan@fidelio.example", password="a guess", address="192.0.2.1", at=AT)
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(subject, ' ') from access_rate")
        (subjects,) = cursor.fetchone()
    assert "florestan" not in subjects
    assert "192.0" not in subjects
