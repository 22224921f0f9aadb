"""Custom fields: what a house keeps of its customers, by form, file and rule; and what becomes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.customers import privacy
from fidelia.customers.errors import (
    FieldTypeFixed,
    MalformedFieldKey,
    TextTooLong,
    UnknownChoice,
    UnknownField,
    WrongFieldValue,
)
from fidelia.customers.models import Customer, FactChange, Trait, TraitDefinition
from fidelia.customers.operations import (
    NewCustomer,
    add_customer,
    define_custom_field,
    define_segment,
    refresh_segment,
    update_customer,
)
from fidelia.customers.queries import custom_values_of_each_at, list_custom_fields, member_ids_at
from fidelia.intake.kinds import get_import_kind
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.persons.operations import merge_customers
from tests.cast import PIZARRO, SYSTEM

from .files import brought_in, counts, reasons, undone, write
from .people import added

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(days=3)
pytestmark = pytest.mark.django_db(transaction=True)


def define(key: str, type: str, *choices: str, **more: Any) -> TraitDefinition:
    label = LocalizedText(en=key.replace("_", " ").capitalize(), fr=f"Le {key}")
    return define_custom_field(by=SYSTEM, at=AT, key=key, type=type, label=label, choices=choices, **more)


@pytest.fixture
def fields() -> None:
    define("skin", "list", "dry", "oily")
    define("shoe_size", "number")
    define("has_pet", "flag")
    define("wedding_on", "day")
    define("allergy", "text")


def held(customer: Customer, at: datetime = AT) -> dict[str, Any]:
    return custom_values_of_each_at([customer.id], at)[customer.id]


def change(customer: Customer, at: datetime = AT, **custom: Any) -> None:
    update_customer(by=SYSTEM, at=at, customer_id=customer.id, changes={}, custom=custom, source="console")


def customer(number: str) -> Customer:
    return Customer.objects.get(identities__scheme="external", identities__value=number)


def test_each_type_is_kept_as_it_is(fields: None) -> None:
    one = added()
    change(one, skin="DRY", shoe_size=38, has_pet=False, wedding_on="2020-06-01", allergy=" nickel ")
    assert held(one) == {
        "skin": "dry", "shoe_size": 38, "has_pet": False, "wedding_on": date(2020, 6, 1), "allergy": "nickel"
    }  # fmt: skip


def test_each_value_is_kept_with_the_former_and_its_source(fields: None) -> None:
    one = added()
    change(one, has_pet=True)
    change(one, LATER, has_pet=False, shoe_size=40)
    change(one, LATER, has_pet=False)
    told = FactChange.objects.order_by("id").values_list("fact", "former", "value", "source")
    assert list(told) == [
        ("custom.has_pet", "", "yes", "console"),
        ("custom.has_pet", "yes", "no", "console"),
        ("custom.shoe_size", "", "40", "console"),
    ]
    assert (held(one), held(one, LATER)) == ({"has_pet": True}, {"has_pet": False, "shoe_size": 40})
    assert Customer.objects.get(pk=one.id).updated_at == LATER


def test_nothing_empties_a_field(fields: None) -> None:
    one = added()
    change(one, skin="oily")
    change(one, LATER, skin=None)
    assert held(one, LATER) == {}


@pytest.mark.parametrize(
    ("key", "value", "pointer"),
    [
        ("skin", "greasy", "/custom/skin"),
        ("skin", 3, "/custom/skin"),
        ("shoe_size", 38.5, "/custom/shoe_size"),
        ("shoe_size", True, "/custom/shoe_size"),
        ("shoe_size", 10**12 + 1, "/custom/shoe_size"),
        ("has_pet", "yes", "/custom/has_pet"),
        ("wedding_on", "1 June", "/custom/wedding_on"),
        ("allergy", "x" * 201, "/custom/allergy"),
    ],
)
def test_a_value_of_another_kind_is_refused_and_nothing_written(
    fields: None, key: str, value: Any, pointer: str
) -> None:
    one = added()
    with pytest.raises(WrongFieldValue) as refused:
        change(one, has_pet=True, **{key: value}) if key != "has_pet" else change(one, has_pet=value)
    assert refused.value.pointer == pointer
    assert (Trait.objects.count(), FactChange.objects.count()) == (0, 0)


def test_a_field_that_is_not_kept_is_refused() -> None:
    with pytest.raises(UnknownField):
        change(added(), hat_size=7)


def test_who_may_not_change_the_customer_fills_in_nothing(fields: None) -> None:
    one = added()
    with pytest.raises(Denied):
        update_customer(by=PIZARRO, at=AT, customer_id=one.id, changes={}, custom={"shoe_size": 3}, source="api")
    assert Trait.objects.count() == 0


def test_a_new_customer_comes_with_values_since_they_came(fields: None) -> None:
    new = NewCustomer(source="web", family_name="Rocco", acquired_at=AT - timedelta(days=400), custom={"skin": "dry"})
    one = add_customer(by=SYSTEM, at=AT, customer=new)
    assert held(one, AT - timedelta(days=399)) == {"skin": "dry"}


@pytest.mark.parametrize(
    ("key", "type", "choices", "error"),
    [
        ("Skin", "text", (), MalformedFieldKey),
        ("a__b", "text", (), MalformedFieldKey),
        ("x" * 33, "text", (), MalformedFieldKey),
        ("skin", "colour", (), UnknownChoice),
        ("skin", "list", (), UnknownChoice),
        ("skin", "list", ("x" * 101,), TextTooLong),
    ],
)
def test_a_field_that_rules_could_not_read_is_refused(
    key: str, type: str, choices: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        define(key, type, *choices)
    assert TraitDefinition.objects.count() == 0


def test_who_may_not_define_defines_nothing() -> None:
    with pytest.raises(Denied):
        define_custom_field(by=PIZARRO, at=AT, key="a", type="text", label=LocalizedText(en="A", fr="A"))


def test_a_field_with_values_keeps_its_type_and_the_choices_in_use(fields: None) -> None:
    change(added(), skin="dry", shoe_size=38)
    with pytest.raises(FieldTypeFixed):
        define("shoe_size", "text")
    with pytest.raises(FieldTypeFixed):
        define("skin", "list", "oily")
    assert define("skin", "list", "dry", "mixed").choices == ["dry", "mixed"]
    with pytest.raises(FieldTypeFixed, match="A list stays a list"):
        define("skin", "text")


def test_a_retired_field_is_offered_no_more_and_keeps_its_values(fields: None) -> None:
    one = added()
    change(one, shoe_size=38)
    define("shoe_size", "number", retired=True)
    assert "custom.shoe_size" not in {field.name for field in list_custom_fields()}
    assert held(one) == {"shoe_size": 38}


def test_a_segment_asks_for_it(fields: None) -> None:
    dry, oily, _nobody = (added(identities=()) for _ in range(3))
    change(dry, skin="dry", shoe_size=41)
    change(oily, skin="oily", shoe_size=41)
    segment = define_segment(
        by=SYSTEM, at=AT, key="dry", name=LocalizedText(en="Dry", fr="Sèche"),
        condition='has(custom.skin) && custom.skin == "dry" && has(custom.shoe_size) && custom.shoe_size > 40',
    )  # fmt: skip
    refresh_segment(by=SYSTEM, at=LATER, segment_id=segment.id)
    assert set(member_ids_at(segment.id, LATER)) == {dry.id}


def test_a_merged_record_hands_its_values_on_and_gives_them_up(fields: None) -> None:
    former, one = added(), added(identities=())
    change(former, shoe_size=38)
    merge_customers(by=SYSTEM, at=AT, customer_id=former.id, into=one.id, reason="the same")
    assert held(one) == {"shoe_size": 38}
    by_row = Trait.objects.filter(valid_until__isnull=True).values_list("customer_id", flat=True)
    assert set(by_row) == {former.id, one.id}
    change(one, LATER, shoe_size=None)
    assert held(one, LATER) == {}


def test_they_are_given_out_and_erased_with_the_person(fields: None) -> None:
    one = added()
    change(one, allergy="nickel")
    given = privacy.collect([one.id])["traits"]
    assert [(row["name"], row["text"]) for row in given] == [("custom.allergy", "nickel")]
    with transaction_of_use_case():
        privacy.erase([one.id], at=LATER)
    assert (Trait.objects.count(), FactChange.objects.count()) == (0, 0)


HEADER = "external_id,family_name,acquired_on,custom.skin,custom.shoe_size,custom.has_pet,custom.wedding_on"


def test_a_file_fills_them_in(fields: None, tmp_path: Path) -> None:
    path = write(
        tmp_path, HEADER, "C1,Rocco,2024-01-05,Dry,38,oui,2020-06-12", "C2,Marzelline,,,,,", "C3,Jaquino,,greasy,1,x,",
        "C4,Pizarro,,oily,38.5,no,", "C5,Fernando,,oily,3,perhaps,", "C6,Florestan,,oily,3,no,2020-02-31",
    )  # fmt: skip
    done = brought_in(path, "customers", at=AT)
    assert counts(done) == {"recorded": 2, "known": 0, "double": 0, "rejected": 4}
    told = {"skin": "dry", "shoe_size": 38, "has_pet": True, "wedding_on": date(2020, 6, 12)}
    assert held(customer("C1")) == told
    assert held(customer("C1"), datetime(2024, 2, 1, tzinfo=UTC)) == told
    assert reasons(done) == {
        3: "custom.skin: “greasy” is none of the choices of the field.",
        4: "custom.shoe_size: “38.5” is not a whole number.",
        5: "“perhaps” is neither yes nor no.",
        6: "“2020-02-31” is out of the calendar.",
    }


@pytest.mark.parametrize(
    ("policy", "expected"), [("keep", (38, None)), ("fill", (38, True)), ("overwrite", (40, True))]
)
def test_known_customers_are_filled_in_as_the_file_may(
    fields: None, tmp_path: Path, policy: str, expected: tuple[Any, Any]
) -> None:
    brought_in(write(tmp_path, HEADER, "C1,Rocco,,,38,,"), "customers", at=AT)
    again = write(tmp_path, HEADER, "C1,Rocco,,,40,oui,")
    brought_in(again, "customers", at=LATER, known_customers=policy)
    now = held(customer("C1"), LATER)
    assert (now["shoe_size"], now.get("has_pet")) == expected


def test_taking_the_file_back_puts_former_values_back_unless_they_changed_since(fields: None, tmp_path: Path) -> None:
    brought_in(write(tmp_path, HEADER, "C1,Rocco,,dry,38,,"), "customers", at=AT)
    path = write(tmp_path, HEADER, "C1,Rocco,,oily,40,oui,")
    done = brought_in(path, "customers", at=LATER, known_customers="overwrite")
    change(customer("C1"), LATER + timedelta(days=1), shoe_size=41)
    back = undone(done, at=LATER + timedelta(days=2))
    assert (back.totals["undone"]["facts_put_back"], back.totals["undone"]["facts_kept"]) == (2, 1)
    assert held(customer("C1"), LATER + timedelta(days=2)) == {"skin": "dry", "shoe_size": 41}


def test_the_same_file_twice_changes_nothing(fields: None, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, "C1,Rocco,,dry,38,oui,2020-06-12")
    brought_in(path, "customers", at=AT)
    again = brought_in(path, "customers", at=LATER, known_customers="overwrite")
    assert counts(again) == {"recorded": 0, "known": 1, "double": 0, "rejected": 0}
    assert FactChange.objects.count() == 0


def test_files_offer_each_field_as_a_column_by_its_names(fields: None) -> None:
    for target in ("customers", "members"):
        column = get_import_kind(target).target.column("custom.shoe_size")
        assert column.synonyms == ("Shoe size", "Le shoe_size", "shoe size")


def test_the_day_that_databases_write_for_none_is_nothing(fields: None, tmp_path: Path) -> None:
    rows = [
        f"C{place},Rocco,,,,,{day}" for place, day in enumerate(("0000-00-00", "00/00/0000", "0000-00-00 00:00:00"))
    ]
    done = brought_in(write(tmp_path, HEADER, *rows), "customers", at=AT)
    assert counts(done) == {"recorded": 3, "known": 0, "double": 0, "rejected": 0}
    assert held(customer("C0")) == {}
