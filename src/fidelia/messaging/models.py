"""Tables of messaging."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField


class Template(models.Model):
    """A message as people name it ("points_earned"); what it says is in its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    name = LocalizedTextField()
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class TemplateVersion(models.Model):
    """What a template says from one moment on, in both languages; the highest number is used. Append-only.

    `subject` and `plain` are Liquid, `body` is MJML with Liquid inside; an empty `plain` is derived from the body.
    `short` is Liquid too, and what a text message says; a template without one goes by e-mail alone.
    `variables` documents each variable: {"points": {"doc": "…", "example": "120"}}.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(Template, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    subject = LocalizedTextField()
    body = LocalizedTextField()
    plain = LocalizedTextField(null=True)
    short = LocalizedTextField(null=True)
    variables = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)
    author_label = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_template_version"
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="versions of a template are numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"


class Purpose(models.TextChoices):
    SERVICE = "service"
    MARKETING = "marketing"
    ACCESS = "access"
    HOUSE = "house"


class Channel(models.TextChoices):
    EMAIL = "email"
    SMS = "sms"


class State(models.TextChoices):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    IN_DOUBT = "in_doubt"


class Message(models.Model):
    """One template version to one customer: the delivery record. It keeps the inputs (`variables`), not the body.

    One for the `house` goes to somebody who works here: then `customer_id` is that user's id, and no customer's.

    `claimed_at` is when the delivery under way began. `reason` is a code (no_consent, smtp_550…), `detail` the server's
    words. `sent_to` is the address it went to; `address` one that it must go to, whatever else the customer has.
    `delivered_at` is when a telephone had the text, where the gateway reports it; `parts` as how many it was billed.
    `programme_id` names whose look it wears; without one it is the portal's.
    `sealed` holds variables that nobody shall read here, such as a code to log in; it is emptied when all is done.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_id = models.UUIDField()
    version = models.ForeignKey(TemplateVersion, models.PROTECT, related_name="messages", db_index=False)
    language = models.CharField(max_length=2)
    programme_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=40, blank=True, default="")
    detail = models.CharField(max_length=300, blank=True, default="")
    variables = models.JSONField(default=dict)
    sealed = models.TextField(blank=True, default="", db_default="")
    address = models.CharField(max_length=320, blank=True, default="", db_default="")
    cause_event_id = models.BigIntegerField(null=True)
    idempotency_key = models.CharField(max_length=200, unique=True)
    queued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    recoveries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    sent_to = models.CharField(max_length=320, blank=True, default="")
    message_id = models.CharField(max_length=200)
    provider_message_id = models.CharField(max_length=200, blank=True, default="")
    parts = models.PositiveSmallIntegerField(default=0, db_default=0)
    delivered_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="a message goes by a known channel"),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="a message is in one of the states of a message"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="a message has a purpose that is known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "suppressed", "in_doubt"]) | ~Q(reason=""),
                name="a message that was not sent says why",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="a message that was sent says when"
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], name="messages_to_be_sent", condition=Q(state="queued")),
            models.Index(fields=["claimed_at"], name="messages_being_sent", condition=Q(state="sending")),
            models.Index(fields=["customer_id", "queued_at"], name="messages_of_a_customer"),
            models.Index(fields=["updated_at", "id"], name="messages_in_order_of_change"),
            models.Index(
                fields=["provider_message_id"],
                name="messages_by_the_providers_name",
                condition=~Q(provider_message_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.message_id
