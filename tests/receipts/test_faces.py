"""Receipts by the API, in the console and in the portal: the same document, for whom it is, and for nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from fidelia.activity.models import Purchase
from fidelia.kernel.clock import now
from fidelia.programme.models import ProgrammeVersion
from fidelia.rules.receipts import read_receipts, verify_receipts
from tests.api.caller import Caller, basket
from tests.cast import AT, leonore, pizarro
from tests.console.boutique import MUG, buy
from tests.console.test_customers import signed_in
from tests.portal.members_shop import inside, newcomer, open_doors
from tests.programme.cast import member, programme

from .test_verifying import codes, published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: AT)
    return Caller()


def test_the_api_gives_one_and_the_chain(till: Caller) -> None:
    enrolment = member(programme())
    ids = [till.post("/purchases", basket(receipt_number=str(number))).json()["id"] for number in range(3)]
    one = till.get(f"/purchases/{ids[1]}/receipt")
    assert (one.status, one.json()["sequence"], one.json()["decision"]["points"]) == (200, 2, 84)
    whole = till.get(f"/enrolments/{enrolment.id}/receipts")
    assert whole.json()["receipts"][1] == one.json()
    verdict = verify_receipts([("chain.json", read_receipts(whole.body.decode()))], [published()])
    assert (verdict.is_sound, verdict.proved) == (True, 3)


def test_the_api_refuses_who_may_not_see_and_what_nobody_decided(till: Caller) -> None:
    enrolment = member(programme())
    own = till.post("/purchases", basket()).json()["id"]
    Caller("purchase.see").get(f"/purchases/{own}/receipt").problem(403, "denied")
    Caller("points.see", "purchase.see").get(f"/enrolments/{enrolment.id}/receipts").problem(403, "denied")
    nobodys = till.post("/purchases", basket(receipt_number="n", member=None)).json()["id"]
    till.get(f"/purchases/{nobodys}/receipt").problem(404, "no_decision")
    till.get(f"/purchases/{enrolment.id}/receipt").problem(404, "unknown_purchase")


def test_the_member_takes_her_own_and_nobody_elses() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    assert "Emporter la preuve" in client.get(f"/purchases/{shop.sale.purchase_id}/").content.decode()
    files = [(str(one), told(client, one)) for one in (shop.sale.purchase_id, shop.back.purchase_id)]
    verdict = verify_receipts([(name, read_receipts(text)) for name, text in files], [published()])
    assert codes(verdict) == []
    assert verdict.proved == 2
    other = newcomer(shop)
    theirs = buy(other, now(), shop.lyon, "R-9", MUG)
    assert client.get(f"/purchases/{theirs.purchase_id}/receipt/").status_code == 404


def told(client: Client, purchase_id: Any) -> str:
    answer = client.get(f"/purchases/{purchase_id}/receipt/")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert answer["Content-Disposition"] == f'attachment; filename="justificatif-{purchase_id}.json"'
    return answer.content.decode()


def test_the_console_gives_both_to_who_sees_decisions() -> None:
    shop = open_doors()
    client = signed_in(leonore())
    page = client.get(f"/console/purchases/{shop.sale.purchase_id}/").content.decode()
    one = f"/console/purchases/{shop.sale.purchase_id}/receipt/"
    whole = f"/console/customers/{shop.customer_id}/receipts/"
    assert one in page
    assert whole in page
    told_alone = json.loads(client.get(one).content)
    account = Purchase.objects.get(purchase_id=shop.sale.purchase_id).account_id
    chain = json.loads(client.get(f"{whole}{account}/").content)["receipts"]
    assert told_alone == chain[0]
    assert told_alone["version"]["number"] == ProgrammeVersion.objects.get(state="published").number
    other = newcomer(shop)
    assert client.get(f"/console/customers/{other}/receipts/{account}/").status_code == 404
    assert signed_in(pizarro()).get(f"{whole}{account}/").status_code == 403
