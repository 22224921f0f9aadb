"""A forecast by the API: started once, followed, and read when it is done; no right, no answer."""

from __future__ import annotations

import pytest

from fidelia.insight.models import Forecast
from fidelia.jobs.models import Job, JobState
from fidelia.kernel import clock
from fidelia.programme.models import Programme, ProgrammeVersion
from tests.programme.cast import AT, programme

from .caller import Caller


@pytest.fixture
def slug(till: Caller) -> str:
    if not Programme.objects.filter(is_sandbox=False).exists():
        programme()
    return str(Programme.objects.filter(is_sandbox=False).get().slug)


def test_it_is_started_once_and_followed(slug: str) -> None:
    author = Caller("programme.see", "programme.draft")
    asked = {"programme": slug, "version": 1, "months": 3}
    first = author.post("/forecasts", asked, key="forecast-1")
    again = author.post("/forecasts", asked, key="forecast-1")
    assert (first.status, first.json()["state"], first.json()["result"]) == (201, "queued", None)
    assert again.json() == first.json()
    job = Job.objects.get(kind="insight.forecast")
    assert job.arguments == {"version_id": job.arguments["version_id"], "months": 3, "seed": 1}
    author.post("/forecasts", {**asked, "months": 4}, key="forecast-1").problem(409, "idempotency_key_reused")
    where = f"/forecasts/{first.json()['id']}"
    Job.objects.update(state=JobState.FAILED, error_code="too_little_to_fit", ended_at=clock.now(), done=7, total=90)
    found = author.get(where).json()
    assert (found["state"], found["error_code"], found["done"], found["total"]) == (
        "failed",
        "too_little_to_fit",
        7,
        90,
    )
    Caller("programme.see", "programme.draft").get(where).problem(404, "job_unknown")


def test_what_cannot_be_asked_and_who_may_not(slug: str) -> None:
    author = Caller("programme.see", "programme.draft")
    for months in (0, 25, "twelve"):
        author.post("/forecasts", {"programme": slug, "version": 1, "months": months}).problem(422, "invalid_request")
    author.post("/forecasts", {"programme": slug, "version": 99}).problem(404, "unknown_version")
    author.post("/forecasts", {"programme": "nope", "version": 1}).problem(404, "unknown_programme")
    Caller("programme.see").post("/forecasts", {"programme": slug, "version": 1}).problem(403, "denied")
    author.get(f"/forecasts/{'0' * 8}-0000-7000-8000-{'0' * 12}").problem(404, "job_unknown")
    assert not Job.objects.exists()


def test_its_result_is_there_once_it_is_done(slug: str) -> None:
    author = Caller("programme.see", "programme.draft")
    started = author.post("/forecasts", {"programme": slug, "version": 1, "months": 2}).json()
    version = ProgrammeVersion.objects.get(programme__slug=slug)
    kept = Forecast.objects.create(
        programme_id=version.programme_id, version_id=version.id, version_number=1, months=2, seed=1,
        result={"months": ["2026-04-01", "2026-05-01"]}, made_at=AT, made_by="ci",
    )  # fmt: skip
    Job.objects.filter(id=started["id"]).update(
        state=JobState.DONE, ended_at=clock.now(), result={"forecast_id": str(kept.id), "months": 2}
    )
    found = author.get(f"/forecasts/{started['id']}").json()
    assert (found["state"], found["result"]) == ("done", {"months": ["2026-04-01", "2026-05-01"]})
    kept.delete()
    assert author.get(f"/forecasts/{started['id']}").json()["result"] is None
