"""`fidelia import`: look, check, ask, record; said in lines that anyone can add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.intake.models import Import, SavedMapping
from fidelia.worker import command
from tests.programme.cast import AT, programme

pytestmark = pytest.mark.django_db(transaction=True)
FILE = """N° ticket;Date;Code article;Libellé;Qté;Prix unitaire;N° carte
T1;01/03/2025 10:05;moka;Moka Sidamo;2;17,45;2990441788200
T1;01/03/2025 10:05;mug;Mug grès bleu;1;14,50;2990441788200
T2;13/03/2025 11:30;mug;Mug grès bleu;1;14,50;2990441788217
T3;32/03/2025 11:30;mug;Mug grès bleu;1;14,50;2990441788217
"""
FLAT = """
source: old-till
currency: EUR
time_zone: Europe/Paris
customer_scheme: card
columns: {receipt: N° ticket, occurred_at: Date, product: Code article, quantity: Qté, unit_price: Prix unitaire,
          customer: N° carte}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    programme()
    path = tmp_path / "ventes mars.csv"
    path.write_text(FILE, encoding="cp1252")
    return path


def test_without_a_mapping_it_shows_what_it_understands_and_records_when_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["import", str(file), "--yes"]) == 0
    said = capsys.readouterr().out
    for line in (
        "ventes mars.csv is read as purchases (csv, cp1252, separator ';', decimal ',', dates dmy):",
        "Receipt number                       N° ticket",
        "T1 | 2025-03-01 10:05 | 2990441788200 | moka | Moka Sidamo | 2 | 17.45",
        "4 rows in the file",
        "1 “32/03/2025 11:30” is out of the calendar.",
        "4 rows = 3 recorded + 0 known before + 0 doubles + 1 rejected",
        "1 rejected, in ventes mars.csv.rejects.csv",
    ):
        assert line in said, said
    assert Purchase.objects.count() == 2
    assert (
        (file.parent / "ventes mars.csv.rejects.csv")
        .read_text(encoding="utf-8")
        .endswith("“32/03/2025 11:30” is out of the calendar.\n")
    )


def test_where_nobody_can_be_asked_what_was_guessed_is_not_recorded(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["import", str(file)]) == 0
    assert "say --yes" in capsys.readouterr().err
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(("answer", "recorded"), [("y", 2), ("oui", 2), ("", 0), ("n", 0)])
def test_on_a_terminal_it_asks(file: Path, monkeypatch: pytest.MonkeyPatch, answer: str, recorded: int) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ask)
    assert command.main(["import", str(file)]) == 0
    assert asked == ["Record these 3 rows? [y/N] "]
    assert Purchase.objects.count() == recorded


def test_a_check_writes_nothing_but_the_rejected_rows(file: Path) -> None:
    assert command.main(["import", str(file), "--check", "--yes"]) == 0
    assert (Purchase.objects.count(), Import.objects.get().state) == (0, "checked")
    assert (file.parent / "ventes mars.csv.rejects.csv").is_file()


def test_a_mapping_written_by_hand_is_not_asked_about(file: Path, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(FLAT, encoding="utf-8")
    assert command.main(["import", str(file), "--mapping", str(tmp_path / "m.yaml")]) == 0
    assert set(Purchase.objects.values_list("source", flat=True)) == {"old-till"}


def test_a_mapping_saved_by_name_and_an_option_beside(file: Path, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(FLAT, encoding="utf-8")
    assert command.main(["import", str(file), "--mapping", str(tmp_path / "m.yaml"), "--check"]) == 0
    SavedMapping.objects.create(
        name="caisses", target="purchases", document=Import.objects.get().mapping, by_label="Leonore", saved_at=AT
    )
    arguments: list[Any] = ["import", str(file), "--saved", "caisses", "--set", "channel=web", "--yes"]
    assert command.main(arguments) == 0
    assert set(Purchase.objects.values_list("source", "channel")) == {("old-till", "web")}


def test_a_mapping_that_nobody_saved_is_refused_in_a_sentence(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["import", str(file), "--saved", "nobody's"]) == command.REFUSED
    assert "No mapping is saved as “nobody's”." in capsys.readouterr().err
