"""The link to refuse more: shows on GET, acts on POST, needs no cookie, and is nobody else's."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.customers.models import Consent, Customer
from fidelia.customers.operations import NewCustomer, add_customer, record_consent
from fidelia.customers.queries import consent_at, objects_at
from fidelia.kernel.clock import now
from fidelia.messaging.queries import UNSUBSCRIBE_PATH, unsubscribe_url_for
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def florestan() -> Customer:
    customer = add_customer(by=SYSTEM, at=AT, customer=NewCustomer(source="till", given_name="Florestan"))
    record_consent(
        by=SYSTEM, at=AT, customer_id=customer.id, purpose="marketing", channel="email", given=True, proof={}
    )
    return customer


def link(customer: Customer, purpose: str = "marketing") -> str:
    url = unsubscribe_url_for(customer.id, purpose, "email")
    return url[url.index(UNSUBSCRIBE_PATH) :]


def test_a_scanner_that_follows_the_link_changes_nothing(florestan: Customer) -> None:
    answer = Client().get(link(florestan), headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert "No more offers by e-mail?" in answer.content.decode()
    assert Consent.objects.count() == 1


def test_one_click_needs_no_cookie_and_no_form_token(florestan: Customer) -> None:
    answer = Client(enforce_csrf_checks=True).post(link(florestan), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert consent_at(florestan.id, "marketing", "email", now()) is False
    assert Consent.objects.order_by("id").last().proof["source"] == "one-click header"  # type: ignore[union-attr]


def test_a_second_time_is_no_second_word(florestan: Customer) -> None:
    Client().post(link(florestan))
    Client().post(link(florestan))
    assert Consent.objects.count() == 2


def test_a_service_message_may_be_objected_to(florestan: Customer) -> None:
    assert Client().post(link(florestan, "service")).status_code == 200
    assert objects_at(florestan.id, "service", "email", now()) is True
    assert consent_at(florestan.id, "marketing", "email", now()) is True


def test_a_link_cut_short_says_so(florestan: Customer) -> None:
    answer = Client().post(link(florestan)[:-3], headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert "This link is incomplete" in answer.content.decode()
    assert Consent.objects.count() == 1
