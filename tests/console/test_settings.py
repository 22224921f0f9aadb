"""Settings: users and roles, keys, stores, jobs, parked events, the audit."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import fidelia
from fidelia.access.models import ApiKey, Audit, RoleGrant, User
from fidelia.access.operations import create_user, grant_role
from fidelia.access.queries import list_users
from fidelia.console.words import ACTORS, ACTS, word
from fidelia.flow import REACTIONS
from fidelia.jobs.models import Job
from fidelia.jobs.operations import start_job
from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.kernel.ids import new_id
from fidelia.kernel.models import ParkedEvent
from fidelia.kernel.outbox.dispatching import dispatch_once
from fidelia.messaging.models import Template, TemplateVersion
from fidelia.organisation.models import Banner, Store
from tests.cast import PASSWORD, SYSTEM, jaquino, leonore, pizarro, rocco

from .boutique import Shop, open_shop
from .test_customers import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = "/console/settings/"
PAGES = ("users", "keys", "stores", "jobs", "events", "audit")


@pytest.mark.parametrize("page", ["users/", "users/new/", "keys/", "keys/new/", "stores/", "stores/new/",
                                  "banners/new/", "events/", "audit/"])  # fmt: skip
def test_who_may_do_nothing_is_refused(page: str) -> None:
    assert signed_in(pizarro()).get(SETTINGS + page).status_code == 403


def test_every_reaction_and_the_schedule_have_names_in_both_languages() -> None:
    codes = {*(reaction.name for reaction in REACTIONS), "schedule"}
    assert set(ACTORS) == codes
    for code in codes:
        with translation.override("en"):
            english = word(ACTORS, code)
        with translation.override("fr"):
            assert word(ACTORS, code) not in (code, english)


def test_users_stand_by_name_whatever_its_accents() -> None:
    for number, name in enumerate(("Zoé", "Fanny", "Émile", "elise")):
        create_user(by=SYSTEM, at=now(), email=f"user{number}@fidelio.example", name=name, password=PASSWORD)
    assert [user.name for user in list_users(by=SYSTEM)] == ["elise", "Émile", "Fanny", "Zoé"]


def test_the_administrator_finds_every_page() -> None:
    client = signed_in(rocco())
    page = text_of(client.get(SETTINGS))
    for name in PAGES:
        assert f'href="{SETTINGS}{name}/"' in page
        assert client.get(f"{SETTINGS}{name}/").status_code == 200


def test_a_user_is_added_given_a_role_and_let_go() -> None:
    client = signed_in(rocco())
    typed = {"name": "Fidelio", "email": "fidelio@fidelio.example", "password": "short", "language": "fr"}
    refused = client.post(f"{SETTINGS}users/new/", typed)
    assert "This password is too weak" in str(refused.context["form"].errors["password"])
    taken = client.post(
        f"{SETTINGS}users/new/", {**typed, "email": "ROCCO@fidelio.example", "password": "Abscheulicher!"}
    )
    assert "There is a user with this address already." in str(taken.context["form"].errors["email"])
    added = client.post(f"{SETTINGS}users/new/", {**typed, "password": "Wo eilst du hin?"})
    fidelio = User.objects.get(email="fidelio@fidelio.example")
    assert added.url == f"{SETTINGS}users/{fidelio.id}/"
    given = {"role_code": "analyst", "scope": ""}
    assert client.post(added.url, given).status_code == 302
    again = client.post(added.url, given)
    assert again.status_code == 422
    grant = RoleGrant.objects.get(user=fidelio)
    client.post(f"{added.url}roles/{grant.id}/revocation/")
    assert not RoleGrant.objects.filter(user=fidelio).exists()
    client.post(f"{added.url}deactivation/")
    assert not User.objects.get(pk=fidelio.pk).is_active


def test_the_last_administrator_stays() -> None:
    user = rocco()
    client = signed_in(user)
    grant = RoleGrant.objects.get(user=user)
    answer = client.post(f"{SETTINGS}users/{user.id}/roles/{grant.id}/revocation/", follow=True)
    assert "Somebody must remain who can administer this installation." in text_of(answer)
    assert RoleGrant.objects.filter(pk=grant.pk).exists()


def test_a_role_reaches_one_store(shop: Shop) -> None:
    client, user = signed_in(rocco()), jaquino()
    scope = f"store:{shop.lyon.partner_id}:{shop.lyon.id}"
    client.post(f"{SETTINGS}users/{user.id}/", {"role_code": "cashier", "scope": scope})
    grant = RoleGrant.objects.get(user=user, role_code="cashier")
    assert grant.store_id == shop.lyon.id
    assert "Lyon – Presqu’île" in text_of(client.get(f"{SETTINGS}users/{user.id}/"))


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def test_the_secret_of_a_key_is_shown_once() -> None:
    client = signed_in(rocco())
    typed = {"name": "Tills", "mode": "live", "rights": ["purchase.record"], "scope": "", "limit_per_minute": "600"}
    issued = client.post(f"{SETTINGS}keys/new/", typed)
    key = ApiKey.objects.get()
    secret = issued.context["issued"].text
    assert secret in text_of(issued)
    assert secret.startswith(f"live_{key.public_id}_")
    assert (key.rights, key.limit_per_minute) == (["purchase.record"], 600)
    listed = text_of(client.get(f"{SETTINGS}keys/"))
    assert "Tills" in listed
    assert secret not in listed
    client.post(f"{SETTINGS}keys/{key.id}/revocation/")
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "This key is revoked already." in text_of(client.post(f"{SETTINGS}keys/{key.id}/revocation/", follow=True))


def test_a_key_without_rights_or_limit_is_refused_at_the_field() -> None:
    client = signed_in(rocco())
    answer = client.post(
        f"{SETTINGS}keys/new/", {"name": "Tills", "mode": "live", "scope": "", "limit_per_minute": "0"}
    )
    assert answer.status_code == 422
    assert "rights" in answer.context["form"].errors
    answer = client.post(
        f"{SETTINGS}keys/new/",
        {"name": "Tills", "mode": "live", "rights": ["user.create"], "scope": "", "limit_per_minute": "10"},
    )
    assert "rights" in answer.context["form"].errors
    assert not ApiKey.objects.exists()


def test_a_store_and_a_banner_are_added(shop: Shop) -> None:
    client = signed_in(rocco())
    proposed = client.get(f"{SETTINGS}stores/new/").context["form"].initial
    assert proposed == {"country": "FR", "currency": "EUR", "time_zone": "Europe/Paris"}
    typed = {"name": "Nantes", "code": "nantes", "banner": str(shop.banner.id), "channel": "store",
             "opened_on": "2026-01-02", **proposed}  # fmt: skip
    for wrong, field in (({"code": "No Way"}, "code"), ({"code": "lyon"}, "code"),
                         ({"time_zone": "Paris"}, "time_zone"),
                         ({"country": "XX"}, "country"), ({"currency": "EURO"}, "currency")):  # fmt: skip
        answer = client.post(f"{SETTINGS}stores/new/", {**typed, **wrong})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert client.post(f"{SETTINGS}stores/new/", typed).status_code == 302
    assert Store.objects.filter(code="nantes").exists()
    banner = {"name": "Éléonore Thé", "code": "the", "partner": str(shop.banner.partner_id)}
    assert client.post(f"{SETTINGS}banners/new/", banner).status_code == 302
    assert Banner.objects.filter(code="the").exists()


def a_job() -> Job:
    return start_job(by=SYSTEM, at=now(), kind="installation.tidy", arguments={})


def test_a_job_is_stopped_and_resumed_from_its_bar() -> None:
    user, job = rocco(), a_job()
    client = signed_in(user)
    part = {"HX-Request": "true", "HX-Request-Type": "partial"}
    assert "1 job running" in text_of(client.get(f"{SETTINGS}jobs/"))
    bar = text_of(client.get(f"{SETTINGS}jobs/{job.id}/", headers=part))
    assert "<html" not in bar
    assert "hx-get" in bar
    stopped = text_of(client.post(f"{SETTINGS}jobs/{job.id}/stop/", headers=part))
    assert "resumption/" in stopped
    assert "hx-get" not in stopped
    assert Job.objects.get().state == "stopped"
    client.post(f"{SETTINGS}jobs/{job.id}/resumption/", headers=part)
    assert Job.objects.get().state == "queued"


def test_a_job_that_cannot_go_on_is_offered_neither_pause_nor_resumption() -> None:
    by = Actor.system("test")
    client = signed_in(rocco())
    job = start_job(by=by, at=now(), kind="demo.fill", arguments={"customers": 100, "seed": 1})
    client.post(f"{SETTINGS}jobs/{job.id}/stop/")
    page = f"{SETTINGS}jobs/{job.id}/"
    assert "resumption/" in text_of(client.get(page)), "it had not begun"
    Job.objects.update(state="running", started_at=now())
    running = text_of(client.get(page))
    assert ("pause/" in running, "stop/" in running) == (False, True)
    Job.objects.update(state="failed", error="The shop is half filled in.", ended_at=now())
    failed = text_of(client.get(page))
    assert ("resumption/" in failed, "The shop is half filled in." in failed) == (False, True)
    assert "resumption/" not in text_of(client.get(f"{SETTINGS}jobs/"))
    client.post(f"{page}resumption/")
    assert Job.objects.get().state == "failed"


def test_every_act_in_the_audit_has_words_in_both_languages() -> None:
    """Verbs are written as constants where something is audited; other names of that form stand there too."""
    written = set()
    for path in (Path(fidelia.__file__).parent).rglob("operations/**/*.py"):
        text = path.read_text(encoding="utf-8")
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            if "audit" in ast.unparse(call.func).lower():
                verbs = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
                written |= {verb for verb in verbs if isinstance(verb, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", verb)}
    assert {"user.log_in", "approval.give", "programme.withdraw"} <= written
    for verb in sorted(written):
        with translation.override("fr"):
            assert word(ACTS, verb) != verb
        with translation.override("en"):
            english = word(ACTS, verb)
        with translation.override("fr"):
            assert word(ACTS, verb) != english, verb


def test_the_result_of_a_job_stays() -> None:
    job = a_job()
    Job.objects.update(state="done", result={"rate_limits": 3}, started_at=now(), ended_at=now() + timedelta(seconds=9))
    page = text_of(signed_in(rocco()).get(f"{SETTINGS}jobs/{job.id}/"))
    assert "Rate limits" in page
    assert "in 9 s" in page


def test_a_job_of_others_is_not_there() -> None:
    job = a_job()
    client = signed_in(jaquino())
    assert client.get(f"{SETTINGS}jobs/{job.id}/").status_code == 404
    assert client.post(f"{SETTINGS}jobs/{job.id}/stop/").status_code == 403
    assert "job running" not in text_of(client.get("/console/"))


def parked(shop: Shop) -> ParkedEvent:
    """Without the template of the e-mail, its reaction can serve no purchase."""
    TemplateVersion.objects.all()
    for _ in range(5):
        dispatch_once(REACTIONS, by_of=lambda reaction: Actor.system(reaction.name), at=now())
    return ParkedEvent.objects.get(resolved_at__isnull=True, reaction="messaging.inform_of_points")


def test_a_parked_event_says_why_and_is_tried_again(shop: Shop) -> None:
    event = parked(shop)
    client = signed_in(rocco())
    page = text_of(client.get(f"{SETTINGS}events/"))
    assert "UnknownTemplate" in page
    assert "The e-mail about points" in page
    address = f"{SETTINGS}events/{event.reaction}/{event.event_id}/"
    again = text_of(client.post(f"{address}retry/", follow=True))
    assert "It failed again: UnknownTemplate" in again
    assert ParkedEvent.objects.get(pk=event.pk).resolution == ""


def test_a_parked_event_is_given_up_once(shop: Shop) -> None:
    event = parked(shop)
    client = signed_in(rocco())
    address = f"{SETTINGS}events/{event.reaction}/{event.event_id}/"
    client.post(f"{address}dismissal/")
    assert ParkedEvent.objects.get(pk=event.pk).resolution == "dismissed"
    assert "This event is no longer parked." in text_of(client.post(f"{address}dismissal/", follow=True))
    assert Audit.objects.filter(verb="event.dismiss").count() == 1
    assert client.post(f"{SETTINGS}events/no.reaction/1/retry/", follow=True).status_code == 200


def test_who_may_see_parked_events_may_not_always_act(shop: Shop) -> None:
    event = parked(shop)
    client = signed_in(leonore())
    page = text_of(client.get(f"{SETTINGS}events/"))
    assert "UnknownTemplate" in page
    assert "Give up" not in page
    assert client.post(f"{SETTINGS}events/{event.reaction}/{event.event_id}/dismissal/").status_code == 403


def test_the_audit_is_filtered_by_who_and_what() -> None:
    user = rocco()
    client = signed_in(user)
    other = leonore()
    grant_role(by=Actor("user", user.id, "Rocco", SYSTEM.grants), at=now(), user_id=other.id, role_code="finance")
    everything = client.get(f"{SETTINGS}audit/").context["rows"]
    his = client.get(f"{SETTINGS}audit/", {"who": str(user.id)}).context["rows"]
    assert [line.row.verb for line in his] == ["role.grant"]
    assert len(everything) > len(his)
    assert client.get(f"{SETTINGS}audit/", {"verb": "store.close"}).context["rows"] == []
    assert client.get(f"{SETTINGS}audit/", {"who": "nobody"}).context["rows"] == []
    one = client.get(f"{SETTINGS}audit/", {"type": "user", "object": str(other.id)}).context
    assert {line.row.object_id for line in one["rows"]} == {str(other.id)}


def test_the_audit_goes_on_beyond_a_page() -> None:
    user = rocco()
    Audit.objects.bulk_create(
        Audit(by_kind="user", by_id=user.id, by_label="Rocco", verb="store.close", object_type="store",
              object_id=str(new_id()), at=now())
        for _ in range(60)
    )  # fmt: skip
    client: Client = signed_in(user)
    first = client.get(f"{SETTINGS}audit/", {"verb": "store.close"})
    second = client.get(f"{SETTINGS}audit/{first.context['page'].next_url}")
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 10)
    assert Template.objects.count() == 0
