"""Whatever the published schema lets one write comes back from text and from the database as it was written.

Documents are drawn from the schema itself, so that a member that is added to it is drawn from that day on; what drawn
parts mean together is for the readers to refuse, and a part that they refuse is left out before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import PointsCurrency, Programme
from fidelia.programme.operations import apply_text, draft_version, export_text
from fidelia.programme.operations.points import add_points_currency
from fidelia.programme.queries import parse_document
from fidelia.rules.documents import document_schema, read_text, write_text
from tests.cast import actor_with
from tests.programme.cast import AT, programme

SCHEMA = document_schema()
LEONORE = actor_with("programme.*", "points.*", number=1)
CONDITIONS = st.sampled_from(["purchase.total >= 20", 'purchase.weekday == "monday"\n&& purchase.hour < 12\n'])
WORDS = st.text("aé&: #'\"-", min_size=1, max_size=8).filter(str.strip)
# What a kind of text holds, where the schema says no more than that it is one.
NAMED = {
    "valid_from": st.just("2026-12-01T00:00:00+01:00"), "valid_until": st.just("2027-02-01T00:00:00+01:00"),
    "lines": st.just('line.category == "coffee"'), "when": CONDITIONS, "to": st.just("MIL"), "from": st.just(""),
    "currency": st.just("MIL"), "code": st.just("MIL"), "time_zone": st.just("Europe/Paris"),
    "tier": st.just("gold"), "key": st.sampled_from(["gold", "silver", "base", "step"]), "by": st.just("product"),
}  # fmt: skip
CURRENCIES = st.fixed_dictionaries({"MIL": st.deferred(lambda: drawn(SCHEMA["$defs"]["points"]))})


def drawn(schema: dict[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    """Return what a schema lets one write; objects have each of their members or not."""
    if "$ref" in schema:
        target = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        return st.deferred(lambda: drawn(target, name))
    elif "const" in schema:
        return st.just(schema["const"])
    elif "enum" in schema:
        return st.sampled_from(schema["enum"])
    elif "properties" in schema:
        return _object(schema)
    elif "anyOf" in schema:
        return st.one_of([drawn(each, name) for each in schema["anyOf"]])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_plain({**schema, "type": kind}, name) for kind in kinds])


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    members = {name: drawn(each, name) for name, each in schema["properties"].items()}
    needed = set(schema.get("required", ()))
    choices = [set(each["required"]) for each in schema.get("oneOf", ()) if "required" in each] or [set()]
    either = set().union(*choices)
    return st.one_of(
        [
            st.fixed_dictionaries(
                {name: members[name] for name in members if name in needed | chosen},
                optional={name: each for name, each in members.items() if name not in needed | chosen | either},
            )
            for chosen in choices
        ]
    )


def _plain(schema: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
    match schema["type"]:
        case "object":
            inner = schema.get("additionalProperties")
            values = drawn(inner) if isinstance(inner, dict) else st.just(1)
            return st.dictionaries(st.sampled_from(["mug", "moka"]), values, min_size=1, max_size=2)
        case "array":
            return st.lists(drawn(schema["items"], name), min_size=1, max_size=min(2, schema.get("maxItems", 2)))
        case "integer":
            low = schema.get("minimum", 0)
            return st.integers(low, min(schema.get("maximum", low + 40), low + 40))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "number":
            return st.integers(1, 9)
    if name in NAMED:
        return NAMED[name]
    if "pattern" in schema:
        return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True).map(lambda text: text[:10])
    return WORDS


PARTS = {
    name: CURRENCIES if name == "currencies" else drawn(each, name)
    for name, each in SCHEMA["properties"].items() if name not in ("format", "programme", "rules")
}  # fmt: skip
RULES = st.lists(drawn({"$ref": "#/$defs/rule"}), max_size=3, unique_by=lambda rule: str(rule["key"]))
DOCUMENTS = st.fixed_dictionaries({"rules": RULES}, optional=PARTS)
UNHURRIED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def members_of(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of the members of a document, places in lists and names of products left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}/{name}"
            yield from members_of(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from members_of(inner, path)


def expected() -> set[str]:
    """The members of the schema's parts, and of what is listed in them."""
    named = {"plans": "plan", "offers": "offer", "cheques": "cheque", "conversions": "conversion", "groups": "group",
             "campaigns": "campaign", "rules": "rule", "currencies": ""}  # fmt: skip
    found = set()
    for part in SCHEMA["properties"]:
        definition = SCHEMA["$defs"].get(named.get(part, part))
        if part not in ("format", "programme") and definition is not None:
            found |= {f"/{part}/{name}" for name in definition["properties"]}
    return found


