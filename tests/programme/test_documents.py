"""The programme as one document: applied, exported to the letter, carried on by the builder, refused with its place."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.errors import HeadDiffers, MalformedDocument, NothingToApply, UnknownProgramme
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import (
    apply_text,
    draft_version,
    edit_draft,
    export_text,
    publish_version,
    read_programme_text,
)
from fidelia.programme.queries import get_programme
from fidelia.programme.queries.differences import compare_documents
from fidelia.rules.documents import place_of, write_text
from tests.cast import PIZARRO, actor_with
from tests.programme.cast import AT, DOCUMENT, programme

pytestmark = pytest.mark.django_db
LEONORE = actor_with("programme.*", number=1)
FERNANDO = actor_with("programme.*", label="Fernando", number=2)
MARCH, FEBRUARY = "2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z"
TEXT = """\
# The circle. Agreed on 12 January with the stores.
format: 1
programme:
  slug: cercle
  name: {en: Circle, fr: Cercle}
  currency: EUR
  time_zone: Europe/Paris
  points: {code: PTS, name: {en: points, fr: points}}
rules:
  # Everybody earns.
  - key: base
    name: {en: Base, fr: Base}
    points_per: {amount: "1", points: "1"}
points: {validity_months: 24, ends: month}  # two years
"""


def applied(text: str = TEXT) -> ProgrammeVersion:
    return apply_text(by=LEONORE, at=AT, text=text)


def test_a_document_makes_its_programme_and_comes_back_to_the_letter() -> None:
    version = applied()
    assert version.programme.slug == "cercle"
    assert export_text(by=LEONORE, version=version) == TEXT
    publish_version(by=FERNANDO, at=AT, version=version)
    with pytest.raises(NothingToApply):
        apply_text(by=LEONORE, at=AT + timedelta(hours=1), text=TEXT)
    assert ProgrammeVersion.objects.count() == 1


def test_what_the_builder_changes_is_changed_in_the_text() -> None:
    version = applied()

    def longer(document: dict[str, Any]) -> dict[str, Any]:
        document["points"]["validity_months"] = 36
        return document

    edited = edit_draft(by=FERNANDO, at=AT, version=version, edit=longer)
    assert export_text(by=LEONORE, version=edited) == TEXT.replace("validity_months: 24", "validity_months: 36")


def test_a_version_that_nobody_wrote_as_a_text_carries_the_comments_on() -> None:
    version = applied()
    publish_version(by=FERNANDO, at=AT, version=version)
    document = deepcopy(version.document)
    document["rules"].append({"key": "tea", "name": {"en": "Tea", "fr": "Thé"}, "points": "5"})
    later = draft_version(by=LEONORE, at=AT, programme=version.programme, document=document)
    text = export_text(by=LEONORE, version=later)
    assert "# Everybody earns." in text
    assert read_programme_text(text).document == document


def test_a_programme_without_a_text_is_exported_with_its_head() -> None:
    made = programme()
    version = made.versions.get()
    text = export_text(by=LEONORE, version=version)
    read = read_programme_text(text)
    assert read.slug == made.slug
    assert read.document == DOCUMENT
    assert export_text(by=LEONORE, version=apply_text(by=LEONORE, at=AT, text=text)) == text


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("rules:", "rulez:", "/rulez"),
        ("points_per:", "point_per:", "/rules/0/point_per"),
        ("validity_months", "validity_month", "/points/validity_month"),
        ("24", "two", "/points/validity_months"),
        ("format: 1", "format: 2", "/format"),
        ("slug: cercle", "slog: cercle", "/programme/slog"),
        ("currency: EUR", "currency: ''", "/programme/currency"),
        ("{code: PTS, name: {en: points, fr: points}}", "{code: PTS}", "/programme/points/name"),
        ("{en: Base, fr: Base}", "{en: Base}", "/rules/0/name"),
        ("    points_per", f"    valid_from: {MARCH}\n    valid_until: {FEBRUARY}\n    points_per",
         "/rules/0/valid_until"),
        ("points: {v", "  - {key: base, name: {en: a, fr: a}, points: 1}\npoints: {v", "/rules/1/key"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place_and_nothing_is_written(old: str, new: str, pointer: str) -> None:
    text = TEXT.replace(old, new, 1)
    with pytest.raises(FideliaError) as refusal:
        applied(text)
    assert refusal.value.pointer == pointer
    assert place_of(text, refusal.value) is not None
    assert not Programme.objects.exists()


def test_the_nearest_name_is_named() -> None:
    with pytest.raises(FideliaError) as refusal:
        applied(TEXT.replace("points_per:", "point_per:"))
    assert refusal.value.message.endswith("Did you mean “points_per”?")
    with pytest.raises(MalformedDocument, match=r"Did you mean “rules”\?"):
        applied(TEXT.replace("rules:", "rulez:"))


@pytest.mark.parametrize(
    ("old", "new"), [("EUR", "CHF"), ("Europe/Paris", "UTC"), ("en: Circle", "en: Ring"), ("PTS", "XYZ")]
)
def test_a_head_that_is_not_true_is_refused(old: str, new: str) -> None:
    applied()
    with pytest.raises(HeadDiffers):
        applied(TEXT.replace(old, new))
    assert ProgrammeVersion.objects.count() == 1


def test_a_document_without_a_head_needs_a_name_where_there_are_several() -> None:
    body = TEXT[TEXT.index("rules:") :]
    with pytest.raises(UnknownProgramme):
        applied(body)
    applied()
    assert applied(body).number == 2
    with pytest.raises(HeadDiffers):
        apply_text(by=LEONORE, at=AT, text=TEXT, slug="other")


def test_who_may_not_applies_and_exports_nothing() -> None:
    version = applied()
    with pytest.raises(Denied):
        apply_text(by=PIZARRO, at=AT, text=TEXT.replace("24", "12"))
    with pytest.raises(Denied):
        export_text(by=PIZARRO, version=version)
    drafter = actor_with("programme.draft")
    with pytest.raises(Denied):
        apply_text(by=drafter, at=AT, text=TEXT.replace("slug: cercle", "slug: new"))
    assert ProgrammeVersion.objects.count() == 1


NAMES = st.fixed_dictionaries(
    {tongue: st.text("aé&: #'\"", min_size=1, max_size=8).filter(str.strip) for tongue in ("en", "fr")}
)
EFFECTS = st.one_of(
    st.builds(lambda n: {"points": str(n)}, st.integers(1, 500)),
    st.builds(
        lambda a, p: {"points_per": {"amount": f"{a}.50", "points": str(p)}}, st.integers(1, 9), st.integers(1, 9)
    ),
    st.builds(lambda n: {"multiply_points": {"by": f"1.{n}"}}, st.integers(1, 9)),
    st.builds(lambda n: {"percent_off": n}, st.integers(1, 50)),
    st.builds(lambda n: {"sets": {"of": 3, "take": n}}, st.integers(1, 3)),
)
CONDITIONS = st.sampled_from(
    ["purchase.total >= 20", 'purchase.weekday == "monday"\n&& purchase.hour < 12\n', "!purchase.is_first"]
)
RULES = st.lists(
    st.tuples(st.sampled_from("abcdefg"), NAMES, EFFECTS, st.none() | CONDITIONS),
    max_size=5,
    unique_by=lambda rule: rule[0],
).map(lambda rules: [_rule(*rule) for rule in rules])


def _rule(key: str, name: dict[str, str], effect: dict[str, Any], when: str | None) -> dict[str, Any]:
    return {"key": key, "name": name, **effect, **({"when": when} if when else {})}


PROGRAMMES = st.fixed_dictionaries(
    {"rules": RULES},
    optional={
        "points": st.builds(lambda n: {"validity_months": n, "ends": "month"}, st.integers(1, 60)),
        "tiers": st.builds(
            lambda n: {
                "window_days": n, "kept_days": 365,
                "levels": [{"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": str(n)}],
            },
            st.integers(1, 900),
        ),
        "purchases": st.builds(lambda n: {"claim_days": n}, st.integers(0, 90)),
    },
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(document=PROGRAMMES)
def test_random_programmes_go_through_the_database_and_back_to_the_letter(document: dict[str, Any]) -> None:
    head = TEXT[: TEXT.index("rules:")].replace("slug: cercle", "slug: random")
    text = f"{head}{write_text(document)}"
    kept = apply_text(by=LEONORE, at=AT, text=text)
    kept.refresh_from_db()
    assert export_text(by=LEONORE, version=kept) == text
    assert kept.document == {"format": 1, **document}
    unwritten = draft_version(by=LEONORE, at=AT, programme=kept.programme, document=document, text="")
    once = export_text(by=LEONORE, version=unwritten)
    again = apply_text(by=LEONORE, at=AT, text=once)
    assert export_text(by=LEONORE, version=again) == once
    assert again.document == document


def test_two_documents_are_compared_in_words_of_both_languages() -> None:
    applied()
    made = get_programme("cercle")
    before = read_programme_text(TEXT).document
    after = deepcopy(before)
    after["rules"][0]["points_per"]["points"] = "2"
    after["rules"].append({"key": "tea", "name": {"en": "Tea", "fr": "Thé"}, "points": "5"})
    after["points"]["validity_months"] = 12
    told = [
        (each.kind, each.name, each.before, each.after) for each in compare_documents(made, before, after, "fr")
    ]  # fmt: skip
    assert [(kind, name) for kind, name, _before, _after in told] == [
        ("changed", "Base"), ("added", "Thé"), ("changed", "Vie des points"),
    ]  # fmt: skip
    assert told[2][2] == ("Les points vivent 24\u00a0mois après leur gain, jusqu’à la fin de ce mois.",)
    assert told[2][3] == ("Les points vivent 12\u00a0mois après leur gain, jusqu’à la fin de ce mois.",)
    english = compare_documents(made, before, after, "en")
    assert (english[0].before, english[0].after) == (
        ("1 point for every €1.00.",), ("2 points for every €1.00.",),
    ) or english[0].before != english[0].after  # fmt: skip
    assert compare_documents(made, before, before, "en") == []


def test_rules_that_change_places_are_told_and_what_has_no_words_is_told_as_it_is_written() -> None:
    made = programme()
    after = deepcopy(DOCUMENT)
    after["rules"].reverse()
    after["purchases"] = {"claim_days": 10}
    found = compare_documents(made, DOCUMENT, after, "en")
    assert [(each.kind, each.part) for each in found] == [("moved", "rules"), ("added", "purchases")]
    assert found[1].after == ("claim_days: 10",)
