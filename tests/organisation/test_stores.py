"""Stores: added to a banner, found by code, seen within one's scope, renamed, closed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.access.models import Audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.organisation.errors import (
    BannerUnknown,
    ClosedBeforeOpened,
    CodeTaken,
    MalformedCode,
    StoreClosed,
    StoreCodeAmbiguous,
    StoreUnknown,
    UnknownChannel,
)
from fidelia.organisation.models import Banner, Partner, Store
from fidelia.organisation.operations import add_banner, add_partner, add_store, close_store, rename_banner, rename_store
from fidelia.organisation.queries import find_stores_by_codes, get_store_by_code, list_partners, list_stores
from tests.cast import AT, PIZARRO, actor_with

pytestmark = pytest.mark.django_db
ROCCO = actor_with("partner.*", "banner.*", "store.*", label="Rocco")


def a_partner(code: str) -> Partner:
    return add_partner(by=ROCCO, at=AT, code=code, name=code.title(), country="ES", currency="EUR")


def a_banner(partner: Partner, code: str) -> Banner:
    return add_banner(by=ROCCO, at=AT, partner_id=partner.id, code=code, name=code.title())


def a_store(banner: Banner, code: str, by: Actor = ROCCO, **other: Any) -> Store:
    said = {"name": f"{banner.name} {code}", "channel": "store", "country": "ES", "currency": "EUR",
            "time_zone": "Europe/Madrid", "opened_on": date(2025, 1, 2)}  # fmt: skip
    return add_store(by=by, at=AT, banner_id=banner.id, code=code, **said | other)


@pytest.fixture
def prison() -> Banner:
    return a_banner(a_partner("seville"), "prison")


def test_it_belongs_to_its_banner_and_partner_and_is_announced(prison: Banner) -> None:
    store = a_store(prison, "01")
    assert (store.banner_id, store.partner_id) == (prison.id, prison.partner_id)
    event = OutboxEvent.objects.values().get()
    assert event["name"] == "store.opened"
    assert event["payload"] == {
        "store_id": str(store.id), "banner_id": str(prison.id), "partner_id": str(prison.partner_id)
    }  # fmt: skip
    row = Audit.objects.get(verb="store.add")
    assert (row.object_id, row.partner_id) == (str(store.id), prison.partner_id)


def test_its_code_is_used_once_per_banner(prison: Banner) -> None:
    a_store(prison, "01")
    with pytest.raises(CodeTaken):
        a_store(prison, "01")
    assert Store.objects.count() == 1
    assert OutboxEvent.objects.count() == 1
    a_store(a_banner(Partner.objects.get(), "garden"), "01")
    assert Store.objects.count() == 2


def test_the_database_keeps_the_partner_of_store_and_banner_equal(prison: Banner) -> None:
    store, other = a_store(prison, "01"), a_partner("lisbon")
    with pytest.raises(IntegrityError, match="the same partner"), transaction.atomic():
        Store.objects.filter(pk=store.pk).update(partner=other)


def test_it_refuses_what_it_does_not_understand(prison: Banner) -> None:
    with pytest.raises(UnknownChannel):
        a_store(prison, "01", channel="pigeon")
    with pytest.raises(MalformedCode):
        a_store(prison, "a b")
    with pytest.raises(BannerUnknown):
        a_store(Banner(id=UUID(int=9), name="none"), "01")
    assert not Store.objects.exists()


def test_without_the_right_over_its_partner_it_is_not_added(prison: Banner) -> None:
    elsewhere = actor_with("store.*", label="Jaquino", scope=Scope(partner_id=UUID(int=9)))
    here = actor_with("store.*", label="Marzelline", scope=Scope(partner_id=prison.partner_id))
    for nobody in (PIZARRO, elsewhere):
        with pytest.raises(Denied):
            a_store(prison, "01", by=nobody)
    assert not Store.objects.exists()
    assert a_store(prison, "01", by=here).pk


def test_it_is_found_by_code_in_one_statement(prison: Banner) -> None:
    store = a_store(prison, "01")
    with CaptureQueriesContext(connection) as queries:
        assert get_store_by_code(code="01") == store
    assert len(queries) == 1
    with pytest.raises(StoreUnknown):
        get_store_by_code(code="02")


def test_a_code_of_two_banners_asks_for_the_banner(prison: Banner) -> None:
    store = a_store(prison, "01")
    a_store(a_banner(Partner.objects.get(), "garden"), "01")
    alone = a_store(prison, "02")
    with pytest.raises(StoreCodeAmbiguous):
        get_store_by_code(code="01")
    assert get_store_by_code(code="01", banner_code="prison") == store
    assert find_stores_by_codes(codes=["01", "02", "03"]) == {"02": alone}


def test_one_sees_the_stores_of_ones_scope() -> None:
    seville, lisbon = a_partner("seville"), a_partner("lisbon")
    prison, harbor = a_banner(seville, "prison"), a_banner(lisbon, "harbor")
    gate, court, quay = a_store(prison, "gate"), a_store(prison, "court"), a_store(harbor, "quay")

    def seen(scope: Scope) -> list[Store]:
        return list_stores(by=actor_with("store.see", scope=scope))

    assert seen(Scope()) == [quay, court, gate]
    assert seen(Scope(seville.id)) == [court, gate]
    assert seen(Scope(seville.id, gate.id)) == [gate]
    assert seen(Scope(lisbon.id, gate.id)) == []
    assert list_stores(by=PIZARRO) == []
    assert list_stores(by=ROCCO, partner_id=lisbon.id) == [quay]
    assert list_partners(by=actor_with("partner.see", scope=Scope(lisbon.id))) == [lisbon]
    assert list_partners(by=ROCCO) == [lisbon, seville]


def test_renaming_keeps_the_former_name_in_the_audit(prison: Banner) -> None:
    store = a_store(prison, "01")
    rename_store(by=ROCCO, at=AT, store_id=store.id, name="The court")
    rename_banner(by=ROCCO, at=AT, banner_id=prison.id, name="State prison")
    changes = Audit.objects.filter(verb__endswith=".rename").order_by("id").values_list("before", "after")
    assert list(changes) == [
        ({"name": "Prison 01"}, {"name": "The court"}),
        ({"name": "Prison"}, {"name": "State prison"}),
    ]


def test_it_closes_once_and_not_before_it_opened(prison: Banner) -> None:
    store = a_store(prison, "01")
    with pytest.raises(ClosedBeforeOpened):
        close_store(by=ROCCO, at=AT, store_id=store.id, closed_on=date(2025, 1, 1))
    closed = close_store(by=ROCCO, at=AT, store_id=store.id, closed_on=date(2026, 3, 1))
    assert closed.is_open_on(date(2026, 3, 1))
    assert not closed.is_open_on(date(2026, 3, 2))
    assert list_stores(by=ROCCO, open_only=True) == []
    with pytest.raises(StoreClosed):
        close_store(by=ROCCO, at=AT, store_id=store.id, closed_on=date(2026, 4, 1))
    assert list(OutboxEvent.objects.order_by("event_id").values_list("name", flat=True)) == [
        "store.opened", "store.closed"
    ]  # fmt: skip
