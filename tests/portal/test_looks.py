"""A programme's own look: in the portal, its style sheet, its manifest and icons; the portal's look elsewhere."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fidelia.access.models import Audit
from fidelia.kernel.clock import now
from fidelia.programme.models import ProgrammeLook
from fidelia.programme.operations.looks import Look, set_look
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM, leonore, marzelline
from tests.ui.test_pictures import PNG, png

from .members_shop import inside, open_doors

pytestmark = pytest.mark.django_db
YELLOW = {"brand_color": "#ffcc00", "accent_color": "#cc0055", "paper_color": "#FFFFFF"}
PAGE = "/console/programmes/cercle/look/"


def signed_in() -> Client:
    client = Client()
    client.force_login(leonore())
    return client


def test_members_see_the_look_of_their_programme_and_strangers_that_of_the_portal() -> None:
    shop = open_doors()
    set_look(by=SYSTEM, at=now(), programme=get_programme("cercle"), look=Look(name="Cercle Or", logo=PNG, **YELLOW))
    client = inside(shop.customer_id)
    for path in ("/", "/me/"):
        page = client.get(path).content.decode()
        assert "programme=cercle&amp;v=" in page
    assert 'alt="Cercle Or"' in client.get("/").content.decode()
    assert "programme=" not in Client().get("/login/").content.decode()
    theme = client.get("/theme.css?programme=cercle&v=1")
    assert "--brand:#FFCC00;--on-brand:#000000;" in theme.content.decode()
    assert "max-age" in theme["Cache-Control"]
    for unknown in ("/theme.css", "/theme.css?programme=no-such"):
        assert "--brand:#1F3D36;--on-brand:#FFFFFF;" in client.get(unknown).content.decode()
    manifest = client.get("/manifest.webmanifest?programme=cercle&v=1").json()
    assert (manifest["name"], manifest["theme_color"]) == ("Cercle Or", "#FFCC00")
    icon = manifest["icons"][0]["src"]
    assert client.get(icon).content != client.get("/icon-192.png").content
    logo = client.get("/logo?programme=cercle&ground=dark")  # without one of its own the logo stands there too
    assert (logo.content, logo["Content-Type"], logo["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")
    assert "sandbox" in logo["Content-Security-Policy"]
    assert client.get("/logo").status_code == 404, "the portal has no logo"


def test_it_is_kept_in_the_console_shown_and_taken_away() -> None:
    open_doors()
    client = signed_in()
    assert "comme l’espace adhérent" in client.get(PAGE).content.decode()
    pictures = {"logo": SimpleUploadedFile("a.png", PNG), "dark_logo": SimpleUploadedFile("b.png", png(4, 4))}
    assert client.post(PAGE, {**YELLOW, "name": "Cercle Or", **pictures}).status_code == 302
    found = ProgrammeLook.objects.get()
    assert (found.name, found.brand_color, found.logo_type, found.dark_logo_type) == (
        "Cercle Or", "#FFCC00", "image/png", "image/png",
    )  # fmt: skip
    page = client.get(PAGE).content.decode()
    assert "\u00a0:\u00a01" in page
    assert client.get(f"{PAGE}logo/?ground=dark").content == png(4, 4)
    client.post(PAGE, {**YELLOW, "name": "", "no_dark_logo": "on"})
    found.refresh_from_db()
    assert (bytes(found.logo), bytes(found.dark_logo), found.name) == (PNG, b"", "")
    assert client.get(f"{PAGE}logo/?ground=dark").status_code == 404
    client.post(f"{PAGE}removal/")
    client.post(f"{PAGE}removal/")
    assert ProgrammeLook.objects.count() == 0
    assert Audit.objects.filter(verb="programme.change_look").count() == 3


def test_what_is_refused_is_said_and_keeps_nothing() -> None:
    open_doors()
    client = signed_in()
    for changed, said in (
        ({"brand_color": "yellow"}, "hexad"),
        ({"paper_color": "#303030"}, "contraste"),
        ({"logo": SimpleUploadedFile("a.svg", b"<svg onload='x'/>")}, "PNG"),
        ({"dark_logo": SimpleUploadedFile("a.png", PNG[:-9])}, "PNG"),
        ({"logo": SimpleUploadedFile("a.png", PNG + b"0" * 200_000)}, "PNG"),
        ({"name": "x" * 61}, "60"),
    ):
        answer = client.post(PAGE, {**YELLOW, **changed})
        assert answer.status_code == 422, changed
        assert said in answer.content.decode(), changed
    assert ProgrammeLook.objects.count() == 0


def test_who_may_not_changes_nothing() -> None:
    open_doors()
    cashier = Client()
    cashier.force_login(marzelline())
    for path in (PAGE, f"{PAGE}removal/"):
        assert cashier.post(path, YELLOW).status_code == 403
    assert signed_in().get("/console/programmes/no-such/look/").status_code == 404
    assert ProgrammeLook.objects.count() == 0
