"""Opening balances of a programme that counts in several points currencies: each reconciled, all one batch."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override

from fidelia.console.imports.breakdowns import balance_further, break_down
from fidelia.console.imports.totals import units_of
from fidelia.console.imports.undone import undone_of
from fidelia.console.speech import speech_of
from fidelia.intake.kinds import get_import_kind
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.models import Posting
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance, list_lots
from fidelia.programme.errors import OpeningDependedOn
from fidelia.programme.models import OpeningLot, PointsCurrency, Programme
from fidelia.programme.operations.points import add_points_currency
from fidelia.worker.importing import report_of_recording
from tests.cast import SYSTEM
from tests.customers.files import reasons, undone, write

from .cast import AT, member, programme
from .test_opening import enrolment, looked_at, opened

pytestmark = pytest.mark.django_db(transaction=True)
SUMS = ("file", "ready", "known", "double", "rejected", "left_out")
WIDE = "card,balance,expires_on,balance.CAG,expires_on.CAG,balance.STA"


@pytest.fixture
def shop() -> Programme:
    made = programme()
    for code, en, fr, scale, role in (
        ("CAG", "Cashback", "Cagnotte", 2, "cagnotte"), ("STA", "Status points", "Points de statut", 0, "qualifying")
    ):  # fmt: skip
        currency = PointsCurrency.objects.create(code=code, name=LocalizedText(en=en, fr=fr), scale=scale)
        add_points_currency(by=SYSTEM, at=AT, programme=made, currency=currency, role=role)
    return made


def held(card: str, currency: str) -> int:
    return get_balance(account_id=enrolment(card).account_id, currency=currency, at=AT).available


def of(told: dict[str, Any], currency: str) -> dict[str, int]:
    return {name: told["by_currency"][currency][f"{name}_points"] for name in SUMS}


def test_each_currency_comes_by_columns_of_its_own(shop: Programme, tmp_path: Path) -> None:
    rows = ["2900000024,1200,2026-06-30,12.34,2026-12-31,80", "2900000031,300,2026-12-31,,,", "2900000048,,,5.00,,7"]
    done = opened(write(tmp_path, WIDE, *rows))
    assert [held("2900000024", code) for code in ("PTS", "CAG", "STA")] == [1200, 1234, 80]
    assert [held("2900000048", code) for code in ("PTS", "CAG", "STA")] == [0, 500, 7]
    assert (done.totals["posted_points"], done.check_report["file_points"]) == (1500, 1500)
    assert of(done.check_report, "CAG") == {**dict.fromkeys(SUMS, 0), "file": 1734, "ready": 1734}
    assert done.totals["by_currency"]["CAG"]["posted_points"] == 1734
    assert done.totals["by_currency"] == {
        code: {"posted_points": one["ready_points"], "by_expiry": one["by_expiry"]}
        for code, one in done.check_report["by_currency"].items()
    }
    assert done.totals["by_currency"]["CAG"]["by_expiry"]["2026-12-31"] == 1234
    (lot,) = list_lots(account_id=enrolment("2900000024").account_id, currency="CAG")
    assert lot.expires_at is not None
    assert find_broken_invariants() == []
    said = list(report_of_recording(done))
    assert any("17.34 Cashback posted, of 17.34 in the file" in line for line in said), said


def test_each_currency_may_have_a_row_by_its_code_or_its_name(shop: Programme, tmp_path: Path) -> None:
    rows = [
        "2900000024,PTS,100,2026-06-30", "2900000024,cagnotte,12.34,2026-06-30", "2900000024,sta,7,2026-06-30",
        "2900000024,,5,2026-12-31", "2900000031,Miles,9,2026-12-31", "2900000031,STA,1.5,2026-12-31",
    ]  # fmt: skip
    done = opened(write(tmp_path, "card,points_currency,balance,expires_on", *rows))
    assert [held("2900000024", code) for code in ("PTS", "CAG", "STA")] == [105, 1234, 7]
    assert reasons(done) == {5: "cercle does not count in “Miles”.", 6: "“1.5” has more than 0 decimals."}
    assert (done.check_report["file_points"], done.check_report["unread_balances"]) == (105, 2)


def test_what_comes_twice_is_told_apart_by_currency(shop: Programme, tmp_path: Path) -> None:
    rows = ["2900000024,CAG,1.00,2026-06-30", "2900000024,CAG,1.00,2026-06-30", "2900000024,CAG,2.00,2026-06-30",
            "2900000024,PTS,100,2026-06-30"]  # fmt: skip
    path = write(tmp_path, "card,points_currency,balance,expires_on", *rows)
    done = opened(path)
    assert of(done.check_report, "CAG") == {
        "file": 400, "ready": 100, "known": 0, "double": 100, "rejected": 200, "left_out": 0
    }  # fmt: skip
    again = opened(path)
    assert of(again.check_report, "CAG")["known"] == 100
    assert (held("2900000024", "CAG"), Posting.objects.count()) == (100, 2)


def test_all_currencies_are_taken_back_as_one_batch_or_none(shop: Programme, tmp_path: Path) -> None:
    path = write(tmp_path, WIDE, "2900000024,1200,2026-06-30,12.34,2026-12-31,80")
    done = opened(path)
    account = enrolment("2900000024").account_id
    back = undone(done, at=AT + timedelta(hours=1))
    assert back.totals["undone"]["reversed_points"] == 1200
    assert back.totals["undone"]["reversed_by_currency"] == {"CAG": 1234, "STA": 80}
    told = undone_of(back, speech_of(AT))
    assert told is not None
    rows = [(one.label, plain(one.recorded), plain(one.left), one.agrees) for one in told.answers]
    assert ("Points", "1,200", "0", True) in rows or ("Points", "1 200", "0", True) in rows
    assert all(agrees for _label, _recorded, _left, agrees in rows), rows
    assert len(rows) == 3
    assert [get_balance(account_id=account, currency=code, at=AT).available for code in ("PTS", "CAG", "STA")] == [
        0
    ] * 3
    spent = opened(path)
    with transaction.atomic():
        account = enrolment("2900000024").account_id
        redeem(by=SYSTEM, at=AT, account_id=account, currency="CAG", amount=1, key="gift")
    with pytest.raises(OpeningDependedOn, match=r"points spent \(1\)"):
        undone(spent, at=AT)
    assert (held("2900000024", "PTS"), held("2900000024", "CAG")) == (1200, 1233)
    assert find_broken_invariants() == []


def test_movements_in_any_currency_refuse_a_row(shop: Programme, tmp_path: Path) -> None:
    member(shop)
    opened(write(tmp_path, "card,balance.CAG", "2990441788200,1.00"))
    assert OpeningLot.objects.get().currency == "CAG"
    second = looked_at(write(tmp_path, "card,balance", "2990441788200,30"))
    assert reasons(second) == {1: "the member already has movements here."}


def test_the_columns_are_proposed_where_a_programme_counts_so(shop: Programme, tmp_path: Path) -> None:
    path = write(
        tmp_path, "N° carte;Solde de points;Cagnotte;Points de statut", "2900000024;120;12,34;80", "2900000031;9;1,00;5"
    )
    found = propose(Table(path), get_import_kind("members").target).mapping
    assert found.columns["balance.CAG"] == "Cagnotte"
    assert found.columns["balance.STA"] == "Points de statut"
    assert found.columns["balance"] == "Solde de points"


def test_the_result_page_has_an_equation_for_each_currency(shop: Programme, tmp_path: Path) -> None:
    rows = ["2900000024,1200,2026-06-30,12.34,2026-12-31,80", "2900000031,x,,1.00,,", "2900000048,,,2.00,2026-01-01,"]
    found = opened(write(tmp_path, WIDE, *rows))
    with override("fr"):
        speech = speech_of(AT)
        ((name, balance), (status, whole)) = balance_further(found, speech)
        tables = {part.title: part.rows for part in break_down(found, units_of(found), speech)}
    assert (name, status, balance.agrees, whole.agrees) == ("Cagnotte", "Points de statut", True, True)
    assert [plain(text) for _label, text in balance.lines] == ["14,34", "12,34", "2,00"], "a row unread is in no sum"
    (row,) = tables["Cagnotte par échéance"]
    assert (plain(row.file), plain(row.recorded), row.agrees) == ("12,34", "12,34", True)


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")
