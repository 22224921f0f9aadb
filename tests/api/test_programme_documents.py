"""A programme as a file by the API: exported, planned, drafted; a mistake with its place; no right, no answer."""

from __future__ import annotations

import pytest

from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.rules.documents import write_text
from tests.programme.cast import DOCUMENT, programme

from .caller import Caller

TWICE = write_text({**DOCUMENT, "points": {"validity_months": 12, "ends": "month"}})


@pytest.fixture
def author(till: Caller) -> Caller:
    if not Programme.objects.filter(is_sandbox=False).exists():
        programme()
    return Caller("programme.see", "programme.draft")


def test_it_is_exported_planned_and_drafted(author: Caller) -> None:
    slug = author.get("/programmes").json()["data"][0]["slug"]
    text = author.get(f"/programmes/{slug}/document").json()["text"]
    assert text.startswith(f"programme:\n  slug: {slug}\n")
    plan = author.post("/programme-plans", {"text": text, "backtest": False}).json()
    assert (plan["differences"], plan["backtest"]) == ({"en": [], "fr": []}, None)
    asked = {"text": TWICE, "programme": slug, "note": "shorter"}
    made = author.post("/programme-drafts", asked)
    again = author.post("/programme-drafts", asked)
    assert (made.status, made.json()) == (201, again.json())
    assert made.json()["state"] == "draft"
    number = made.json()["number"]
    assert author.get(f"/programmes/{slug}/document?version={number}").json()["version"] == number
    author.get(f"/programmes/{slug}/document?version=99").problem(404, "unknown_version")


def test_a_mistake_is_told_with_its_pointer(author: Caller) -> None:
    text = "rules:\n  - {key: a, name: {en: A, fr: A}, pionts: 5}\n"
    problem = author.post("/programme-plans", {"text": text, "backtest": False}).problem(422, "rule_set_invalid")
    assert problem["pointer"] == "/rules/0/pionts" or problem["errors"][0]["pointer"].endswith("/rules/0/pionts")
    author.post("/programme-plans", {"text": "x" * 200_001}).problem(422, "invalid_request")
    author.post("/programme-plans", {"text": "a: &a [*a]"}).problem(422, "unreadable_text")


def test_who_may_not_reads_and_writes_nothing(author: Caller) -> None:
    count = ProgrammeVersion.objects.count()
    nobody = Caller("store.see")
    slug = author.get("/programmes").json()["data"][0]["slug"]
    assert nobody.get(f"/programmes/{slug}/document").status in (403, 404)
    assert nobody.post("/programme-plans", {"text": TWICE, "backtest": False}).status in (403, 404)
    assert nobody.post("/programme-drafts", {"text": TWICE}).status in (403, 404)
    reader = Caller("programme.see")
    reader.post("/programme-drafts", {"text": TWICE}).problem(403, "denied")
    assert ProgrammeVersion.objects.count() == count


def test_a_test_key_meets_no_live_programme(author: Caller) -> None:
    slug = author.get("/programmes").json()["data"][0]["slug"]
    sandbox = Caller("programme.see", "programme.draft", mode="test")
    asked = {"text": TWICE, "programme": slug}
    assert sandbox.post("/programme-plans", {**asked, "backtest": False}).status == 404
    assert sandbox.post("/programme-drafts", asked).status == 404


def test_a_draft_is_put_forward_once_and_its_standing_is_told(author: Caller) -> None:
    slug = author.get("/programmes").json()["data"][0]["slug"]
    number = author.post("/programme-drafts", {"text": TWICE, "programme": slug}).json()["number"]
    where = f"/programmes/{slug}/versions/{number}/approval"
    assert author.get(where).json()["standing"] == "not_asked"
    first, again = (author.post(where, {"note": "Pull request 214"}) for _ in range(2))
    assert (first.status, first.json()["standing"], first.json()["note"]) == (201, "asked", "Pull request 214")
    assert again.json() == first.json()
    assert author.get(where).json() == first.json()
    Caller("programme.see").post(where, {}).problem(403, "denied")
    author.post(f"/programmes/{slug}/versions/99/approval", {}).problem(404, "unknown_version")
    author.post(f"/programmes/{slug}/versions/1/approval", {}).problem(409, "version_not_draft")
    author.post(where, {"note": "x" * 1001}).problem(422, "invalid_request")
