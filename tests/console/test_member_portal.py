"""The portal's settings and the rights requests in the console: who may, what is refused, what is kept."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fidelia.access.models import Audit
from fidelia.customers.models import Customer
from fidelia.kernel.clock import now
from fidelia.organisation.models import MemberPortal
from fidelia.persons.models import RightsRequest
from fidelia.persons.operations import ask_erasure
from fidelia.ui.colors import contrast
from tests.cast import SYSTEM, leonore, marzelline
from tests.ui.test_pictures import PNG

from .boutique import open_shop

pytestmark = pytest.mark.django_db
LOOK = {
    "is_open": "on", "name": "Maison Éléonore", "brand_color": "#1f3d36", "accent_color": "#A0521F",
    "paper_color": "#FBF6EE", "welcome_fr": "Vos points.", "welcome_en": "Your points.", "contact": "bonjour@x.example",
}  # fmt: skip


@pytest.fixture
def client() -> Client:
    open_shop()
    one = Client()
    one.force_login(leonore())
    return one


def test_it_is_opened_with_the_brands_look(client: Client) -> None:
    page = client.get("/console/settings/portal/").content.decode()
    assert "Fermé" in page
    assert client.post("/console/settings/portal/", LOOK).status_code == 302
    found = MemberPortal.objects.get()
    assert (found.is_open, found.name, found.brand_color) == (True, "Maison Éléonore", "#1F3D36")
    assert Audit.objects.filter(verb="portal.change").count() == 1
    page = client.get("/console/settings/portal/").content.decode()
    assert "11,8\u00a0:\u00a01" in page
    assert Client().get("/login/").status_code == 200
    client.post("/console/settings/portal/", {**LOOK, "is_open": ""})
    assert Client().get("/login/").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"paper_color": "#303030"}, "contraste"),
        ({"brand_color": "green"}, "hexad"),
        ({"brand_color": "#12345"}, "hexad"),
        ({"welcome_en": "  "}, "obligatoire"),
    ],
)
def test_what_could_not_be_read_is_refused_at_its_field(client: Client, changed: dict[str, str], said: str) -> None:
    answer = client.post("/console/settings/portal/", {**LOOK, **changed})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert MemberPortal.objects.count() == 0


def test_a_logo_is_a_small_picture_and_no_script(client: Client) -> None:
    for content in (b"<svg onload='x'/>", b"GIF89a" + b"0" * 9, PNG[:-9], PNG + b"0" * 200_000):
        logo = SimpleUploadedFile("logo.png", content, "image/png")
        assert client.post("/console/settings/portal/", {**LOOK, "logo": logo}).status_code == 422
    client.post("/console/settings/portal/", {**LOOK, "logo": SimpleUploadedFile("logo.png", PNG, "image/png")})
    answer = Client().get("/logo")
    assert (answer.content, answer["Content-Type"], answer["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")
    client.post("/console/settings/portal/", LOOK)  # without a file it stays
    assert Client().get("/logo").status_code == 200
    client.post("/console/settings/portal/", {**LOOK, "no_logo": "on"})
    assert Client().get("/logo").status_code == 404


def test_who_may_not_meets_a_closed_door(client: Client) -> None:
    cashier = Client()
    cashier.force_login(marzelline())
    for path in ("/console/settings/portal/", "/console/rights-requests/"):
        assert cashier.get(path).status_code == 403


def test_a_request_is_answered_once(client: Client) -> None:
    person = Customer.objects.get(family_name="Müller").id
    asked = ask_erasure(by=SYSTEM, at=now(), customer_id=person, note="Merci d’effacer", source="portal")
    page = client.get("/console/rights-requests/").content.decode()
    assert "Léonore Müller" in page
    assert "Merci d’effacer" in page
    path = f"/console/rights-requests/{asked.id}/"
    assert client.post(path, {"answer": "", "done": "1"}).status_code == 422
    assert client.post(path, {"answer": "Effacée le 3 mars", "done": "1"}).status_code == 302
    assert RightsRequest.objects.get().state == "done"
    assert client.post(path, {"answer": "encore", "refused": "1"}).status_code == 422
    assert "Effacée le 3 mars" in client.get(path).content.decode()
    assert "Personne n’attend" in client.get("/console/rights-requests/").content.decode()
    assert "Léonore Müller" in client.get("/console/rights-requests/?state=over").content.decode()


def test_contrast_is_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("#FFFFFF", "#FFFFFF") == 1


def test_a_customer_who_asked_is_erased_with_one_button_and_a_tick(client: Client) -> None:
    customer = Customer.objects.order_by("id")[0]
    asked = ask_erasure(by=SYSTEM, at=now(), customer_id=customer.id, note="adieu", source="portal")
    page = f"/console/rights-requests/{asked.id}/"
    assert "Effacer maintenant" in client.get(page).content.decode()
    answer = client.post(f"{page}erasure/", {}, follow=True).content.decode()
    assert "Rien n’a été effacé" in answer
    customer.refresh_from_db()
    assert not customer.is_erased
    others = Client()
    others.force_login(marzelline())
    assert others.post(f"{page}erasure/", {"sure": "yes"}).status_code == 403
    assert "effacées ou vidées" in client.post(f"{page}erasure/", {"sure": "yes"}, follow=True).content.decode()
    customer.refresh_from_db()
    assert customer.is_erased
    again = client.post(f"{page}erasure/", {"sure": "yes"}, follow=True)
    assert again.status_code == 200
    assert "Effacer maintenant" not in again.content.decode()
