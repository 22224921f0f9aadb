"""Templates: each publishes, passes its own rule cases, and is kept as it is written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.operations import (
    TEMPLATES,
    ProgrammeTemplate,
    begin_from_template,
    export_text,
    publish_version,
    read_programme_text,
)
from fidelia.programme.queries import version_in_force
from fidelia.rules.cases import run_case
from fidelia.rules.documents.templates import template_cases
from tests.cast import PIZARRO, actor_with
from tests.programme.cast import AT

LEONORE = actor_with("programme.*", number=1)
FERNANDO = actor_with("programme.*", label="Fernando", number=2)
NAME = LocalizedText(en="Circle", fr="Cercle")
BY_KEY = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)


@BY_KEY
def test_it_passes_its_own_rule_cases(template: ProgrammeTemplate) -> None:
    document = template.document
    cases = template_cases(template.key)
    assert len(cases) >= 3
    for case in cases:
        known = ("rules", "groups", "checkout")
        rules: dict[str, Any] = {part: document[part] for part in known if part in document}
        assert run_case({**rules, **case}) == [], case["case"]


@BY_KEY
@pytest.mark.django_db
def test_it_publishes_and_comes_back_as_it_is_written(template: ProgrammeTemplate) -> None:
    version = begin_from_template(
        by=LEONORE, at=AT, template=template, slug="cercle", name=NAME, currency="EUR", time_zone="Europe/Paris"
    )
    publish_version(by=FERNANDO, at=AT, version=version)
    current = version_in_force(version.programme, AT + timedelta(seconds=1))
    assert current is not None
    assert current.number == 1
    text = export_text(by=LEONORE, version=current)
    assert text.endswith(template.text)
    assert read_programme_text(text).document == template.document


@pytest.mark.django_db
def test_who_may_not_begins_nothing() -> None:
    with pytest.raises(Denied):
        begin_from_template(
            by=PIZARRO, at=AT, template=TEMPLATES[0], slug="a", name=NAME, currency="EUR", time_zone="Europe/Paris"
        )
