"""/purchases: recorded once, decided at once, told in one document; batches, returns, lists and reasons."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from fidelia.activity.models import Purchase
from fidelia.programme.models import Enrolment

from .caller import Caller, basket


def test_it_answers_with_what_is_recorded_and_the_points_it_gave(till: Caller, florestan: Enrolment) -> None:
    answer = till.post("/purchases", basket(total="49.40"))
    assert answer.status == 201, answer.json()
    said = answer.json()
    purchase = Purchase.objects.get()
    assert said["id"] == str(purchase.purchase_id)
    assert (said["total"], said["currency"], said["points"], said["points_currency"]) == ("49.40", "EUR", "134", "PTS")
    assert (said["balance_after"], said["programme"]) == ("134", "cercle")
    assert said["enrolment_id"] == str(florestan.id)
    assert said["occurred_at"] == "2026-03-02T09:15:00Z"
    assert [(line["product"], line["quantity"], line["net"], line["points"]) for line in said["lines"]] == [
        ("moka", "2.000", "34.90", "105"),
        ("mug", "1.000", "14.50", "29"),
    ]
    assert till.get(f"/purchases/{said['id']}").json() == said


def test_it_answers_to_the_byte_as_the_purchase_is_read_later(till: Caller, florestan: Enrolment) -> None:
    said = till.post("/purchases", basket())
    assert till.get(f"/purchases/{said.json()['id']}").body == said.body


def test_a_member_is_named_by_id_or_by_a_card_however_it_is_written(till: Caller, florestan: Enrolment) -> None:
    for member in ({"customer_id": str(florestan.customer_id)}, {"identity": "card:2990-4417 88200"}):
        said = till.post("/purchases", basket(member=member)).json()
        assert said["customer_id"] == str(florestan.customer_id)


def test_a_receipt_is_recorded_once_per_stream(till: Caller, florestan: Enrolment) -> None:
    assert till.post("/purchases", basket(receipt_number="1")).status == 201
    till.post("/purchases", basket(receipt_number="1")).problem(409, "receipt_known")
    assert till.post("/purchases", basket(receipt_number="1", source="web shop")).status == 201
    assert Caller().post("/purchases", basket(receipt_number="1")).status == 201


def test_who_may_record_is_answered_without_the_right_to_see(florestan: Enrolment) -> None:
    recorder = Caller("purchase.record")
    answer = recorder.post("/purchases", basket())
    assert answer.status == 201
    recorder.get(f"/purchases/{answer.json()['id']}").problem(403, "denied")


@pytest.mark.parametrize("line", [{"quantity": "-1"}, {"net": "-34.90"}])
def test_an_exchange_is_told_how_to_be_sent(till: Caller, line: dict[str, str]) -> None:
    lines = [*basket()["lines"], {"product": "moka", "quantity": "1", "net": "34.90", **line}]
    said = till.post("/purchases", basket(lines=lines, total=None)).problem(422, "invalid_request")
    assert "as a return, both with the number of the one receipt" in str(said)


def returned(**changes: Any) -> dict[str, Any]:
    return {"receipt_number": str(uuid4()), "occurred_at": "2026-03-02T10:25:00+01:00", **changes}


def test_a_return_takes_back_what_its_lines_gave(till: Caller, florestan: Enrolment) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    back = till.post(f"/purchases/{sale}/returns", returned(lines=[{"line_number": 1, "quantity": "1"}]))
    assert back.status == 201
    said = back.json()
    assert (said["kind"], said["returns_purchase_id"], said["total"]) == ("return", sale, "-17.45")
    assert [(line["quantity"], line["returns_line_number"]) for line in said["lines"]] == [("-1.000", 1)]
    assert int(said["points"]) in (-52, -53)
    rest = till.post(f"/purchases/{sale}/returns", returned()).json()
    assert int(said["points"]) + int(rest["points"]) == -134
    assert rest["balance_after"] == "0"


@pytest.mark.parametrize(
    ("lines", "code", "status", "pointer"),
    [
        ([{"line_number": 2, "quantity": "1.001"}], "more_than_bought", 409, "/lines/0/quantity"),
        ([{"line_number": 2, "quantity": "0"}], "more_than_bought", 409, "/lines/0/quantity"),
        ([{"line_number": 3}], "malformed_lines", 422, "/lines/0/line_number"),
        ([{"line_number": 1}, {"line_number": 1}], "malformed_lines", 422, "/lines/1/line_number"),
        ([{"line_number": 0}], "invalid_request", 422, "/lines/0/line_number"),
    ],
)
def test_more_than_was_bought_is_not_taken_back(
    till: Caller, florestan: Enrolment, lines: list[Any], code: str, status: int, pointer: str
) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    problem = till.post(f"/purchases/{sale}/returns", returned(lines=lines)).problem(status, code)
    assert problem["pointer"] == pointer
    assert Purchase.objects.count() == 1


def test_a_return_is_neither_returned_nor_dated_ahead(till: Caller, florestan: Enrolment) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    ahead = returned(occurred_at="2026-03-02T12:00:00Z")
    till.post(f"/purchases/{sale}/returns", ahead).problem(422, "occurred_in_future")
    back = till.post(f"/purchases/{sale}/returns", returned()).json()["id"]
    till.post(f"/purchases/{sale}/returns", returned()).problem(409, "more_than_bought")
    till.post(f"/purchases/{back}/returns", returned()).problem(409, "not_a_sale")


def test_a_batch_records_each_row_by_itself(till: Caller, florestan: Enrolment) -> None:
    rows = [
        basket(),
        basket(currency="USD"),
        {"receipt_number": "bad", "lines": [{"net": 1}]},
        basket(member={"identity": "card:nobody"}),
        basket(),
    ]
    answer = till.post("/purchases/batches", {"purchases": rows}, key="b")
    said = answer.json()
    assert answer.status == 200
    assert (said["recorded"], said["replayed"], said["refused"]) == (2, 0, 3)
    assert [row["status"] for row in said["rows"]] == [201, 422, 422, 404, 201]
    assert [row["index"] for row in said["rows"]] == [0, 1, 2, 3, 4]
    problems = [row["problem"] for row in said["rows"]]
    assert [problem and problem["code"] for problem in problems] == [
        None, "wrong_currency", "invalid_request", "unknown_member", None
    ]  # fmt: skip
    assert "/purchases/2/lines/0/net" in {mistake["pointer"] for mistake in problems[2]["errors"]}
    assert problems[1]["pointer"] == "/purchases/1/currency"
    assert Purchase.objects.count() == 2


def test_a_batch_sent_again_tries_again_only_what_was_refused(till: Caller, florestan: Enrolment) -> None:
    rows = [basket(), basket(member={"identity": "card:29999"})]
    first = till.post("/purchases/batches", {"purchases": rows}, key="b").json()
    till.post("/customers", {"identities": ["card:29999"]})
    till.post("/enrolments", {"customer_id": till.get("/customers?identity=card:29999").json()["data"][0]["id"]})
    again = till.post("/purchases/batches", {"purchases": rows}, key="b").json()
    assert (first["recorded"], first["refused"]) == (1, 1)
    assert (again["recorded"], again["replayed"], again["refused"]) == (1, 1, 0)
    assert again["rows"][0]["purchase"] == first["rows"][0]["purchase"]
    third = till.post("/purchases/batches", {"purchases": rows}, key="b")
    assert third.headers["Idempotency-Replayed"] == "true"


def test_a_batch_has_a_limit_and_a_key_of_its_own(till: Caller, florestan: Enrolment) -> None:
    till.post("/purchases/batches", {"purchases": [{}] * 1_001}).problem(422, "invalid_request")
    till.post("/purchases/batches", {"purchases": []}).problem(422, "invalid_request")
    till.post("/purchases/batches", {"purchases": [{}]}, key="x" * 251).problem(400, "malformed_idempotency_key")


def test_a_list_is_paged_from_the_newest_and_skips_nothing(till: Caller, florestan: Enrolment) -> None:
    moments = ["2026-03-01T08:00:00Z", "2026-02-01T08:00:00Z", "2026-03-01T08:00:00Z", "2026-02-20T08:00:00Z"]
    for moment in moments:
        till.post("/purchases", basket(occurred_at=moment))
    till.post("/purchases", basket(member=None))
    path, seen = f"/purchases?customer_id={florestan.customer_id}&limit=3", []
    page = till.get(path).json()
    while True:
        seen += [(row["occurred_at"], row["id"]) for row in page["data"]]
        assert all(row["lines"] for row in page["data"])
        if page["next"] is None:
            break
        page = till.get(f"{path}&after={page['next']}").json()
    assert [moment for moment, _id in seen] == sorted(moments, reverse=True)
    assert seen == sorted(seen, reverse=True)
    assert len(till.get("/purchases").json()["data"]) == 5


def test_a_cursor_of_another_list_is_refused(till: Caller, florestan: Enrolment) -> None:
    for _ in range(2):
        till.post("/purchases", basket())
    cursor = till.get("/purchases?limit=1").json()["next"]
    till.get(f"/enrolments/{florestan.id}/entries?after={cursor}").problem(422, "malformed_cursor")
    till.get(f"/purchases?after={cursor[:-1]}{'a' if cursor[-1] != 'a' else 'b'}").problem(422, "malformed_cursor")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,en;q=0.9", "fr"),
        ("de, en;q=0.5, fr;q=0.4", "en"),
        ("de", "en"),
        ("", "en"),
        ("fr;q=x", "en"),
    ],
)
def test_why_is_told_in_the_language_asked_for(
    till: Caller, florestan: Enrolment, accepted: str, language: str
) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    answer = till.get(f"/purchases/{sale}/decision", **{"Accept-Language": accepted})
    said = answer.json()
    assert (said["language"], answer.headers["Content-Language"]) == (language, language)
    assert {one["rule"]: one["points"] for one in said["candidates"]} == {"base": "49", "coffee": "35", "first": "50"}
    text = " ".join(said["sentences"])
    assert ("Un point par euro" if language == "fr" else "One point per euro") in text
    assert all(one["reason"] for one in said["candidates"])


def test_an_anonymous_purchase_has_no_reasons(till: Caller, florestan: Enrolment) -> None:
    sale = till.post("/purchases", basket(member=None)).json()
    assert (sale["points"], sale["customer_id"]) == ("0", None)
    said = till.get(f"/purchases/{sale['id']}/decision").json()
    assert (said["sentences"], said["candidates"]) == ([], [])


def test_reasons_need_their_own_right(till: Caller, florestan: Enrolment) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    Caller("purchase.see").get(f"/purchases/{sale}/decision").problem(403, "denied")
