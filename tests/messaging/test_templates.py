"""Templates: tried out in both languages before they are kept, with limits that hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, connection

from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.messaging.errors import MalformedTemplate
from fidelia.messaging.models import TemplateVersion
from fidelia.messaging.operations import install_default_templates, write_template
from fidelia.messaging.queries import TemplateTexts, get_template_version, preview_template
from tests.cast import PIZARRO, SYSTEM

from .letters import DAY

pytestmark = pytest.mark.django_db(transaction=True)
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"


def write(subject: str = "Lampe {{ size }}", body: str = "Taille {{ size }}", **facts: Any) -> TemplateVersion:
    page = MJML.format(body)
    known: dict[str, Any] = {
        "key": "lamp",
        "name": LocalizedText(en="Lamp", fr="Lampe"),
        "texts": TemplateTexts(LocalizedText(en=subject, fr=subject), LocalizedText(en=page, fr=page)),
        "variables": {"size": {"doc": "How big.", "example": "<XL>"}},
    }
    return write_template(by=SYSTEM, at=DAY, **(known | facts))


def test_versions_are_numbered_and_the_same_again_is_no_new_one() -> None:
    assert [write().number, write().number, write(body="Toute petite {{ size }}").number] == [1, 1, 2]


def test_a_preview_fills_in_the_examples() -> None:
    shown = preview_template(by=SYSTEM, version=write(), language="fr")
    assert shown.subject == "Lampe <XL>"
    assert "Taille &lt;XL&gt;" in shown.html
    assert shown.text == "Taille <XL>\n"


def test_the_plain_text_lists_the_addresses_of_links() -> None:
    version = write(body='<a href="https://exemple.fr/?a=1&amp;b=2">Voir {{ size }}</a>')
    assert preview_template(by=SYSTEM, version=version, language="fr").text == (
        "Voir <XL> (https://exemple.fr/?a=1&b=2)\n"
    )


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"body": "{{ nothing }}"}, "/body"),
        ({"body": "{% if %}"}, "/body"),
        ({"body": "</mj-column>"}, "/body"),
        ({"body": "{% for i in (1..100000000) %}x{% endfor %}"}, "/body"),
        ({"body": "{% for i in (1..1500) %}" + "x" * 300 + "{% endfor %}"}, "/body"),
        ({"body": "{% include 'secrets' %}"}, "/body"),
        ({"subject": "{{ '' }}"}, "/subject"),
        ({"subject": "{{ size"}, "/subject"),
        ({"variables": {"customer": {"doc": "mine", "example": "x"}}}, "/variables/customer"),
        ({"variables": {"size": {"example": "x"}}}, "/variables/size"),
    ],
)
def test_what_would_break_for_a_customer_breaks_here(facts: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedTemplate) as refusal:
        write(**facts)
    assert refusal.value.pointer == pointer
    assert TemplateVersion.objects.count() == 0


def test_the_templates_of_the_product_are_installed_once_and_never_over_one_s_own() -> None:
    assert install_default_templates(by=SYSTEM, at=DAY) == 14
    assert install_default_templates(by=SYSTEM, at=DAY) == 0
    default = get_template_version(by=SYSTEM, key="points_earned")
    own = TemplateTexts(LocalizedText(en="Bravo", fr="Bravo"), default.body)
    write_template(
        by=SYSTEM, at=DAY, key="points_earned", name=default.template.name, texts=own, variables=default.variables
    )
    assert install_default_templates(by=SYSTEM, at=DAY) == 0
    assert get_template_version(by=SYSTEM, key="points_earned").subject.fr == "Bravo"


def test_it_asks_for_the_right() -> None:
    with pytest.raises(Denied):
        install_default_templates(by=PIZARRO, at=DAY)


@pytest.mark.parametrize(
    "verb", ["update messaging_template_version set number = 9", "delete from messaging_template_version"]
)
def test_a_version_says_the_same_for_ever(verb: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(verb)
