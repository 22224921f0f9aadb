"""What people write of a person does not outlive that person in the records of decisions: rules cannot read it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fidelia.activity.models import DecisionRecord
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.activity.queries.receipts import list_receipts
from fidelia.customers.operations import define_custom_field, define_segment, refresh_segments, update_customer
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.operations import set_up_operator
from fidelia.persons.operations import ask_erasure, carry_out_erasure
from fidelia.programme.errors import FreeTextRead
from fidelia.programme.models import Enrolment, ProgrammeVersion
from fidelia.programme.operations import change_draft, draft_version, publish_version, versions
from fidelia.programme.queries import parse_document
from fidelia.rules.receipts import chain_text_of, read_receipts, verify_receipts
from tests.cast import SYSTEM
from tests.insight.backtest.history import CLERK
from tests.programme.cast import AT, AUTHOR, BEGUN, DOCUMENT, member, programme

from .test_verifying import AUDITOR, published

pytestmark = pytest.mark.django_db(transaction=True)
BOLD = "Florestan the Bold"
CARD = ("card", "2990441788200")
READS = f'has(custom.nickname) && custom.nickname == "{BOLD}"'


@pytest.fixture
def florestan() -> Enrolment:
    set_up_operator(
        by=SYSTEM, at=AT - timedelta(days=900), name="Fidelio", country="FR", currency="EUR", language="fr",
        time_zone="Europe/Paris",
    )  # fmt: skip
    made = member(programme())
    define("nickname", "text")
    update_customer(
        by=SYSTEM, at=AT - timedelta(days=1), customer_id=made.customer_id, changes={}, custom={"nickname": BOLD},
        source="console",
    )  # fmt: skip
    return made


def define(key: str, type: str, *choices: str) -> None:
    name = LocalizedText(en="Nickname", fr="Surnom")
    define_custom_field(by=SYSTEM, at=BEGUN, key=key, type=type, label=name, choices=choices)


def reading(condition: str) -> dict[str, Any]:
    rule = {"key": "bold", "name": {"en": "Bold", "fr": "Hardi"}, "when": condition, "points": "17"}
    return DOCUMENT | {"rules": [*DOCUMENT["rules"], rule]}


def publish(one: Enrolment, document: dict[str, Any]) -> None:
    draft = draft_version(by=AUTHOR, at=AT - timedelta(hours=3), programme=one.programme, document=document)
    publish_version(by=SYSTEM, at=AT - timedelta(hours=2), version=draft)


def buy_and_leave(one: Enrolment) -> str:
    """Return the receipts that are left of a member who bought, and then was erased."""
    asked = PurchaseRequest(
        idempotency_key="R1", receipt_number="R1", occurred_at=AT, currency="EUR", identity=CARD,
        lines=(LineRequest("mug", 1000, 1450),),
    )  # fmt: skip
    bought = record_purchase(by=CLERK, at=AT, request=asked, source="till").purchase
    assert bought is not None
    assert bought.points == 14 + 17
    before = chain_text_of(list_receipts(by=AUDITOR, account_id=one.account_id))
    erasure = ask_erasure(by=SYSTEM, at=AT + timedelta(days=1), customer_id=one.customer_id, source="portal")
    carry_out_erasure(by=SYSTEM, at=AT + timedelta(days=33), request_id=erasure.id)
    after = chain_text_of(list_receipts(by=AUDITOR, account_id=one.account_id))
    assert after == before
    traits = {"custom.mood": "text", "custom.nickname": "text"}
    verdict = verify_receipts([("left", read_receipts(after))], [published(traits=traits)])
    assert verdict.proved == verdict.receipts == 1
    return after + json.dumps(list(DecisionRecord.objects.values_list("record", flat=True)))


def test_read_by_a_rule_a_free_text_would_outlive_its_person(
    florestan: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The danger that the refusal guards against, with the refusal off."""
    monkeypatch.setattr(versions, "check_document", parse_document)
    publish(florestan, reading(READS))
    assert BOLD in buy_and_leave(florestan)


def test_a_rule_that_reads_a_free_text_is_refused_wherever_a_version_is_written(
    florestan: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"/rules/{len(DOCUMENT['rules'])}"
    with pytest.raises(FreeTextRead, match=r"custom\.nickname") as refused:
        publish(florestan, reading(READS))
    assert refused.value.pointer == place
    assert ProgrammeVersion.objects.count() == 1
    draft = draft_version(by=AUTHOR, at=AT, programme=florestan.programme, document=DOCUMENT)
    for condition in ("has(custom.nickname)", "!has(custom.nickname) || custom.nickname.startsWith('F')"):
        with pytest.raises(FreeTextRead):
            change_draft(by=AUTHOR, at=AT, version=draft, document=reading(condition), note="")
    with monkeypatch.context() as without:  # a draft that an earlier release let in
        without.setattr(versions, "check_document", parse_document)
        change_draft(by=AUTHOR, at=AT, version=draft, document=reading(READS), note="")
    with pytest.raises(FreeTextRead):
        publish_version(by=SYSTEM, at=AT, version=draft)


def test_a_segment_of_those_whose_text_it_is_says_the_same_and_leaves_no_word(florestan: Enrolment) -> None:
    define_segment(
        by=SYSTEM, at=BEGUN, key="bold", name=LocalizedText(en="Bold", fr="Hardis"), condition=READS
    )  # fmt: skip
    refresh_segments(by=SYSTEM, at=AT - timedelta(hours=1))
    publish(florestan, reading('"bold" in customer.segments'))
    left = buy_and_leave(florestan)
    assert BOLD not in left
    assert '"bold"' in left


def test_a_choice_of_a_list_is_read_as_before(florestan: Enrolment) -> None:
    define("mood", "list", "bold", "shy")
    update_customer(
        by=SYSTEM, at=AT - timedelta(hours=4), customer_id=florestan.customer_id, changes={}, custom={"mood": "bold"},
        source="console",
    )  # fmt: skip
    publish(florestan, reading('has(custom.mood) && custom.mood == "bold"'))
    assert BOLD not in buy_and_leave(florestan)
