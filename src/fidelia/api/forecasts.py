"""/forecasts: the months ahead under a version, as a job that is started, followed, and read when it is done."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.insight.jobs import FORECAST
from fidelia.insight.queries import find_forecast
from fidelia.jobs.errors import JobUnknown
from fidelia.jobs.models import Job, JobState
from fidelia.jobs.operations import start_job
from fidelia.jobs.queries import get_job
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.queries import get_version, see_programme

from .answers import answer
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.forecasts import ForecastIn, ForecastOut, forecast_out

forecasts = Router(tags=["programmes"])


@forecasts.post("", response={201: ForecastOut}, summary="Start a forecast", operation_id="start_forecast")
def start(request: HttpRequest, body: ForecastIn) -> HttpResponse:
    """Of the version in force and of the one named, by resampling what members did: a job, to be followed by its id.
    Needs the rights programme.draft and programme.see.
    """
    exchange, once = exchange_of(request), request_key(request)
    version = get_version(see_programme(by=exchange.by, slug=body.programme), body.version)
    label = LocalizedText(en=f"Forecast of version {version.number}", fr=f"Prévision de la version {version.number}")
    arguments = {"version_id": str(version.id), "months": body.months, "seed": body.seed}
    try:
        job = start_job(by=exchange.by, at=exchange.at, kind=FORECAST, arguments=arguments, label=label, once=once)
    except RequestRepeated as known:
        return _answer(get_job(by=exchange.by, job_id=UUID(known.resource_id)), status=201, replayed=True)
    return _answer(job, status=201)


@forecasts.get("/{uuid:forecast_id}", response=ForecastOut, summary="A forecast", operation_id="get_forecast")
def get(request: HttpRequest, forecast_id: UUID) -> HttpResponse:
    """How far it is and, when it is done, what it says. Needs to be one's own, or the right job.see."""
    exchange = exchange_of(request)
    job = get_job(by=exchange.by, job_id=forecast_id)
    if job.kind != FORECAST:
        raise JobUnknown("There is no such forecast.")
    exchange.by.require("programme.see")
    return _answer(job)


def _answer(job: Job, *, status: int = 200, replayed: bool = False) -> HttpResponse:
    made = (job.result or {}).get("forecast_id") if job.state == JobState.DONE else None
    return answer(forecast_out(job, find_forecast(UUID(str(made))) if made else None), status, replayed=replayed)
