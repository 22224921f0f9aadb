"""Custom fields in the console: declared in Settings or by a file, filled in, shown, filtered, exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from fidelia.customers.models import Customer, TraitDefinition
from fidelia.customers.operations import define_custom_field, update_customer
from fidelia.customers.queries import custom_values_of_each_at
from fidelia.files.queries import open_file
from fidelia.intake.models import Import
from fidelia.jobs.models import Job
from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from tests.cast import AT, SYSTEM, leonore, rocco
from tests.customers.people import added

from .shop import Shop, shop
from .test_customers import signed_in, text_of
from .test_imports import hand_in, page, words, work

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = "/console/settings/fields/"
SKIN = {"label_fr": "Type de peau", "label_en": "Skin type", "type": "list", "choices": "dry\n oily \n\n"}
FILE = (
    "Code client;Nom;Prénom;Type de peau;Pointure;Newsletter papier;Parrainé le;Surnom\n"
    "C1;Rocco;Jean;sèche;38;oui;12/06/2020;Jo\n"
    "C2;Marzel;Line;grasse;41;non;25/12/2021;Lili\n"
    "C3;Jaquino;Paul;Sèche;39;non;;Paulo\n"
    "C4;Fernando;Luc;sèche;42;oui;01/03/2022;Lulu\n"
    "C5;Pizarro;Léa;grasse;37;oui;13/03/2022;Léa\n"
    "C6;Léonore;Eve;grasse;37;oui;14/03/2022;Evy\n"
).encode()


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()


def define(key: str, type: str, *choices: str) -> None:
    label = LocalizedText(en=f"{key} en", fr=f"{key} fr")
    define_custom_field(by=SYSTEM, at=AT, key=key, type=type, label=label, choices=choices)


def test_a_field_is_declared_changed_and_retired() -> None:
    client = signed_in(leonore())
    assert "No custom field yet" in text_of(client.get(FIELDS))
    assert client.post(f"{FIELDS}new/", SKIN)["Location"] == FIELDS
    kept = TraitDefinition.objects.get()
    assert (kept.name, kept.type, kept.choices) == ("custom.skin_type", "text", ["dry", "oily"])
    client.post(f"{FIELDS}skin_type/", {**SKIN, "choices": "dry\noily\nmixed", "retired": "on"})
    kept.refresh_from_db()
    assert (kept.choices, kept.retired_at is not None) == (["dry", "oily", "mixed"], True)
    listed = text_of(client.get(FIELDS))
    assert "Skin type" in listed
    assert "Offered no more" in listed


def test_what_cannot_be_stands_at_its_field() -> None:
    client = signed_in(leonore())
    refused = client.post(f"{FIELDS}new/", {**SKIN, "choices": ""})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["choices"])
    refused = client.post(f"{FIELDS}new/", {**SKIN, "key": "Type de peau"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["key"])
    client.post(f"{FIELDS}new/", SKIN)
    refused = client.post(f"{FIELDS}new/", SKIN)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["key"])
    assert client.get(f"{FIELDS}nothing/").status_code == 422


def test_who_may_not_declare_fields_reaches_no_form() -> None:
    client = signed_in(rocco())
    assert client.get(f"{FIELDS}new/").status_code == 403
    assert client.post(f"{FIELDS}new/", SKIN).status_code == 403
    assert not TraitDefinition.objects.exists()


def test_a_colleague_fills_them_in_on_the_record(shop: Shop) -> None:
    define("skin", "list", "dry", "oily")
    define("size", "number")
    define("pet", "flag")
    client = shop.client(shop.leonore)
    one = added()
    edit = reverse("console:customer-edit", args=[one.id])
    form = client.get(edit).context["form"]
    said = {name: form[name].value() or "" for name in form.fields}
    assert (said["custom-skin"], said["custom-pet"]) == ("", "")
    client.post(edit, {**said, "custom-skin": "oily", "custom-size": "38", "custom-pet": "no"})
    assert custom_values_of_each_at([one.id], clock.now())[one.id] == {"skin": "oily", "size": 38, "pet": False}
    record = text_of(client.get(reverse("console:customer-record", args=[one.id])))
    assert "<dt>skin fr</dt><dd>oily</dd>" in record
    assert "<dt>pet fr</dt><dd>non</dd>" in record
    client.post(edit, {**said, "custom-skin": "", "custom-size": "38", "custom-pet": "no"})
    assert custom_values_of_each_at([one.id], clock.now())[one.id] == {"size": 38, "pet": False}
    history = text_of(client.get(reverse("console:customer-history", args=[one.id])))
    assert "skin fr" in history
    refused = client.post(edit, {**said, "custom-size": "many"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["custom-size"])


def test_the_list_shows_narrows_and_exports_them(shop: Shop) -> None:
    define("skin", "list", "dry", "oily")
    define("pet", "flag")
    client = shop.client(shop.leonore)
    dry, oily, nobody = (added(identities=()) for _ in range(3))
    for one, value, pet in ((dry, "dry", True), (oily, "oily", True)):
        update_customer(
            by=SYSTEM, at=clock.now(), customer_id=one.id, changes={}, custom={"skin": value, "pet": pet}, source="web"
        )
    client.post(reverse("console:customer-columns"), {"column": ["town", "custom.skin"], "query": ""})
    listed = client.get("/console/customers/")
    assert ("custom.skin", "dry") in {cell for row in listed.context["rows"] for cell in row.custom}
    narrowed = client.get("/console/customers/?custom.skin=dry&custom.pet=yes")
    assert [row.customer.id for row in narrowed.context["rows"]] == [dry.id]
    assert "skin fr est" in text_of(narrowed)
    assert len(client.get("/console/customers/?custom.pet=yes").context["rows"]) == 2
    client.post(reverse("console:customer-export"), {"query": "custom.skin=oily", "all": "1"})
    work()
    file_id = (Job.objects.get(kind="customer.export").result or {})["file_id"]
    with open_file(file_id) as stream:
        rows = stream.read().decode("utf-8-sig").splitlines()
    assert rows[0].endswith(";points;custom.pet;custom.skin")
    assert [(line.split(";")[0], *line.split(";")[-2:]) for line in rows[1:]] == [(str(oily.id), "yes", "oily")]
    assert nobody.id not in {row.customer.id for row in narrowed.context["rows"]}


def opened(client: Client) -> Import:
    hand_in(client, FILE, "clients.csv")
    return Import.objects.get()


def sent(client: Client, found: Import, **more: str) -> Any:
    html = client.get(reverse("console:import-columns", args=[found.id]))
    mapped = {f"column-{row.place}": row.known for row in html.context["rows"]}
    said = {one.name: str(one.value or "") for one in html.context["options"]}
    data = {"target": "customers", **mapped, **said, **more}
    return client.post(reverse("console:import-columns", args=[found.id]), data, follow=True)


def test_a_file_offers_its_own_columns_and_all_are_kept_at_once(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    found = opened(client)
    shown = client.get(reverse("console:import-columns", args=[found.id]))
    offered = {row.name: [value for value, _label in row.new_choices] for row in shown.context["rows"]}
    assert found.target == "customers"
    assert offered["Type de peau"] == ["new:list", "new:text"]
    assert offered["Pointure"] == ["new:number", "new:text"]
    assert offered["Parrainé le"] == ["new:day", "new:text"]
    assert offered["Surnom"] == ["new:text"]
    assert offered["Nom"] == []
    sent(client, found, do="keep-all")
    kept = {one.name: (one.type, one.choices) for one in TraitDefinition.objects.all()}
    assert kept["custom.type_de_peau"] == ("text", ["grasse", "sèche"])
    assert (kept["custom.pointure"][0], kept["custom.parraine_le"][0]) == ("number", "day")
    sent(client, found, do="check")
    work()
    client.post(reverse("console:import-recording", args=[found.id]))
    work()
    found.refresh_from_db()
    assert (found.state, found.totals["recorded_rows"], found.totals["rejected_rows"]) == ("done", 6, 0)
    jaquino = Customer.objects.get(family_name="Jaquino")
    held = custom_values_of_each_at([jaquino.id], clock.now())[jaquino.id]
    assert (held["type_de_peau"], held["pointure"], held["surnom"]) == ("sèche", 39, "Paulo")


def test_one_column_is_kept_as_a_person_says(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    found = opened(client)
    rows = client.get(reverse("console:import-columns", args=[found.id])).context["rows"]
    place = next(row.place for row in rows if row.name == "Pointure")
    sent(client, found, **{f"column-{place}": "new:text"})
    found.refresh_from_db()
    assert TraitDefinition.objects.get().type == "text"
    assert found.mapping["columns"]["custom.pointure"] == "Pointure"
    assert "Pointure" in words(page(client, "import-columns", found))


def test_the_next_file_finds_the_field_by_its_name(shop: Shop) -> None:
    define_custom_field(by=SYSTEM, at=AT, key="size", type="number", label=LocalizedText(en="Shoe size", fr="Pointure"))
    client = shop.client(shop.leonore)
    assert opened(client).mapping["columns"]["custom.size"] == "Pointure"


def test_a_list_is_narrowed_by_a_text_a_number_and_a_day() -> None:
    for key, type in (("size", "number"), ("nickname", "text"), ("since", "day")):
        define(key, type)
    people = [added(given_name=name, identities=(), email=None) for name in ("Jean", "Line", "Paul")]
    values = ((37, "Jo 100 %", "2024-01-31"), (40, "joly", "2024-02-01"), (42, None, None))
    for one, (size, nickname, since) in zip(people, values, strict=True):
        update_customer(
            by=SYSTEM, at=clock.now(), customer_id=one.id, changes={}, source="web",
            custom={"size": size, "nickname": nickname, "since": since},
        )  # fmt: skip
    client, wanted = signed_in(leonore()), {one.id: place for place, one in enumerate(people)}

    def found(query: str) -> set[int]:
        return {wanted[row.customer.id] for row in client.get(f"/console/customers/?{query}").context["rows"]}

    assert found("custom.size=37") == {0}
    assert found("custom.size=37..40") == {0, 1}
    assert found("custom.size-from=38&custom.size-to=") == {1, 2}
    assert found("custom.size-to=40&custom.nickname=JO") == {0, 1}
    assert found("custom.nickname=100 %25") == {0}
    assert found("custom.nickname=j_") == set()
    assert found("custom.since=..2024-01-31") == {0}
    assert found("custom.since-from=2024-02-01") == {1}
    assert found("custom.size=many") == found("custom.size=..") == found("custom.since=2024-13-01") == {0, 1, 2}
    said = client.get("/console/customers/?custom.size-from=38")
    assert "38 or more" in text_of(said)
    assert [chip.remove_url for chip in said.context["chips"]] == ["?"]
    client.post(reverse("console:customer-export"), {"query": "custom.size=38..", "all": "1"})
    work()
    file_id = (Job.objects.get(kind="customer.export").result or {})["file_id"]
    with open_file(file_id) as stream:
        assert len(stream.read().decode("utf-8-sig").splitlines()) == 3
