"""The audit: in the transaction of the verb, never changed afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.access.models import Audit
from fidelia.access.operations import Change, record_audit, record_audits
from fidelia.access.queries import list_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from tests.cast import AT, PIZARRO, actor_with

LEONORE = actor_with("store.close")
PARTNER = UUID(int=7)


@pytest.mark.django_db
def test_it_says_who_did_what_to_what_and_when() -> None:
    with transaction.atomic():
        record_audit(
            by=LEONORE, at=AT, verb="store.close", object_type="store", object_id=UUID(int=5),
            before={"closed_on": None}, after={"closed_on": date(2026, 3, 1)}, scope=Scope(PARTNER),
        )  # fmt: skip
    row = Audit.objects.values().get()
    assert (row["by_kind"], row["by_id"], row["by_label"]) == ("user", LEONORE.id, "Leonore")
    assert (row["verb"], row["object_type"], row["object_id"]) == ("store.close", "store", str(UUID(int=5)))
    assert (row["before"], row["after"]) == ({"closed_on": None}, {"closed_on": "2026-03-01"})
    assert row["partner_id"] == PARTNER
    assert row["at"] == AT != row["recorded_at"]


@pytest.mark.django_db
def test_many_changes_are_one_statement() -> None:
    changes = [
        Change(1, after={"name": LocalizedText(en="Gold", fr="Or")}),
        Change(2, before={"price": Money(1230, "EUR")}),
    ]
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        record_audits(by=LEONORE, at=AT, verb="tier.change", object_type="tier", changes=changes)
    assert sum("insert" in query["sql"] for query in queries) == 1
    assert list(Audit.objects.order_by("id").values_list("object_id", "before", "after")) == [
        ("1", None, {"name": {"en": "Gold", "fr": "Or"}}),
        ("2", {"price": {"amount": "12.30", "currency": "EUR"}}, None),
    ]


@pytest.mark.django_db(transaction=True)
def test_it_is_rolled_back_with_the_verb() -> None:
    with transaction.atomic():
        record_audit(by=LEONORE, at=AT, verb="store.close", object_type="store", object_id=1)
        transaction.set_rollback(True)
    assert not Audit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        record_audit(by=LEONORE, at=AT, verb="store.close", object_type="store", object_id=1)


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["update access_audit set verb = 'x'", "delete from access_audit"])
def test_the_application_cannot_rewrite_it(verb: str) -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(verb)


@pytest.mark.django_db
def test_one_reads_the_audit_of_ones_own_partners_newest_first() -> None:
    with transaction.atomic():
        for number, partner in enumerate([PARTNER, UUID(int=8), PARTNER, None]):
            record_audit(
                by=LEONORE, at=AT, verb="store.close", object_type="store", object_id=number, scope=Scope(partner)
            )

    def seen(by: Actor, **filters: Any) -> list[str]:
        return [row.object_id for row in list_audit(by=by, **filters)]

    everywhere = actor_with("audit.see")
    assert seen(everywhere) == ["3", "2", "1", "0"]
    assert seen(actor_with("audit.see", scope=Scope(PARTNER))) == ["2", "0"]
    assert seen(PIZARRO) == []
    assert seen(everywhere, object_type="store", object_id=1) == ["1"]
    last = list_audit(by=everywhere, limit=2)[-1]
    assert seen(everywhere, before_id=last.id) == ["1", "0"]
