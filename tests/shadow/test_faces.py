"""Shadow mode by its faces: the till's own feed, the vendor's file in the console, going live, and who may not."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fidelia.activity.models import Purchase
from fidelia.ledger.models import Entry
from fidelia.shadow.models import Shadow, ShadowPurchase
from tests.api.caller import Caller, basket
from tests.cast import AT, leonore, pizarro
from tests.console.test_customers import signed_in
from tests.programme.cast import member, programme

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/programmes/cercle/shadow/"


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Caller:
    """The key of the till's feed, of a programme in shadow."""
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: AT)
    member(programme())
    Caller("programme.publish", "programme.see").post("/programmes/cercle/shadow", {"vendor": "Fidelix"})
    return Caller("purchase.shadow")


def test_the_tills_own_feed_is_judged_and_recorded_from_the_cut_over_on(feed: Caller) -> None:
    answer = feed.post("/purchases", basket(receipt_number="R1"))
    assert (answer.status, answer.json()["points"], answer.json()["granted"]) == (202, "134", "0")
    assert (Purchase.objects.count(), Entry.objects.count()) == (0, 0)
    director = Caller("programme.publish", "programme.see")
    refused = director.post("/programmes/cercle/shadow/cut-over", {"points_of_vendor": "10"})
    refused.problem(409, "not_reconciled")
    assert director.post("/programmes/cercle/shadow/cut-over", {"points_of_vendor": "0"}).status == 201
    live = feed.post("/purchases", basket(receipt_number="R2"))
    assert (live.status, live.json()["points"]) == (201, "134")
    assert Purchase.objects.get().receipt_number == "R2"
    assert ShadowPurchase.objects.get().receipt_number == "R1"


def test_grants_are_told_and_differences_listed(feed: Caller) -> None:
    feed.post("/purchases", basket(receipt_number="R1"))
    grants = {"grants": [{"receipt_number": "R1", "points": "99"}, {"receipt_number": "R8", "points": "5"}]}
    assert feed.post("/programmes/cercle/shadow/grants", grants).json() == {"told": 2, "changed": 0}
    reader = Caller("programme.see")
    said = reader.get("/programmes/cercle/shadow").json()
    assert (said["judged"], said["told"], said["waiting"]) == (1, 2, 1)
    only_there = reader.get("/programmes/cercle/shadow/differences?cause=unknown_here").json()["data"]
    assert [(each["receipt_number"], each["points_there"]) for each in only_there] == [("R8", "5")]
    reader.post("/programmes/cercle/shadow/grants", grants).problem(403, "denied")
    reader.post("/programmes/cercle/shadow", {"vendor": "x"}).problem(403, "denied")
    Caller("purchase.shadow").get("/programmes/cercle/shadow").problem(403, "denied")


def test_before_any_shadow_such_a_key_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: AT)
    member(programme())
    Caller("purchase.shadow").post("/purchases", basket()).problem(404, "no_shadow")
    assert not Purchase.objects.exists()


def test_the_console_begins_brings_in_and_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: AT)
    member(programme())
    client = signed_in(leonore())
    assert "Name of the present vendor" in client.get(PAGE).content.decode()
    client.post(PAGE, {"act": "begin", "vendor": "Fidelix"})
    for number in ("R1", "R2"):
        Caller("purchase.shadow").post("/purchases", basket(receipt_number=number))
    file = SimpleUploadedFile("grants.csv", b"receipt_number;points\nR1;134\nR2;500\nR3;12\n")
    client.post(PAGE, {"act": "tell", "file": file})
    page = client.get(PAGE).content.decode()
    for said in ("Beside Fidelix", "Rule that is missing here", "the till did not send", "Nothing is granted",
                 "Of receipts that both know.", 'href="?cause=rule_not_here#f-differences"'):  # fmt: skip
        assert said in page, said
    assert "R2" in client.get(PAGE, {"cause": "rule_not_here"}).content.decode()
    bad = client.post(PAGE, {"act": "tell", "file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}, follow=True)
    assert "UTF-8" in bad.content.decode()
    refused = client.post(PAGE, {"act": "cut-over", "points": "7"}, follow=True, headers={"Accept-Language": "fr"})
    assert "vendor says" in refused.content.decode()
    client.post(PAGE, {"act": "cut-over", "points": "0"})
    assert Shadow.objects.get().ended_at is not None


def test_who_may_not_begins_nothing() -> None:
    member(programme())
    signed_in(pizarro()).post(PAGE, {"act": "begin", "vendor": "x"})
    assert not Shadow.objects.exists()
