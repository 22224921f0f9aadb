"""Files on their way in: imports with what came of them, and mappings saved by name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id


class ImportState(models.TextChoices):
    MAPPING = "mapping"  # its columns are being named
    CHECKING = "checking"
    CHECKED = "checked"  # the whole file was understood as far as it can be; nothing is written
    RECORDING = "recording"
    DONE = "done"
    STOPPED = "stopped"  # by a person; what was recorded stays, and it can go on
    FAILED = "failed"
    UNDONE = "undone"


class Import(models.Model):
    """A file that is brought in, as one target. `mapping` is a FileMapping's document.

    `check` and `totals` are what its kind found and did (counts, and sums in minor units); rows = recorded + known +
    rejected. `checked_mapping_hash` tells whether the check still speaks of the mapping as it is.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    target = models.CharField(max_length=40)
    file_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    file_size = models.BigIntegerField(default=0)
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=ImportState.choices, default=ImportState.MAPPING)
    check_report = models.JSONField(default=dict)
    checked_mapping_hash = models.CharField(max_length=64, blank=True, default="")
    totals = models.JSONField(default=dict)
    job_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    programme_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="an import is in a known state")
        ]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="imports_newest_first"),
            models.Index(fields=["file_hash"], name="imports_of_a_file"),
        ]

    def __str__(self) -> str:
        return self.file_name


class SavedMapping(models.Model):
    """A mapping kept by name, for the next file of the same sender."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    target = models.CharField(max_length=40)
    document = models.JSONField()
    by_label = models.CharField(max_length=150)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "intake_mapping"
        constraints = [models.UniqueConstraint(fields=["target", "name"], name="a mapping has one name in its target")]

    def __str__(self) -> str:
        return self.name
