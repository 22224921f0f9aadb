"""What programmes keep of a person, given out and erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction

from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.ledger.operations import earn
from fidelia.programme import privacy
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM

from .cast import AT, BEGUN, member, programme

pytestmark = pytest.mark.django_db(transaction=True)


def test_memberships_and_movements_are_given_out_and_those_of_others_are_not() -> None:
    florestan = member(programme())
    with transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=florestan.account_id, currency="PTS", amount=70, key="buy", note="a gesture")
    found = privacy.collect([florestan.customer_id])
    assert [(one["programme__slug"], one["enrolled_at"]) for one in found["memberships"]] == [("cercle", BEGUN)]
    assert [one["note"] for one in found["postings"]] == ["a gesture"]
    assert [one["amount"] for one in found["entries"]] == [70]
    other = add_customer(by=SYSTEM, at=BEGUN, customer=NewCustomer(source="till", given_name="Leonore", country="FR"))
    Enrolment.objects.create(
        programme_id=florestan.programme_id, customer_id=other.id, account_id=florestan.account_id, enrolled_at=BEGUN,
        source="till",
    )  # fmt: skip
    found = privacy.collect([florestan.customer_id])
    assert (len(found["memberships"]), found["postings"], found["entries"]) == (1, [], [])


def test_erasing_ends_the_membership_and_forgets_what_was_written() -> None:
    florestan = member(programme())
    with transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=florestan.account_id, currency="PTS", amount=70, key="buy", note="a gesture")
    with transaction.atomic():
        told = privacy.erase([florestan.customer_id], by=SYSTEM, at=AT + timedelta(hours=1))
    assert (told["programme_enrolment"], told["ledger_posting"]) == (1, 1)
    assert Enrolment.objects.get().ended_at == AT + timedelta(hours=1)
    assert [one["note"] for one in privacy.collect([florestan.customer_id])["postings"]] == [""]


def test_every_table_of_a_membership_is_named() -> None:
    of_people = {
        model._meta.db_table
        for model in apps.get_app_config("programme").get_models()
        if {"customer_id", "enrolment", "account_id"} & {field.name for field in model._meta.get_fields()}
    }
    assert of_people == set(privacy.TABLES)
