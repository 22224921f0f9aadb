"""Jobs: long work with its progress."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from fidelia.kernel.actor import Scope
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"  # asked to; pauses at its next step
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


UNDER_WAY = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSING, JobState.STOPPING)
RESUMABLE = (JobState.PAUSED, JobState.STOPPED, JobState.FAILED)


class Job(models.Model):
    """One work of a kind. `run` counts its starts: what an earlier run still does is refused.

    `done` and `total` are units of the work (rows, customers…); `pace` is units a second in this run. `checkpoint` and
    `checkpoint_done` were committed together with the effects they describe: a resumed run goes on from there.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=80)
    label = LocalizedTextField()
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    run = models.IntegerField(default=0)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    pace = models.FloatField(null=True)
    checkpoint = models.JSONField(null=True)
    checkpoint_done = models.BigIntegerField(default=0)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=80, blank=True, default="")
    partner_id = models.UUIDField(null=True)
    by_kind = models.CharField(max_length=6)
    by_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="a job is in a known state"),
            models.CheckConstraint(
                condition=Q(done__gte=0, checkpoint_done__gte=0), name="a job has done nothing or something"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="jobs_in_order_of_asking"),
            models.Index(fields=["kind"], name="jobs_under_way", condition=Q(state__in=UNDER_WAY)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id)

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_resumable(self) -> bool:
        return self.state in RESUMABLE

    @property
    def time_left(self) -> timedelta | None:
        """How long the rest takes at the pace of this run; None when nobody can tell."""
        if self.total is None or not self.pace or self.state != JobState.RUNNING:
            return None
        return timedelta(seconds=max(0, self.total - self.done) / self.pace)
