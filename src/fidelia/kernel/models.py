"""Tables of the kernel: the outbox."""

from __future__ import annotations

from django.db import models


class OutboxEvent(models.Model):
    """An announced event. Append-only; `xid` is the writer's transaction, by which the dispatcher never skips one."""

    event_id = models.BigAutoField(primary_key=True)
    epoch = models.SmallIntegerField(db_default=0, editable=False)  # below 0: from the cluster of a restored dump
    xid: models.Field[int, int] = models.BigIntegerField(db_default=0, editable=False)  # xid8 in the database
    name = models.CharField(max_length=80)
    schema_version = models.SmallIntegerField()
    origin = models.CharField(max_length=12)
    customer_id = models.UUIDField(null=True)
    payload = models.JSONField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "kernel_outbox"
        managed = False  # its columns need types and defaults that Django cannot say; see migration 0002


class OutboxCursor(models.Model):
    """How far one reaction has come, and what it waits for when something it needs does not answer."""

    reaction = models.CharField(max_length=120, primary_key=True)
    epoch = models.SmallIntegerField(db_default=0)
    xid: models.Field[int, int] = models.BigIntegerField()  # xid8 in the database
    event_id = models.BigIntegerField()
    moved_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True)
    waiting_for = models.TextField(db_default="")

    class Meta:
        db_table = "kernel_outbox_cursor"
        managed = False


class ParkedEvent(models.Model):
    """An event that a reaction could not serve, with the reason; seen, retried or dismissed in the console.

    `waits_for` names the earlier event of the same customer behind which this one stands; it has not been tried.
    """

    reaction = models.CharField(max_length=120)
    event_id = models.BigIntegerField()
    customer_id = models.UUIDField(null=True)
    reason = models.TextField()
    waits_for = models.BigIntegerField(null=True)
    attempts = models.SmallIntegerField(default=1)
    parked_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        db_table = "kernel_parked_event"
        constraints = [
            models.UniqueConstraint(fields=["reaction", "event_id"], name="an event is parked once per reaction"),
        ]
        indexes = [
            models.Index(
                fields=["reaction", "customer_id"],
                name="parked_events_that_wait",
                condition=models.Q(resolved_at__isnull=True),
            ),
            models.Index(
                fields=["event_id"], name="parked_events_to_keep", condition=models.Q(resolved_at__isnull=True)
            ),
        ]
