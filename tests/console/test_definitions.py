"""Every number with its definition: figures, charts and columns of numbers, on every page of insight."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fidelia.access.models import User
from fidelia.console.urls import urlpatterns
from fidelia.insight.fits.scoring.keeping import DRIFTED
from fidelia.insight.models import Chapter, ScoreKind, ScoreVersion
from fidelia.insight.operations import refresh, write_chapters
from fidelia.insight.report.terms import CHAPTERS, meaning_of
from tests.cast import AT, SYSTEM, leonore
from tests.console.defined import undefined
from tests.insight.rhythms import people_of_rhythms

pytestmark = pytest.mark.django_db(transaction=True)
SEEN = {
    "insight", "insight-rfm", "insight-cell", "insight-chapter", "insight-people", "insight-score-versions",
    "insight-budget",  # seen by test_allocation
    "insight-effects",  # seen full by test_effects, which launches what it shows
}  # fmt: skip
WITHOUT_NUMBERS = {
    "insight-refreshing", "insight-slices", "insight-slicing", "insight-workbook",
    "insight-report", "insight-monthly", "insight-monthly-reader", "insight-people-segment", "insight-finding",
    "insight-score-choice", "insight-rule-resume", "insight-refresh",
    "insight-budget-table", "insight-budget-withdrawal",
}  # fmt: skip


FULL = {
    "changes", "sales", "rfm", "frat", "lifecycle", "cohorts", "value", "churn", "scores", "portfolio", "products",
    "profit", "scores/versions",
}  # fmt: skip


def test_no_page_of_insight_is_forgotten() -> None:
    names = {str(one.name) for one in urlpatterns if str(getattr(one, "name", "")).startswith("insight")}
    assert names <= SEEN | WITHOUT_NUMBERS, names - SEEN - WITHOUT_NUMBERS


def test_what_has_no_definition_is_found() -> None:
    """The check itself, on a figure, a card and a column without one."""
    html = """<div class="f-card f-figures"><div class="f-figure"><div class="f-figure-label">Sales</div></div></div>
    <section class="f-card"><h2 class="f-card-title">A</h2><table><tr><th>Who</th><th class="f-n">How many</th></tr>
    </table></section><section class="f-card"><h2 class="f-card-title">B</h2><button class="f-info"></button>
    <div class="f-definition"><dl><dt>Told</dt></dl></div><table><tr><th class="f-n">Told</th><th class="f-n">Not</th>
    </tr></table></section>"""
    assert undefined(html) == (["figure: Sales", "card: A", "column of “B”: Not"], 4)


@pytest.mark.slow  # one refresh and its chapters of 130 people
def test_every_number_of_every_page_has_its_definition(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    people_of_rhythms()
    manager = leonore()
    write_chapters(by=SYSTEM, at=AT, refresh=refresh(by=SYSTEM, at=AT))
    _more_versions()
    client = Client()
    client.force_login(User.objects.get(id=manager.id))
    for language in ("en", "fr"):
        User.objects.filter(id=manager.id).update(language=language)
        found, counted = {}, {}
        for page, chapter in _pages(client, language):
            answer = client.get(page)
            assert answer.status_code == 200, page
            found[page], counted[page] = undefined(answer.content.decode(), _tells_all(chapter, language))
        assert not {page: missing for page, missing in found.items() if missing}
        shown = {re.sub(r".*/insight/|/$", "", page) for page, count in counted.items() if count}
        assert shown >= FULL, "the pages have numbers to be looked at"


def _tells_all(chapter: str, language: str) -> Any:
    def tells(title: str) -> bool:
        meaning = meaning_of(chapter, title, language)
        return meaning is not None and meaning.whole

    return tells


def _pages(client: Client, language: str) -> list[tuple[str, str]]:
    """Each page with its chapter: the overview, the chapters, a cell, the lists that the chapters open, a customer."""
    chapters = [one.key for one in Chapter.objects.filter(language=language) if one.key != "cover"]
    assert set(chapters) == set(CHAPTERS), "each chapter has its terms"
    pages = [(reverse("console:insight"), "cover"), (reverse("console:insight-score-versions"), "")]
    for key in chapters:
        page = reverse("console:insight-rfm") if key == "rfm" else reverse("console:insight-chapter", args=(key,))
        pages.append((page, key))
        text = client.get(page).content.decode()
        pages += [(link.replace("&amp;", "&"), "") for link in re.findall(r'href="([^"]*/people/[^"]*)"', text)[:1]]
        pages += [(link, "") for link in re.findall(r'href="([^"]*/insight/rfm/\d-\d/)"', text)[:1]]
    who = re.search(r'href="(/console/customers/[^"/]+/)"', client.get(pages[-1][0]).content.decode())
    assert who is not None
    return [*pages, (f"{who.group(1)}insight/", "")]


def _more_versions() -> None:
    """The scores of campaigns, as a night after campaigns keeps them, so that their tables are looked at too."""
    kept = ScoreVersion.objects.filter(kind=ScoreKind.PURCHASE).first()
    assert kept is not None
    uplift = {"qini": 0.01, "qini_low": 0.001, "qini_high": 0.02, "of_best": 0.1, "of_all": 0.05}
    for kind, more in ((ScoreKind.RESPONSE, {}), (ScoreKind.UPLIFT, uplift)):
        ScoreVersion.objects.create(
            kind=kind, number=1, learnt_at=AT - timedelta(days=1), weights=kept.weights, spreads=kept.spreads,
            drift={"score": DRIFTED}, card=kept.card | {"campaigns": ["coffee"], "best": 50} | more,
        )  # fmt: skip