PIECES = {**PARTS, "rules": st.lists(drawn({"$ref": "#/$defs/rule"}), min_size=3, max_size=5)}


@pytest.mark.parametrize("part", PIECES)
def test_whatever_the_schema_lets_one_write_is_read_back_from_its_text(part: str) -> None:
    seen: set[str] = set()

    @settings(
        max_examples=160 if part == "rules" else 30, derandomize=True, deadline=None, suppress_health_check=UNHURRIED
    )
    @given(piece=PIECES[part])
    def is_read_back(piece: Any) -> None:
        document = {"rules": [], part: piece}
        seen.update(members_of(document))
        assert read_text(write_text(document)) == document
        assert write_text(read_text(write_text(document))) == write_text(document)

    is_read_back()
    assert {path for path in expected() if path.startswith(f"/{part}/")} <= seen, "every member was drawn"


@pytest.fixture
def shop() -> Programme:
    made = programme()
    miles = PointsCurrency.objects.create(code="MIL", name=LocalizedText(en="miles", fr="miles"), scale=0)
    add_points_currency(by=LEONORE, at=AT, programme=made, currency=miles, role="cagnotte")
    return made


def readable(of: Programme, document: dict[str, Any]) -> dict[str, Any]:
    """Leave out, one by one, the rules and the parts that the readers refuse."""
    kept: dict[str, Any] = {"rules": []}
    named = {part: document[part] for part in ("groups", "campaigns") if part in document}
    for name, part in [*named.items(), *(each for each in document.items() if each[0] not in named)]:
        tries = [{**kept, "rules": [*kept["rules"], rule]} for rule in part] if name == "rules" else []
        if name != "rules":
            with suppress(FideliaError):
                parse_document(of, {**kept, name: part}, version_id=UUID(int=0))
                kept[name] = part
        for rule in (tried["rules"][-1] for tried in tries):
            with suppress(FideliaError):
                parse_document(of, {**kept, "rules": [*kept["rules"], rule]}, version_id=UUID(int=0))
                kept["rules"] = [*kept["rules"], rule]
    return kept


def readable_one(of: Programme, part: str) -> Any:
    """Return the simplest that is drawn of a part and that the readers take."""
    search = settings(max_examples=5_000, derandomize=True, deadline=None, suppress_health_check=UNHURRIED)
    return find(PARTS[part], lambda piece: part in readable(of, {part: piece}), settings=search)


@pytest.mark.slow
@pytest.mark.django_db
def test_what_is_readable_goes_through_the_database_and_back_to_the_letter(shop: Programme) -> None:
    whole: set[str] = set()

    def goes_through(document: dict[str, Any]) -> None:
        asked = readable(shop, document)
        whole.update(asked)
        made = draft_version(by=LEONORE, at=AT, programme=shop, document=asked, text="")
        once = export_text(by=LEONORE, version=made)
        again = apply_text(by=LEONORE, at=AT, text=once)
        assert export_text(by=LEONORE, version=again) == once
        assert {name: part for name, part in again.document.items() if name != "format"} == asked

    drawn_often = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=UNHURRIED)
    drawn_often(given(document=DOCUMENTS)(goes_through))()
    for part in sorted(set(PARTS) - whole):  # of what is seldom readable as drawn, one that is
        goes_through({"rules": [], part: readable_one(shop, part)})
    assert set(PARTS) <= whole, "every part of a document was kept"
