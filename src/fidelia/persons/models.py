"""Tables of persons: what customers ask about their own data."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id


class RightsRequest(models.Model):
    """A person asks to be erased, and staff answer until `due_on`, a month later (GDPR, article 12).

    `note` is what the person wrote, `answer` what staff did or why not.
    """

    class Kind(models.TextChoices):
        ERASURE = "erasure"

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    source = models.CharField(max_length=20)
    note = models.CharField(max_length=500, blank=True, default="")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=150, blank=True, default="")
    answer = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "persons_request"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["erasure"]), name="a request is of a kind that staff can do"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "refused", "withdrawn"]),
                name="a request is open, done, refused or withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(answered_at__isnull=False), name="a request that is over says since when"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")),
                name="a request is answered after it was asked",
            ),
            models.UniqueConstraint(
                fields=["customer_id", "kind"],
                condition=Q(state="open"),
                name="a person asks for a thing once at a time",
            ),
        ]
        indexes = [models.Index(fields=["due_on", "id"], name="open_requests_by_due_day", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"
