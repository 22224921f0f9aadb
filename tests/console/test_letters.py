"""Letters looked at in the console: both languages, the look of a programme, nothing that runs."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.kernel.clock import now
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.operations.defaults import default_templates
from fidelia.programme.operations.looks import Look, set_look
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM, leonore, marzelline

from .boutique import open_shop

pytestmark = pytest.mark.django_db
YELLOW = Look(name="Cercle Or", brand_color="#FFCC00", accent_color="#CC0055", paper_color="#FFFFFF")


def signed_in() -> Client:
    open_shop()
    install_default_templates(by=SYSTEM, at=now())
    client = Client()
    client.force_login(leonore())
    return client


def test_every_letter_of_the_product_can_be_looked_at_in_both_languages() -> None:
    client = signed_in()
    listed = client.get("/console/messages/").content.decode()
    for template in default_templates():
        assert f"/console/messages/{template.key}/" in listed
        for language in ("fr", "en"):
            address = f"/console/messages/{template.key}/"
            page = client.get(f"{address}?language={language}").content.decode()
            assert template.name.fr in page
            shown = client.get(f"{address}page/?language={language}")
            assert f'lang="{language}"' in shown.content.decode()
            assert "{{" not in shown.content.decode()
            assert "sandbox" in shown["Content-Security-Policy"]
            assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert Message.objects.count() == 0, "a look sends nothing"


def test_a_letter_looks_as_its_programme_does() -> None:
    client = signed_in()
    plain = client.get("/console/messages/points_expiring/page/?programme=cercle").content.decode()
    assert "#FFCC00" not in plain
    set_look(by=SYSTEM, at=now(), programme=get_programme("cercle"), look=YELLOW)
    own = client.get("/console/messages/points_expiring/page/?programme=cercle").content.decode()
    assert "#FFCC00" in own
    assert "Cercle Or" in own
    assert "#000000" in own, "black can be read on yellow, white cannot"


def test_a_letter_that_is_not_there_or_not_for_this_person_is_not_shown() -> None:
    client = signed_in()
    assert client.get("/console/messages/no-such/").status_code == 404
    assert client.get("/console/messages/welcome/?language=xx&programme=nowhere").status_code == 200
    cashier = Client()
    cashier.force_login(marzelline())
    for path in ("", "welcome/", "welcome/page/"):
        assert cashier.get(f"/console/messages/{path}").status_code == 403
