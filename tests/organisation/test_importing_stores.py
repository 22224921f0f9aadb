"""A file of stores: banners found or added, places kept, openings and closings; the same file twice changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fidelia.intake.errors import MalformedMapping
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.organisation.models import Banner, Store
from fidelia.organisation.operations import add_partner, set_up_operator
from tests.cast import PIZARRO, SYSTEM
from tests.customers.files import brought_in, checked, counts, reasons, write

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADER = "code,banner,name,address,postal_code,town,country,zone,opened_on,closed_on,channel"
LYON = "001,Éléonore,Lyon Bellecour,3 place Bellecour,69002,Lyon,France,Sud-Est,2019-05-01,,magasin"
WEB = "WEB,Éléonore,Boutique en ligne,,,,,,,,web"
LILLE = "002,Éléonore,Lille,,59000,Lille,FR,Nord,2015-01-01,2024-06-30,"


def a_partner() -> None:
    """Maison Éléonore, in France, runs the installation and owns the shops."""
    place = {"country": "FR", "currency": "EUR"}
    set_up_operator(
        by=SYSTEM, at=AT, name="Maison Éléonore", language="fr", time_zone="Europe/Paris", **place
    )  # fmt: skip
    add_partner(by=SYSTEM, at=AT, code="eleonore", name="Maison Éléonore", **place)


def test_stores_come_with_their_place_under_a_banner_that_is_added_once(tmp_path: Path) -> None:
    a_partner()
    done = brought_in(write(tmp_path, HEADER, LYON, WEB, LILLE, LYON), "stores", at=AT)
    assert counts(done) == {"recorded": 3, "known": 0, "double": 1, "rejected": 0}
    assert {name: done.totals[name] for name in ("added_stores", "changed_stores", "added_banners")} == {
        "added_stores": 3, "changed_stores": 0, "added_banners": 1
    }  # fmt: skip
    banner = Banner.objects.get(name="Éléonore")
    assert banner.code == "eleonore"
    lyon = Store.objects.get(banner=banner, code="001")
    assert (lyon.name, lyon.address, lyon.postal_code, lyon.town, lyon.country, lyon.zone) == (
        "Lyon Bellecour", "3 place Bellecour", "69002", "Lyon", "FR", "Sud-Est"
    )  # fmt: skip
    assert (lyon.channel, lyon.opened_on, lyon.currency, lyon.time_zone) == (
        "store", date(2019, 5, 1), "EUR", "Europe/Paris"
    )  # fmt: skip
    assert Store.objects.get(code="WEB").channel == "web"
    assert Store.objects.get(code="002").closed_on == date(2024, 6, 30)
    assert list(OutboxEvent.objects.filter(name="stores.changed").values_list("origin", flat=True)) == ["backfill"]


def test_the_same_file_twice_changes_nothing_and_another_word_changes_one(tmp_path: Path) -> None:
    a_partner()
    brought_in(write(tmp_path, HEADER, LYON, WEB), "stores", at=AT)
    again = brought_in(write(tmp_path, HEADER, LYON, WEB), "stores", at=AT)
    assert counts(again) == {"recorded": 0, "known": 2, "double": 0, "rejected": 0}
    done = brought_in(write(tmp_path, "code,banner,town", "001,eleonore,Villeurbanne"), "stores", at=AT)
    assert (done.totals["changed_stores"], Store.objects.get(code="001").town) == (1, "Villeurbanne")


def test_what_cannot_be_is_rejected(tmp_path: Path) -> None:
    a_partner()
    rows = ["a b,X,,,,,,,,,", "003,,,,,,,,,,", "004,X,,,,,,,2020-01-01,2019-01-01,", "005,X,,,,,Atlantide,,,,"]
    found = checked(write(tmp_path, HEADER, *rows), "stores", at=AT)
    assert reasons(found) == {
        1: "“a b” is not a code: letters, digits, dots, hyphens and underscores.",
        2: "no banner is named.",
        3: "it closed on 2019-01-01, before it opened.",
        4: "“Atlantide” is not a country.",
    }
    assert Banner.objects.filter(name="X").count() == 0


def test_it_asks_for_the_company_and_the_right(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, LYON)
    with pytest.raises(MalformedMapping):
        checked(path, "stores", at=AT)
    a_partner()
    with pytest.raises(Denied):
        checked(path, "stores", at=AT, by=PIZARRO)
