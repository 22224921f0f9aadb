"""Files on their way in: imports with what came of them, and mappings saved by name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id

from .mapping import FileMapping
from .reading import parse_reading


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
    """A file that is brought in, as one target. `columns` are the file's; `mapping` is a FileMapping's document.

    `check_report` and `totals` are what its kind found and did (counts, and sums in minor units). At the end
    rows = recorded_rows + known_rows + double_rows + rejected_rows, where a double repeats a row of another sheet.
    `checked_mapping_hash` tells whether the check still speaks of the mapping as it is.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    target = models.CharField(max_length=40)
    file_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    file_size = models.BigIntegerField(default=0)
    columns = models.JSONField(default=list)
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

    @property
    def file_mapping(self) -> FileMapping:
        """The mapping, read as it was kept: a target may have changed since, its kind checks it again."""
        document = self.mapping
        return FileMapping(
            self.target,
            parse_reading(document.get("reading") or {}),
            dict(document.get("columns") or {}),
            dict(document.get("options") or {}),
        )


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


class Mending(models.Model):
    """A rejected row as a person mended it: it stands for the row of the file whenever that is staged again."""

    pk = models.CompositePrimaryKey("import_id", "row_number")
    import_id = models.UUIDField()
    row_number = models.BigIntegerField()
    cells = models.TextField()
    by_label = models.CharField(max_length=150)
    mended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.import_id}/{self.row_number}"


class RecordedChange(models.Model):
    """One thing that an import added (`before` is null) or changed, by its key in its own table.

    `outcome` says what taking the import back made of it: put_back, removed, kept_as_changed, kept_as_used.
    """

    import_id = models.UUIDField()
    thing = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField()
    outcome = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        db_table = "intake_change"
        indexes = [models.Index(fields=["import_id", "id"], name="changes_of_an_import")]

    def __str__(self) -> str:
        return f"{self.import_id}/{self.thing}"
