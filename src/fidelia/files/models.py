"""Stored files."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.actor import Scope
from fidelia.kernel.ids import new_id


class StoredFile(models.Model):
    """One keeping of a content (`content_hash` is its SHA-256 in hex), under the name its owner gave it.

    `purpose` says what it was kept for ("import", "rejected rows"); `personal` that people can be told from it. With
    `kept_until` it is forgotten by itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    content_hash = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    purpose = models.CharField(max_length=40)
    personal = models.BooleanField()
    partner_id = models.UUIDField(null=True)
    by_kind = models.CharField(max_length=6)
    by_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=150)
    kept_at = models.DateTimeField()
    kept_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(size__gte=0), name="a file has a size")]
        indexes = [
            models.Index(fields=["content_hash"], name="files_by_content"),
            models.Index(fields=["kept_until"], name="files_to_forget", condition=Q(kept_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id)
