"""Each member of a basket and of a rule's effect with a value that it cannot have: a refusal with its place."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from fidelia.activity.models import Checkout, Purchase
from fidelia.rewards.models import GiftCard
from tests.programme.cast import member, programme

from .caller import Caller

TAX = {"name": "vat20", "rate": "20", "compound": False, "included": False}
BASKET: dict[str, Any] = {
    "currency": "EUR",
    "member": {"identity": "card:2990441788200"},
    "lines": [
        {
            "product": "moka",
            "quantity": "2",
            "unit_price": "17.45",
            "lowest_price": "5.00",
            "taxes": [TAX, {**TAX, "name": "deposit", "included": True}],
            "unit_taxes": [{"name": "eco", "amount": "0.10", "included": False, "taxed": True}],
        },
        {
            "product": "giftcard",
            "quantity": "1",
            "unit_price": "50.00",
            "gift_card": {"code": "RACK00001234", "valid_until": "2028-01-31"},
        },
    ],
    "shipping": {"amount": "4.90", "taxes": [TAX]},
    "claims": {"tea": 1},
    "choices": {"tea": "mug"},
}
NO_TEXT, NO_FLAG, NO_LIST = (1, True, [], {}, None), (1, "true", [], {}), (1, "x", {}, [1], [None])
NO_AMOUNT = (5, -1, 1.5, True, [], {}, "", "x", "-1", "1e5", "١٢", "5.001", "99999999999999999999")
WRONG: dict[str, tuple[Any, ...]] = {
    "/lines/0/lowest_price": NO_AMOUNT,
    "/lines/0/taxes": (*NO_LIST[:3], [TAX] * 6),
    "/lines/0/taxes/0/name": (*NO_TEXT, "", "x" * 41, "\0"),
    "/lines/0/taxes/0/rate": (20, None, True, "", "-1", "x", "5,5", "1.0000001", "99999", "1001"),
    "/lines/0/taxes/0/compound": NO_FLAG,
    "/lines/0/taxes/0/included": NO_FLAG,
    "/lines/0/unit_taxes/0/amount": (*NO_AMOUNT, None),
    "/lines/0/unit_taxes/0/included": (*NO_FLAG, None),
    "/lines/0/unit_taxes/0/taxed": (*NO_FLAG, None),
    "/lines/1/gift_card": (1, "RACK00001234", [], True),
    "/lines/1/gift_card/code": (1, [], "", "x" * 81, "é", "\0"),
    "/lines/1/gift_card/valid_until": (
        20280131,
        "2028-02-30",
        "31/01/2028",
        "2028-01-31T00:00:00Z",
        "",
        [],
        "2026-01-01",
        "0001-01-01",
        "9999-12-31",
    ),
    "/lines/1": tuple({**BASKET["lines"][1], "quantity": text} for text in ("2", "0.5", "0")),
    "/shipping/amount": (*NO_AMOUNT, None),
    "/claims/tea": (-1, 0, "1", 1.5, None, 10**30),
    "/choices/tea": (1, None, "", [], {}),
}


def changed(pointer: str, value: Any) -> dict[str, Any]:
    body = deepcopy(BASKET)
    *path, last = [int(part) if part.isdigit() else part for part in pointer.split("/")[1:]]
    place: Any = body
    for part in path:
        place = place[part]
    place[last] = value
    return body


@pytest.fixture
def seller() -> Caller:
    member(programme())
    return Caller("purchase.record", "gift_card.sell")


@pytest.mark.django_db
@pytest.mark.parametrize("pointer", WRONG)
def test_a_member_of_a_basket_is_refused_where_it_is_wrong_and_nothing_is_written(seller: Caller, pointer: str) -> None:
    for n, value in enumerate(WRONG[pointer]):
        for path, body in (
            ("/checkouts:evaluate", changed(pointer, value)),
            (f"/checkouts/T-{n}/closure", {"basket": changed(pointer, value)}),
        ):
            answer = seller.post(path, body)
            assert 400 <= answer.status < 500, (path, value, answer.json())
            problem = answer.json()
            places = [problem.get("pointer"), *[each.get("pointer") for each in problem.get("errors", [])]]
            # A part that is only wrong beside its neighbours is told with the place that holds them.
            told = [place.removeprefix("/basket") for place in places if place]
            assert any(pointer.startswith(place) or place.startswith(pointer) for place in told), (path, value, problem)
            assert told != ["/lines"], (path, value, problem)
    assert (Checkout.objects.count(), Purchase.objects.count(), GiftCard.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_the_basket_itself_is_sold_with_all_its_members(seller: Caller) -> None:
    closed = seller.post("/checkouts/T-1/closure", {"basket": BASKET})
    assert closed.status == 201, closed.json()
    assert [one["kind"] for one in closed.json()["issued"]] == ["gift_card"]
    assert GiftCard.objects.get().balance == 5000
