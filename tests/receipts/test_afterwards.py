"""Receipts outlive what becomes of their people and of the installation: merged, erased, with other secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings

from fidelia.activity.models import DecisionRecord
from fidelia.activity.queries.receipts import list_receipts
from fidelia.organisation.operations import set_up_operator
from fidelia.persons.operations import ask_erasure, carry_out_erasure, merge_customers
from fidelia.rules.receipts import chain_text_of, read_receipts, verify_receipts
from tests.cast import SYSTEM
from tests.insight.backtest.history import Shop
from tests.programme.cast import AT

from .test_verifying import AUDITOR, published

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=40)


@pytest.fixture
def shop() -> Shop:
    set_up_operator(
        by=SYSTEM, at=AT - timedelta(days=900), name="Fidelio", country="FR", currency="EUR", language="fr",
        time_zone="Europe/Paris",
    )  # fmt: skip
    made = Shop(7)
    made.live(10)
    return made


def texts() -> dict[str, str]:
    """Every chain of the installation as somebody would take it along."""
    accounts = DecisionRecord.objects.order_by("account_id").values_list("account_id", flat=True).distinct()
    return {str(one): chain_text_of(list_receipts(by=AUDITOR, account_id=one)) for one in accounts}


def check_all(told: dict[str, str]) -> None:
    verdict = verify_receipts([(name, read_receipts(text)) for name, text in told.items()], [published()])
    wrong = [(each.number, each.sentence("en")) for each in verdict.findings if each.is_wrong]
    assert wrong == [], wrong[:5]
    assert verdict.proved == verdict.receipts == DecisionRecord.objects.count()


def test_two_people_who_become_one_keep_their_receipts_to_the_letter(shop: Shop) -> None:
    before = texts()
    giver, taker = shop.members[2].customer_id, shop.members[0].customer_id
    merge_customers(by=SYSTEM, at=LATER, customer_id=giver, into=taker, reason="the same")
    assert texts() == before
    shop.purchase(LATER + timedelta(hours=1))
    shop.checkout(LATER + timedelta(hours=2))
    after = texts()
    assert sum(map(len, after.values())) > sum(map(len, before.values()))
    check_all(after)


def test_who_is_erased_leaves_receipts_that_are_still_decided_as_told(shop: Shop) -> None:
    before = texts()
    gone = shop.members[1].customer_id
    asked = ask_erasure(by=SYSTEM, at=LATER, customer_id=gone, source="portal")
    carry_out_erasure(by=SYSTEM, at=LATER + timedelta(days=31), request_id=asked.id)
    assert texts() == before
    check_all(before)


def test_no_secret_of_the_installation_is_in_a_receipt(shop: Shop) -> None:
    """Seals are hashes, not signatures: another secret key, and another key of the API, change nothing."""
    before = texts()
    with override_settings(SECRET_KEY="another one", SECRET_KEY_FALLBACKS=[]):
        assert texts() == before
        check_all(texts())
