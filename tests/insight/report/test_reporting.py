"""A report is whole in both languages, as page and as paper; what a file does not allow is said."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import fidelia.ui
from fidelia.insight.errors import NothingToReport
from fidelia.insight.report import Report, drawing, make_report, open_purchases
from fidelia.insight.report.blocks import Drawing, Grid, Missing, Numbers
from fidelia.insight.report.drawing import Drawer, open_drawer
from fidelia.insight.report.html import write_html
from fidelia.insight.report.pdf import write_pdf
from fidelia.insight.report.people.buyers import with_campaign
from fidelia.insight.report.people.satisfaction import with_satisfaction
from fidelia.insight.report.speech import Speech, in_language
from fidelia.intake.errors import MalformedMapping
from fidelia.ui.charts import Unit, sorted_bars
from tests.insight.report.files import NOW, shop_file, write

CHAPTERS = ["contents", "changes", "sales", "rfm", "frat", "lifecycle", "cohorts", "value", "churn", "scores",
            "portfolio", "profit", "products"]  # fmt: skip
Both = dict[str, tuple[Report, Speech]]
NOT_NUMBERS = re.compile(r"\b(nan|inf|None|null)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop_file(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def both(shop: Path) -> Both:
    """The report of the shop in both languages, made once: nothing changes a report."""
    return {language: reported(shop, language) for language in ("en", "fr")}


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawer]:
    with open_drawer() as drawer:
        yield drawer


def reported(path: Path, language: str = "en") -> tuple[Report, Speech]:
    with open_purchases(path, language=language, now=NOW) as facts:
        report = with_campaign(make_report(facts, language=language, made_at=NOW), facts)
        return with_satisfaction(report, facts), Speech(language, facts.currency, facts.scale)


def texts_of(report: Report) -> str:
    parts = [report.title, report.subtitle]
    parts += [text for one in report.numbers for text in (one.label, one.value, one.note)]
    for advice in report.advice:
        parts += [advice.title, advice.reason, advice.stake]
    for section in report.sections:
        parts += [section.title, section.finding, *(one.text for one in section.definitions)]
        for block in section.blocks:
            if isinstance(block, Numbers):
                parts += [text for one in block.numbers for text in (one.label, one.value, one.note)]
            elif isinstance(block, Grid):
                parts += [block.title, *block.columns, *(cell for row in block.rows for cell in row)]
            elif isinstance(block, Drawing):
                parts += [block.title, block.chart.sentence]
            elif isinstance(block, Missing):
                parts.append(block.reason)
            else:
                parts.append(block.text)
    return "\n".join(parts)


def read_aloud(page: str) -> str:
    """The words of a page, without its style and what charts are drawn with."""
    return re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]*>", " ", page, flags=re.DOTALL)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_chapter_is_there_with_its_definitions(both: Both, language: str) -> None:
    report, _speech = both[language]
    assert [section.key for section in report.sections] == CHAPTERS
    assert not [block for section in report.sections for block in section.blocks if isinstance(block, Missing)]
    assert all(section.definitions and section.finding for section in report.sections)
    assert 3 <= len(report.advice) <= 5
    assert len(report.numbers) == 5
    assert not NOT_NUMBERS.search(texts_of(report))


def test_the_french_report_has_no_english_left(both: Both) -> None:
    english, french = texts_of(both["en"][0]).split("\n"), set(texts_of(both["fr"][0]).split("\n"))
    same = {line for line in english if len(line.split()) > 3} & french
    assert not {line for line in same if "Éléonore" not in line}


def test_the_page_stands_alone_and_says_each_chart_in_words(both: Both, drawer: Drawer) -> None:
    report, speech = both["fr"]
    page = write_html(report, speech, drawer)
    drawings = sum(isinstance(block, Drawing) for section in report.sections for block in section.blocks)
    assert page.count("<svg") == 2 * drawings  # once for a screen, once for a phone
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert not re.search(r"url\((?!#)", page)
    assert page.count("role='img' aria-label=") == drawings
    assert '<html lang="fr">' in page


def test_what_a_file_says_is_never_taken_for_markup(tmp_path: Path, drawer: Drawer) -> None:
    rows = [
        f'2026-0{month}-0{day},<b>tea</b>"#strong[x],1{day}.00,<i>c{day}</i>'
        for month in (1, 2, 3)
        for day in range(1, 10)
    ]
    report, speech = reported(write(tmp_path, "date,product,amount,customer", *rows))
    page = write_html(report, speech, drawer)
    assert "<b>tea</b>" not in page
    assert "<i>c1</i>" not in page
    assert write_pdf(report, speech, drawer).startswith(b"%PDF")


def test_the_paper_is_a_tagged_pdf(both: Both, drawer: Drawer) -> None:
    report, speech = both["fr"]
    pdf = write_pdf(report, speech, drawer)
    assert pdf.startswith(b"%PDF")
    assert b"/StructTreeRoot" in pdf
    assert len(pdf) > 50_000


def test_a_product_is_called_what_it_is_called_most_often_and_what_is_not_there_is_not_said(tmp_path: Path) -> None:
    rows = [
        f"2026-01-{1 + n % 28:02},T1,{'wrongly marked' if n == 3 else 'Black tea'},5.00,c{n % 7}" for n in range(40)
    ]
    report, _speech = reported(write(tmp_path, "date,product,description,amount,customer", *rows))
    assert "Black tea (T1)" in texts_of(report)
    findings = {section.key: section.finding for section in report.sections}
    assert findings["contents"] == "40 rows were read, and all of them count."
    # 28 days, of which twelve come twice: each time the customer of the first, since four weeks are whole sevens.
    assert findings["sales"].endswith("in 28 purchases; the history holds no returns.")


FILES = {
    "one purchase": ["date,amount,customer", "2026-01-05,10.00,a"],
    "one customer": ["date,amount,customer", *(f"2026-{month:02}-05,10.00,a" for month in range(1, 11))],
    "all same day": ["date,amount,customer", *(f"2026-01-05,{n}.00,c{n}" for n in range(1, 80))],
    "nothing paid": ["date,amount,customer", *(f"2026-{1 + n % 9:02}-05,0.00,c{n}" for n in range(60))],
    "only returns": ["date,amount,customer", *(f"2026-{1 + n % 9:02}-05,-3.00,c{n}" for n in range(60))],
    "a gap of years": ["date,amount,customer", *(f"{2015 + 10 * (n % 2)}-01-05,3.00,c{n % 30}" for n in range(60))],
    "nobody named": ["date,amount,customer", *(f"2026-{1 + n % 9:02}-05,3.00," for n in range(60))],
    "all bought once": ["date,amount,customer", *(f"2026-{1 + n % 9:02}-05,{n}.00,c{n}" for n in range(1, 90))],
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_allows_little_still_gets_a_report(tmp_path: Path, drawer: Drawer, kind: str) -> None:
    report, speech = reported(write(tmp_path, *FILES[kind]), "fr")
    assert [section.key for section in report.sections] == CHAPTERS
    assert not NOT_NUMBERS.search(texts_of(report))
    assert not NOT_NUMBERS.search(read_aloud(write_html(report, speech, drawer)))
    reasons = [block.reason for section in report.sections for block in section.blocks if isinstance(block, Missing)]
    assert all(len(reason.split()) > 3 for reason in reasons)


def test_the_command_writes_both_and_needs_no_django(shop: Path, tmp_path: Path) -> None:
    told = "import sys; sys.argv[0] = 'fidelia'; from fidelia.worker.command import main; code = main(); "
    told += "assert 'django' not in sys.modules; sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", told, "report", str(shop), "--language", "fr", "--output", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [Path(line).suffix for line in done.stdout.split()] == [".html", ".pdf"]


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fidelia.worker", "report", str(tmp_path / "absent.csv")],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("fidelia: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_stock_tells_what_lies_longest_and_what_ends_first(shop: Path, tmp_path: Path) -> None:
    rows = ("THE-000;1", "THE-001;50000,5", "THE-999;4", "THE-001;0,5", "x;")
    stock = write(tmp_path, "Code article;Qté en stock", *rows, name="stock.csv")
    with open_purchases(shop, language="en", now=NOW, stock=stock) as facts:
        products = make_report(facts, language="en", made_at=NOW).sections[-1]
    grids = {block.title: block.rows for block in products.blocks if isinstance(block, Grid)}
    assert grids["What ends first"][0][0].endswith("(THE-000)")
    assert grids["What lies longest"][0][:2] == ["Thé nº 1 « Éléonore » (THE-001)", "50,001"]
    assert grids["In stock and not sold in 90 days"] == [["THE-999", "4", "0", "–"]]


@pytest.mark.parametrize("lines", [("name,price", "a,1"), ("code,stock", "a,", ",3")])
def test_a_file_without_stock_is_refused_in_a_sentence(shop: Path, tmp_path: Path, lines: tuple[str, ...]) -> None:
    stock = write(tmp_path, *lines, name="stock.csv")
    with pytest.raises(NothingToReport, match="file of stock"), open_purchases(
        shop, language="fr", now=NOW, stock=stock
    ):  # fmt: skip
        pass


def test_customers_who_are_all_alike_are_not_put_into_fifths(tmp_path: Path) -> None:
    weeks = [f"{date(2026, 1, 1) + timedelta(days=7 * n)}" for n in range(20)]
    rows = [f"{day},10.00,c{n}" for n in range(40) for day in weeks]
    report, _speech = reported(write(tmp_path, "date,amount,customer", *rows))
    sections = {section.key: section for section in report.sections}
    told = "All customers bought last on the same day: fifths cannot tell them apart. Take a longer period."
    assert (sections["rfm"].finding, sections["rfm"].blocks[0]) == ("", Missing(told))
    assert "Hibernating" not in texts_of(report)
    assert "The same by fixed bands" in texts_of(report)


def test_rhythms_are_told_where_no_model_of_value_fits(tmp_path: Path) -> None:
    """Everybody spends the same, so nothing can be learnt of spending; who falls silent is seen all the same."""
    days = [f"{date(2026, 1, 1) + timedelta(days=10 * n)}" for n in range(20)]
    rows = [f"{day},10.00,c{n}" for n in range(40) for day in (days[:9] if n == 7 else days)]
    report, _speech = reported(write(tmp_path, "date,amount,customer", *rows))
    (churn,) = (section for section in report.sections if section.key == "churn")
    assert churn.finding == "1 customer with a rhythm of their own has been silent for longer than it explains."
    (grid,) = (block for block in churn.blocks if isinstance(block, Grid))
    assert [(row[0], row[1], row[2]) for row in grid.rows] == [("c7", "10", "110")]
    assert isinstance(churn.blocks[-1], Missing)


def test_one_is_one_in_both_languages(tmp_path: Path) -> None:
    path = write(tmp_path, "date,amount,customer", "2026-01-05,10.00,a")
    for language, words in (("en", "1 row was read, and it counts."), ("fr", "1 ligne lue, et elle compte.")):
        report, _speech = reported(path, language)
        assert report.sections[0].finding == words
        assert not re.search(r"\b1 (?:customers|days|rows|purchases|clients|jours|lignes|achats)\b", texts_of(report))


def test_amounts_below_zero_alone_are_asked_about(tmp_path: Path) -> None:
    report, _speech = reported(write(tmp_path, *FILES["only returns"]))
    (sales,) = (section for section in report.sections if section.key == "sales")
    assert sales.finding == "Nothing was sold for an amount above zero; €180 were given back."
    assert "its sign is turned round" in texts_of(report)
    assert not any(isinstance(block, Drawing) for block in sales.blocks)


def test_advice_with_next_to_nothing_at_stake_is_not_given(tmp_path: Path) -> None:
    rows = [f"2026-0{1 + n % 6}-0{1 + n % 9},{1000 + n}.00,c{n % 40}" for n in range(400)]
    few = write(tmp_path, "date,amount,customer", *rows, "2026-06-09,1.00,new")
    report, _speech = reported(few)
    assert "Bring the newest back within weeks" not in [advice.title for advice in report.advice]


def test_a_group_left_alone_gets_its_effect_and_is_no_category(tmp_path: Path, drawer: Drawer) -> None:
    report, speech = reported(write(tmp_path, *GROUPS), "fr")
    section = report.sections[-1]
    assert (section.key, section.title) == ("proof", "Est-ce que cela a marché\u202f?")
    counts, *effects = [block for block in section.blocks if isinstance(block, Grid)]
    assert [row[:2] for row in counts.rows] == [["courriel", "60"], ["témoin", "40"]]
    assert [(grid.title, grid.rows[0][-1]) for grid in effects] == [("Ont racheté", "plus"), ("Ventes nettes", "plus")]
    assert "entre acheteurs" in texts_of(report)
    assert "1 client figure dans plusieurs groupes" in texts_of(report)
    assert "Le nom ne fait" not in texts_of(report)
    assert ("Groupe du client", "groupe") in report.sections[0].blocks[-1].rows  # type: ignore[union-attr]
    assert "Est-ce que cela a marché" in read_aloud(write_html(report, speech, drawer))


def test_campaigns_without_a_group_left_alone_are_counted_and_prove_nothing(tmp_path: Path) -> None:
    head, *rows = GROUPS
    named = [row.replace("témoin", "").replace("courriel", "Noël") for row in rows]
    path = write(tmp_path, head.replace("groupe", "campagne"), *named)
    report, _speech = reported(path)
    (grid,) = (block for block in report.sections[-1].blocks if isinstance(block, Grid))
    assert grid.rows == [["Noël", "181", "61", "61", "€1,854"]]
    assert "needs a group left alone" in texts_of(report)


def satisfied_buyers(people: int = 120) -> list[str]:
    """Who is a point more satisfied buys once more, for five more; the answer stands on the first purchase alone."""
    rows = ["date,client,montant,satisfaction"]
    for n in range(people):
        level = 1 + n % 5
        rows += [f"2026-0{1 + k}-1{n % 10},c{n},{10 + 5 * level}.00,{level if k == 0 else ''}" for k in range(level)]
    return rows


def test_satisfaction_in_the_file_brings_its_curves(tmp_path: Path, drawer: Drawer) -> None:
    report, speech = reported(write(tmp_path, *satisfied_buyers()), "fr")
    section = report.sections[-1]
    assert (section.key, section.title) == ("satisfaction", "Satisfaction, profit et fidélité")
    margin, again = [block for block in section.blocks if isinstance(block, Grid)]
    assert [row[:3] for row in margin.rows] == [
        ["1", "24", "4,50\xa0€"], ["2", "24", "12,00\xa0€"], ["3", "24", "22,50\xa0€"],
        ["4", "24", "36,00\xa0€"], ["5", "24", "52,50\xa0€"],
    ]  # fmt: skip
    assert [row[2] for row in again.rows] == ["0,0\xa0%", *["100,0\xa0%"] * 4]
    assert section.finding.count("plus la satisfaction est grande, plus il y en a") == 2
    assert "120 clients sur 120" in texts_of(report)
    assert ("Satisfaction", "satisfaction") in report.sections[0].blocks[-1].rows  # type: ignore[union-attr]
    assert not NOT_NUMBERS.search(read_aloud(write_html(report, speech, drawer)))
    assert write_pdf(report, speech, drawer).startswith(b"%PDF")


def test_a_column_of_texts_or_of_one_answer_is_no_satisfaction(tmp_path: Path) -> None:
    for name, answer in (("texts", "very good"), ("one", "5"), ("large", "250")):
        lines = [line.rpartition(",")[0] + "," + answer for line in satisfied_buyers()[1:]]
        report, _speech = reported(write(tmp_path, "date,client,montant,rating", *lines, name=f"{name}.csv"))
        assert [section.key for section in report.sections] == CHAPTERS


def test_a_file_without_categories_says_why_it_tells_no_types(tmp_path: Path) -> None:
    report, _speech = reported(write(tmp_path, *FILES["all bought once"]))
    assert "no product has a category" in texts_of(report)


def test_one_reason_is_told_once_with_the_rows_it_holds_for(tmp_path: Path) -> None:
    rows = [f"{1 + n % 28:02}/03/2026;1{n},50 €;c{n % 9}" for n in range(60)]
    bad = [*(f"{n:02}/13/2026;5,00 €;c1" for n in range(1, 12)), "Total;900,00 €;", "07/03/2026;cadeau;c2"]
    report, _speech = reported(write(tmp_path, "Date;Montant;Client", *rows, *bad), "fr")
    (grid,) = (block for block in report.sections[0].blocks if isinstance(block, Grid) and "écartées" in block.title)
    assert grid.rows == [
        ["« 01/13/2026 » n’est pas une date comme 22/11/2026 ou 22/11/2026 14:05, et 11 autres valeurs de ce genre",
         "12", "61"],
        ["« cadeau » n’est pas un nombre", "1", "73"],
    ]  # fmt: skip
    assert report.sections[0].finding == "Lignes lues\xa0: 73\xa0; retenues\xa0: 60\xa0; écartées\xa0: 13."


def test_a_customer_as_large_as_all_others_is_asked_about(tmp_path: Path) -> None:
    rows = [f"2026-0{1 + n % 6}-1{n % 10},10.00,c{n % 120}" for n in range(400)]
    largest = [f"2026-0{1 + n % 6}-05,2000.00,COMPTOIR" for n in range(30)]
    report, _speech = reported(write(tmp_path, "date,amount,customer", *rows, *largest))
    assert "One customer (COMPTOIR) makes 93.8% of the sales." in texts_of(report)
    report, _speech = reported(write(tmp_path, "date,amount,customer", *rows))
    assert "One customer (" not in texts_of(report)


def test_a_file_that_holds_itself_twice_is_asked_about(tmp_path: Path) -> None:
    rows = [f"2026-0{1 + n % 6}-1{n % 10},1{n}.00,c{n % 40}" for n in range(80)]
    report, _speech = reported(write(tmp_path, "date,amount,customer", *rows, *rows))
    assert "see whether the file holds the same export twice" in texts_of(report)
    report, _speech = reported(write(tmp_path, "date,amount,customer", *rows, *rows[:3]))
    assert "3 rows repeat another row exactly" in texts_of(report)
    assert "twice" not in texts_of(report)


def test_a_file_without_a_needed_column_is_told_with_the_columns_it_has(tmp_path: Path) -> None:
    path = write(tmp_path, "couleur;taille", "rouge;4", "bleu;5")
    with pytest.raises(MalformedMapping) as refused, open_purchases(path, language="fr", now=NOW):
        pass
    told = in_language(refused.value.message, "fr")
    assert told.startswith("Le fichier n’a pas de colonne qui puisse être «\xa0Date\xa0»")
    assert "couleur, taille" in told


# 60 of the group written to buy three times for 10, 11 or so; 40 left alone once; one customer stands in both.
GROUPS = [
    "date,client,montant,groupe",
    *(f"2026-0{1 + k}-1{n % 10},m{n},{10 + n % 2 * 0.5:.2f},courriel" for n in range(60) for k in range(3)),
    *(f"2026-02-1{n % 10},t{n},{9 + n % 2:.2f},témoin" for n in range(40)),
    "2026-01-11,x,9.00,courriel",
    "2026-01-12,x,9.00,témoin",
]


def test_the_report_draws_whatever_the_pages_draw():
    """Both read the same definitions: an instruction that one of them does not know leaves a drawing without shapes."""
    browser = (Path(fidelia.ui.__file__).parent / "static" / "ui" / "charts.js").read_text(encoding="utf-8")
    known = re.compile(r"if \(part\.\$(\w+)\)")
    assert set(known.findall(browser)) == set(known.findall(drawing._DRAW)) >= {"ticks", "fit", "share"}
    bars = sorted_bars([("Café", 691), ("Thé", 524)], unit=Unit(), language="fr", heading="Sorte", value_name="Clients")
    with open_drawer() as drawer:
        svg = drawer.draw(bars, width=600, height=200)
    bars_drawn = re.findall(r'<path d="M([\d.]+) [\d.]+L([\d.]+) [^"]*A[^"]*" fill="#0b6e7f"', svg)
    widths = [float(right) - float(left) for left, right in bars_drawn]
    assert len(widths) == 2
    assert abs(widths[0] / widths[1] - 691 / 524) < 0.02
