"""Plans: what a file would change, cost and break; as text, HTML and exit code; applied and exported by the command."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.insight.backtest.plan_words import exit_code, plan_as_html, plan_as_text, relative_change
from fidelia.insight.operations.planning import plan_text
from fidelia.kernel.errors import Denied
from fidelia.programme.errors import UnknownProgramme
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import draft_version, export_text, publish_version
from fidelia.rules.documents import write_text
from fidelia.worker.command import main
from tests.cast import PIZARRO, SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT

from .history import FIRST, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Shop:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    made = Shop()
    made.live(6)
    return made


def changed() -> str:
    document = deepcopy(FIRST)
    document["rules"][0]["points_per"]["points"] = "2"
    document["rules"].append({"key": "gift", "name": {"en": "Gift", "fr": "Cadeau"}, "points": "5",
                              "when": 'purchase.channel == "app"'})  # fmt: skip
    return write_text(document)


def test_it_says_what_changes_what_it_costs_and_what_is_worth_a_look(shop: Shop) -> None:
    plan = plan_text(by=ANALYST, at=AT, text=changed(), slug="cercle")
    assert [(each["kind"], each["name"]) for each in plan["differences"]["fr"]] == [
        ("changed", "Un point par euro"), ("added", "Cadeau"),
    ]  # fmt: skip
    was, now = plan["backtest"]["by_rule"]["base"]
    assert now == 2 * was > 0
    assert {"kind": "unreached", "rule": "gift", "other": ""} in plan["warnings"]
    assert {"kind": "unbounded", "rule": "gift", "other": ""} in plan["warnings"]
    assert exit_code(plan) == 2
    text = plan_as_text(plan, "fr")
    assert "Preuve" in text
    assert "+ Cadeau" in text
    assert "«\u00a0Cadeau\u00a0»\u00a0: aucun achat de l’historique ne la remplit." in text
    page = plan_as_html(plan, "en")
    assert page.startswith('<!doctype html><html lang="en">')
    assert "Points by rule" in page


def multiplied_together(document: dict[str, Any]) -> list[set[str]]:
    plan = plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle", replays=False)
    return [{each["rule"], each["other"]} for each in plan["warnings"] if each["kind"] == "multiplies"]


def test_rules_that_multiply_together_are_told_once_and_only_where_the_document_touches_them(shop: Shop) -> None:
    document = deepcopy(FIRST)
    assert multiplied_together(document) == [], "as it is in force"
    double = {"key": "double", "name": {"en": "Double", "fr": "Double"}, "multiply_points": {"by": 2}}
    document["rules"] += [double, {**deepcopy(double), "key": "triple", "multiply_points": {"by": 3}}]
    found = multiplied_together(document)
    assert {"double", "triple"} in found
    assert len(found) == len({frozenset(pair) for pair in found})
    assert all(pair & {"double", "triple"} for pair in found)


def lowered_together(shop: Shop, *rules: dict[str, Any], **parts: Any) -> list[set[str]]:
    document = {"rules": [*deepcopy(FIRST["rules"][:3]), *rules], **parts}
    plan = plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle", replays=False)
    return [{each["rule"], each["other"]} for each in plan["warnings"] if each["kind"] == "lowers"]


def off(key: str, percent: int, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": {"en": key, "fr": key}, "percent_off": {"percent": str(percent)}, **more}


def test_rules_that_lower_the_same_prices_are_told_unless_something_keeps_them_apart(shop: Shop) -> None:
    assert lowered_together(shop, off("a", 10), off("b", 20)) == [{"a", "b"}]
    assert lowered_together(shop, off("a", 10, not_with=["b"]), off("b", 20)) == []
    assert lowered_together(shop, off("a", 10, stops=True), off("b", 20)) == []
    assert lowered_together(shop, off("a", 10, stops="lines"), off("b", 20)) == []
    assert lowered_together(shop, off("a", 10, exclusive=True), off("b", 20)) == []
    coffee, ware = 'line.category == "coffee"', 'line.category == "ware"'
    assert lowered_together(shop, off("a", 10, lines=coffee), off("b", 20, lines=ware)) == []
    morning, evening = "purchase.hour < 12", "purchase.hour >= 18"
    assert lowered_together(shop, off("a", 10, when=morning), off("b", 20, when=evening)) == []
    spring = {"valid_until": "2026-04-01T00:00:00Z"}, {"valid_from": "2026-04-01T00:00:00Z"}
    assert lowered_together(shop, off("a", 10, **spring[0]), off("b", 20, **spring[1])) == []
    groups = [{"key": "one", "policy": "best"}]
    assert lowered_together(shop, off("a", 10, group="one"), off("b", 20, group="one"), groups=groups) == []
    caps = {"caps": [{"key": "c", "percent": 25}]}
    assert lowered_together(shop, off("a", 10), off("b", 20), checkout=caps) == []
    delivery = {**off("b", 20), "percent_off": {"percent": "20", "of": "shipping"}}
    assert lowered_together(shop, off("a", 10), delivery) == []
    document = {"rules": [*deepcopy(FIRST["rules"][:3]), off("a", 10), off("b", 20)]}
    plan = plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle", replays=False)
    assert "“a” and “b” lower the prices of the same lines" in plan_as_text(plan, "en")
    assert "baissent les prix des mêmes lignes" in plan_as_text(plan, "fr")


def test_what_is_in_force_changes_nothing(shop: Shop) -> None:
    plan = plan_text(by=ANALYST, at=AT, text=write_text(FIRST), slug="cercle")
    assert (exit_code(plan), plan["backtest"]) == (0, None)
    assert "Nothing changes" in plan_as_text(plan, "en")


def test_who_may_not_see_plans_nothing_and_an_unknown_programme_is_told(shop: Shop) -> None:
    with pytest.raises(Denied):
        plan_text(by=PIZARRO, at=AT, text=changed(), slug="cercle")
    with pytest.raises(UnknownProgramme):
        plan_text(by=ANALYST, at=AT, text=changed(), slug="other")


def test_the_command_plans_applies_and_exports(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, page = tmp_path / "circle.yaml", tmp_path / "plan.html"
    file.write_text("# ours\n" + changed(), encoding="utf-8")
    assert main(["programme", "plan", str(file), "--html", str(page), "--no-backtest"]) == 2
    assert "What changes" in capsys.readouterr().out
    assert page.exists()
    assert main(["programme", "apply", str(file), "--note", "twice"]) == 0
    draft = ProgrammeVersion.objects.get(number=2)
    assert (draft.state, draft.note) == ("draft", "twice")
    assert main(["programme", "export", "--version", "2", "--output", str(tmp_path / "out.yaml")]) == 0
    assert (tmp_path / "out.yaml").read_text(encoding="utf-8") == export_text(by=ANALYST, version=draft)


def test_a_mistake_is_said_at_its_line_as_editors_want_it(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "circle.yaml"
    file.write_text("rules:\n  - key: a\n    name: {en: A, fr: A}\n    pionts: 5\n", encoding="utf-8")
    assert main(["programme", "plan", str(file)]) == 1
    assert capsys.readouterr().err.startswith(f"{file}:4:13: ")
    assert main(["programme", "plan", str(tmp_path / "nowhere.yaml")]) == 1


def test_it_sets_the_document_beside_the_version_of_today_over_all_history(shop: Shop) -> None:
    """History was decided by version 1; version 2, in force today, doubles; the document is version 1 again."""
    second = deepcopy(FIRST)
    second["rules"][0]["points_per"]["points"] = "2"
    made = draft_version(by=SYSTEM, at=AT + timedelta(days=10), programme=shop.programme, document=second)
    publish_version(by=ANALYST, at=AT + timedelta(days=10), version=made)
    plan = plan_text(by=ANALYST, at=AT + timedelta(days=11), text=write_text(FIRST), slug="cercle")
    found = plan["backtest"]
    was, now = found["beside"]["by_rule"]["base"]
    assert (found["changed"], found["points"][0]) == (0, found["points"][1]), "what happened is what it gives"
    assert was == 2 * now > 0
    assert found["beside"]["number"] == 2
    assert found["beside"]["points"][1] == found["points"][1]
    assert found["beside"]["points"][0] == sum(pair[0] for pair in found["beside"]["by_rule"].values())
    assert found["beside"]["points"][0] == sum(pair[0] for pair in found["beside"]["by_month"].values())
    assert found["beside"]["members"]["lose"] > 0 == found["beside"]["members"]["gain"]
    assert "Face à la version 2 sur le même historique" in plan_as_text(plan, "fr")
    assert "Against version 2 over the same history" in plan_as_html(plan, "en")


def told(shop: Shop, document: dict[str, Any], language: str = "en") -> str:
    return plan_as_text(plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle"), language)


def test_what_a_replay_does_not_follow_is_said_and_not_shown_as_no_change(shop: Shop) -> None:
    document = deepcopy(FIRST)
    document["points"] = document["points"] | {"validity_months": 12}
    assert "No figure above shows what changes in: Life of points." in told(shop, document)
    document["cheques"] = [{"key": "c", "name": {"en": "C", "fr": "C"}, "points": "300", "money": "10"}]
    plan = plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle")
    assert plan["not_replayed"] == ["points", "cheques"]
    assert "No figure above" not in told(shop, deepcopy(FIRST) | {"rules": FIRST["rules"][1:]})


def test_a_rule_by_another_key_is_told_as_the_same_and_what_is_no_more_by_its_name(shop: Shop) -> None:
    document = deepcopy(FIRST)
    document["rules"][0]["key"] = "euro"
    plan = plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle")
    assert {"kind": "renamed", "rule": "euro", "other": "base"} in plan["warnings"]
    assert {"kind": "unbounded", "rule": "euro", "other": ""} not in plan["warnings"]
    text = plan_as_text(plan, "en")
    assert "“One point per euro” has another key (it was base): its limits count anew." in text
    assert "  base: " not in text
    assert text.count("  One point per euro: ") >= 2
    document["rules"][0]["points_per"]["points"] = "3"
    again = plan_text(by=ANALYST, at=AT, text=write_text(document), slug="cercle")
    assert "renamed" not in {each["kind"] for each in again["warnings"]}


def test_more_taken_back_reads_as_more_and_an_amount_that_turns_has_no_share(shop: Shop) -> None:
    assert relative_change(-1052, -1887, "en") == "+79.4%"
    assert relative_change(-1887, -1052, "fr") == "\u221244,3\u00a0%"
    assert relative_change(1052, 1887, "en") == "+79.4%"
    plan = plan_text(by=ANALYST, at=AT, text=changed(), slug="cercle")
    plan["backtest"]["by_rule"][""] = [-1052, -1887]
    assert "  taken back with returns: \u22121,052 \u2192 \u22121,887 (+79.4%)\n" in plan_as_text(plan, "en")
    plan["backtest"]["by_rule"][""] = [-1052, 12]
    assert "  taken back with returns: \u22121,052 \u2192 12\n" in plan_as_text(plan, "en")


def test_a_cheque_that_changes_is_told_in_sentences(shop: Shop) -> None:
    document = deepcopy(FIRST)
    document["cheques"] = [{"key": "c", "name": {"en": "C", "fr": "C"}, "points": "300", "money": "10"}]
    text = told(shop, document)
    assert "+ Every 300\u00a0points become \u20ac10.00 " in text
    assert "points: '300'" not in text
