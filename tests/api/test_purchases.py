"""/purchases: recorded once, decided at once, told in one document."""

from __future__ import annotations

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
