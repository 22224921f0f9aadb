"""A forecast: what is asked for, how far it is, and what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from fidelia.insight.models import Forecast
from fidelia.jobs.models import Job

from .types import Input, Output, Slug, shown


class ForecastIn(Input):
    """Which version, how many months ahead, and the seed of chance: the same seed draws the same futures."""

    model_config = shown({"programme": "fidelio", "version": 4, "months": 12})
    programme: Slug
    version: int = Field(ge=1, le=1_000_000)
    months: int = Field(12, ge=1, le=24)
    seed: int = Field(1, ge=0, le=2**31 - 1)


class ForecastOut(Output):
    """A forecast as a job: its `result` is there once its state is “done”; `error_code` says why one failed."""

    model_config = shown(
        {
            "id": "019a5c1e-8a11-7d01-8b7e-51f4f2f0aa01",
            "state": "running",
            "done": 4000,
            "total": 10000,
            "created_at": "2026-03-02T09:30:00Z",
            "ended_at": None,
            "error_code": None,
            "result": None,
        }
    )
    id: UUID
    state: Literal["queued", "running", "pausing", "paused", "stopping", "stopped", "failed", "done"]
    done: int = Field(description="Purchases and returns replayed so far.")
    total: int | None
    created_at: datetime
    ended_at: datetime | None
    error_code: str | None
    result: dict[str, Any] | None = Field(
        description="Bands by month of points issued, spent, expiring and held, the liability, tiers, budgets, and how "
        "the same forecast made earlier held; points in whole points, money in minor units."
    )


def forecast_out(job: Job, made: Forecast | None) -> ForecastOut:
    return ForecastOut(
        id=job.id,
        state=job.state,  # type: ignore[arg-type]
        done=job.done,
        total=job.total,
        created_at=job.created_at,
        ended_at=job.ended_at,
        error_code=job.error_code or None,
        result=made.result if made is not None else None,
    )
