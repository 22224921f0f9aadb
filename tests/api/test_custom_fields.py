"""Custom fields by the API: declared, filled in, read back, refused."""

from __future__ import annotations

import pytest

from fidelia.customers.models import FactChange, TraitDefinition

from .caller import TILL_RIGHTS, Caller

SKIN = {"type": "list", "label": {"en": "Skin type", "fr": "Type de peau"}, "choices": ["dry", "oily"]}
SIZE = {"type": "number", "label": {"en": "Shoe size", "fr": "Pointure"}}
DAY = {"type": "day", "label": {"en": "Wedding", "fr": "Mariage"}}


@pytest.fixture
def office(db: None) -> Caller:
    caller = Caller(*TILL_RIGHTS, "customer.define_trait")
    for key, field in (("skin_type", SKIN), ("shoe_size", SIZE), ("wedding_on", DAY)):
        assert caller.put(f"/custom-fields/{key}", field).status == 200
    return caller


def test_a_field_is_declared_and_changed(office: Caller) -> None:
    kept = {"key": "skin_type", **SKIN, "retired": False}
    assert office.put("/custom-fields/skin_type", SKIN).json() == kept
    more = {**SKIN, "choices": ["dry", "oily", "mixed"], "retired": True}
    assert office.put("/custom-fields/skin_type", more).json() == {"key": "skin_type", **more}
    listed = office.get("/custom-fields").json()["data"]
    assert [(one["key"], one["retired"]) for one in listed] == [
        ("shoe_size", False), ("skin_type", True), ("wedding_on", False)
    ]  # fmt: skip


def test_a_customer_is_added_and_changed_with_values(office: Caller) -> None:
    said = {"skin_type": "Dry", "wedding_on": "2020-06-12", "shoe_size": 42}
    new = office.post("/customers", {"family_name": "Rocco", "custom": said}, key="k")
    assert (new.status, new.json()["custom"]) == (201, {**said, "skin_type": "dry"})
    again = office.post("/customers", {"family_name": "Rocco", "custom": said}, key="k")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (new.json(), "true")
    path = f"/customers/{new.json()['id']}"
    changed = office.patch(path, {"custom": {"skin_type": None, "shoe_size": 43}}).json()
    assert changed["custom"] == {"wedding_on": "2020-06-12", "shoe_size": 43}
    assert office.get(path).json()["custom"] == changed["custom"]
    assert [one["custom"] for one in office.get("/customers").json()["data"]] == [changed["custom"]]
    assert FactChange.objects.count() == 2


@pytest.mark.parametrize(
    ("custom", "code"),
    [
        ({"skin_type": "greasy"}, "wrong_field_value"),
        ({"shoe_size": True}, "wrong_field_value"),
        ({"hat_size": 3}, "unknown_field"),
        ({"Hat": 3}, "invalid_request"),
        ({"shoe_size": 38.5}, "invalid_request"),
    ],
)
def test_a_wrong_value_adds_nobody(office: Caller, custom: dict[str, object], code: str) -> None:
    office.post("/customers", {"family_name": "Rocco", "custom": custom}).problem(422, code)
    assert office.get("/customers").json()["data"] == []


def test_a_till_declares_no_field(till: Caller) -> None:
    till.put("/custom-fields/skin_type", SKIN).problem(403, "denied")
    assert not TraitDefinition.objects.exists()
