"""A file with one row per person is told apart, judged by intervals, and says what it cannot prove."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from fidelia.insight.errors import NothingToReport
from fidelia.insight.report import Report
from fidelia.insight.report.blocks import Grid, Missing
from fidelia.insight.report.drawing import open_drawer
from fidelia.insight.report.html import write_html
from fidelia.insight.report.pdf import write_pdf
from fidelia.insight.report.people import make_people_report, open_people
from fidelia.insight.report.people.making import speech_of
from fidelia.worker.command import main
from tests.insight.report.files import NOW, shop_file, write
from tests.insight.report.test_reporting import NOT_NUMBERS, read_aloud, texts_of

HILLSTROM = Path(__file__).resolve().parents[4] / "shared" / "data" / "hillstrom_email" / "hillstrom.csv.gz"
TELCO = HILLSTROM.parents[1] / "telco_churn" / "telco_churn.csv.gz"


def campaign_file(folder: Path, *, people: int = 2_000, effect: float = 0.1, seed: int = 5) -> Path:
    """A French campaign: half were written to, which changes only those who have an animal."""
    chance = random.Random(seed)
    lines = ["N° client;Groupe;Âge;Animal;Achat;Dépense"]
    for number in range(people):
        group = chance.choice(["Courrier", "Témoin"])
        animal = chance.random() < 0.5
        p = 0.15 + (2 * effect if group == "Courrier" and animal else 0.0)
        bought = chance.random() < p
        amount = chance.randint(500, 5000) if bought else 0
        lines.append(
            f"C{number:05};{group};{chance.randint(18, 80)};{'oui' if animal else 'non'};"
            f"{'oui' if bought else 'non'};{amount // 100},{amount % 100:02}"
        )
    return write(folder, *lines, name="campagne.csv")


def reported(path: Path, language: str = "en", **told: Any) -> Report:
    people = open_people(path, language=language, **told)
    return make_people_report(people, language=language, made_at=NOW)


def grid_of(report: Report, chapter: str, place: int = 0) -> Grid:
    section = next(one for one in report.sections if one.key == chapter)
    return [block for block in section.blocks if isinstance(block, Grid)][place]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return campaign_file(tmp_path_factory.mktemp("campaign"))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_campaign_is_told_in_every_chapter(campaign: Path, language: str) -> None:
    report = reported(campaign, language)
    assert [one.key for one in report.sections] == ["contents", "proof", "uplift", "matched", "scores"]
    assert not [block for one in report.sections for block in one.blocks if isinstance(block, Missing)]
    assert all(one.finding and one.definitions for one in report.sections)
    assert not NOT_NUMBERS.search(texts_of(report))


def test_columns_are_recognised_in_french(campaign: Path) -> None:
    people = open_people(campaign, language="fr")
    assert people.treatment is not None
    assert (people.treatment.column, people.treatment.control, people.treatment.arms) == (
        "Groupe", "Témoin", ("Courrier",),
    )  # fmt: skip
    assert [(one.column, one.kind) for one in people.responses] == [("Achat", "share"), ("Dépense", "amount")]
    assert list(people.known) == ["Âge", "Animal"]
    assert [name for name, _reason in people.ignored] == ["N° client"]


def test_whom_it_changes_is_found(campaign: Path) -> None:
    report = reported(campaign)
    assert report.advice[0].title == "Do it again: Courrier"
    uplift = next(one for one in report.sections if one.key == "uplift")
    assert "Animal = oui" in texts_of(report)
    assert uplift.finding.endswith("better than by chance: 1 of 1.")


def test_where_nothing_happened_it_says_so(tmp_path: Path) -> None:
    report = reported(campaign_file(tmp_path, effect=0.0, seed=11))
    assert grid_of(report, "proof").rows[0][-1] == "no effect found"
    assert next(one for one in report.sections if one.key == "proof").finding.startswith("No effect found")
    assert report.advice[0].title == "Draw more people before deciding: Courrier"


def test_groups_that_were_not_drawn_by_chance_are_compared_with_their_like(tmp_path: Path) -> None:
    chance = random.Random(3)
    lines = ["id,treated,age,spend"]
    for number in range(1_500):
        age = chance.randint(20, 79)
        treated = chance.random() < (0.7 if age > 50 else 0.3)
        lines.append(f"{number},{int(treated)},{age},{age + chance.gauss(0, 5) if chance.random() < 0.9 else 0:.2f}")
    report = reported(write(tmp_path, *lines))
    row = grid_of(report, "matched").rows[0]
    assert float(row[2]) > 5  # everybody: the treated are older, so they spend more
    assert abs(float(row[3])) < 2
    assert row[-1] in {"no effect found", "not comparable"}
    matched = next(one for one in report.sections if one.key == "matched")
    assert matched.finding.startswith("The groups differ in what was known before")


def test_satisfaction_is_held_against_what_people_did(tmp_path: Path) -> None:
    """Half of those who gave 0 to 4 left, a tenth of the others; spending has nothing to do with it."""
    lines = ["id,NPS,left,spend"]
    lines += [f"p{n},{n % 10},{int(n % 20 < (10 if n % 10 < 5 else 2))},{(n // 10) % 7 * 10}" for n in range(1_400)]
    file = open_people(write(tmp_path, *lines), language="en")
    assert (file.satisfaction, file.ids is not None and file.ids[3]) == ("NPS", "p3")
    report = make_people_report(file, language="en", made_at=NOW)
    section = report.sections[-1]
    assert section.key == "satisfaction"
    assert section.finding.startswith("left: less with more satisfaction")
    assert "spend: no effect found" in section.finding
    assert len(grid_of(report, "satisfaction").rows) == 10


def test_who_will_probably_leave_is_named_with_the_reasons(tmp_path: Path) -> None:
    chance = random.Random(2)
    lines = ["id,tenure,plan,churn"]
    for n in range(1_200):
        tenure = chance.randint(1, 60)
        lines.append(f"p{n},{tenure},{chance.choice('ab')},{'yes' if chance.random() < 0.9 - tenure / 70 else 'no'}")
    report = reported(write(tmp_path, *lines))
    assert report.advice[0].title == "Begin with the tenth that has the highest scores"
    rows = grid_of(report, "scores", 3).rows
    stayed = {line.split(",")[0] for line in lines if line.endswith(",no")}
    assert len(rows) == 12
    assert {row[0] for row in rows} <= stayed
    assert all("tenure" in row[1] for row in rows)
    assert "Gradient boosting beside it: AUC 0." in texts_of(report)


def test_rows_that_say_nothing_are_left_out_and_told(tmp_path: Path) -> None:
    rows = [f"c{n},{'control' if n % 2 else 'mail'},{n % 3 == 0:d},{n % 7}" for n in range(400)]
    rows += ["c900,,1,2", "c901,mail,,2", "c1,mail,1,2"]
    people = open_people(write(tmp_path, "customer_id,group,converted,visits", *rows), language="en")
    assert people.people == 400
    assert {(one.reason, one.rows, one.first_row) for one in people.refusals} == {
        ("no group in the column “group”", 1, 401),
        ("no value in the column “converted”", 1, 402),
        ("the same “customer_id” stands on an earlier row", 1, 403),
    }


@pytest.mark.parametrize(
    ("lines", "told", "said"),
    [
        (["id,age", "1,20", "2,30"], {}, "neither who was treated nor what people did"),
        (["id,converted", "1,1", "2,0"], {"treatment": "arm"}, "no column “arm”"),
        (["id,group,converted", "1,a,1", "2,b,0"], {"treatment": "group"}, "does not tell who was left alone"),
        (["id,group,converted", "1,a,1", "2,b,0"], {"treatment": "group", "control": "c"}, "Nobody has “c”"),
        (["id,group,converted", "1,a,x", "2,b,y"], {"treatment": "group", "control": "a", "responses": ["converted"]},
         "No row of the file could be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_in_a_sentence(
    tmp_path: Path, lines: list[str], told: dict[str, Any], said: str
) -> None:
    with pytest.raises(NothingToReport, match=said):
        reported(write(tmp_path, *lines), **told)


@pytest.mark.parametrize("people", [1, 2, 5, 25])
def test_few_people_get_a_sentence_and_no_number_that_is_none(tmp_path: Path, people: int) -> None:
    rows = [f"{n},{'control' if n % 2 else 'mail'},{n % 3 == 0:d},{n % 5},{n % 4 * 10}" for n in range(people)]
    path = write(tmp_path, "id,group,converted,visits,spend", *rows)
    told: dict[str, Any] = {"treatment": "group", "control": "control", "responses": ["converted"]}
    if people == 1:
        with pytest.raises(NothingToReport):
            reported(path, **told)
    else:
        assert not NOT_NUMBERS.search(texts_of(reported(path, "fr", **told)))


def test_page_and_paper_are_written(campaign: Path) -> None:
    people = open_people(campaign, language="fr")
    report = make_people_report(people, language="fr", made_at=NOW)
    with open_drawer() as drawer:
        page = write_html(report, speech_of(people, "fr"), drawer)
        assert write_pdf(report, speech_of(people, "fr"), drawer).startswith(b"%PDF")
    assert "aucun effet" in read_aloud(page) or "classe selon l’effet" in read_aloud(page)


def test_the_command_tells_people_from_purchases(campaign: Path, tmp_path: Path) -> None:
    assert main(["report", str(campaign), "--no-pdf", "--output", str(tmp_path)]) == 0
    assert "Whom does it change?" in (tmp_path / "campagne-report.html").read_text(encoding="utf-8")
    shop = shop_file(tmp_path, customers=40)
    assert main(["report", str(shop), "--no-pdf", "--output", str(tmp_path)]) == 0
    assert "Customer portfolio" in (tmp_path / "caisse-élégante-report.html").read_text(encoding="utf-8")


def test_a_column_that_is_not_there_is_named_in_the_language_of_the_report(
    campaign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["report", str(campaign), "--language", "fr", "--treatment", "nulle part", "--output", str(tmp_path)]
    assert main(wanted) != 0
    assert "n’a pas de colonne « nulle part »" in capsys.readouterr().err.replace("\u00a0", " ")


@pytest.mark.slow
@pytest.mark.skipif(not HILLSTROM.exists(), reason="the data of Hillstrom are not here")
def test_hillstrom_is_proved_as_published() -> None:
    """Arms and differences of Hillstrom's challenge; the letter for women is the one whose effect can be ranked."""
    report = reported(HILLSTROM)
    visits, conversions, spend = (grid_of(report, "proof", place).rows for place in range(3))
    assert [row[:4] for row in visits] == [
        ["Mens E-Mail", "18.28%", "10.62%", "+7.66"], ["Womens E-Mail", "15.14%", "10.62%", "+4.52"],
    ]  # fmt: skip
    assert [row[3] for row in conversions] == ["+0.68", "+0.31"]
    assert [row[3] for row in spend] == ["+0.77", "+0.42"]
    assert {row[-1] for row in (*visits, *conversions, *spend)} == {"more"}
    rankings = [grid_of(report, "uplift", place).rows for place in range(2)]
    assert [row[-1] for row in rankings[0]] == ["no effect found", "no effect found"]
    assert [row[-1] for row in rankings[1]] == ["ranks by effect", "ranks by effect"]


@pytest.mark.skipif(not TELCO.exists(), reason="the contracts of Telco are not here")
def test_telco_has_a_score_and_says_why_it_has_no_proof() -> None:
    report = reported(TELCO)
    missing = {one.key for one in report.sections for block in one.blocks if isinstance(block, Missing)}
    assert missing == {"proof", "uplift", "matched"}
    quality = grid_of(report, "scores", 1)
    assert quality.rows[0][1].startswith("0.84")
