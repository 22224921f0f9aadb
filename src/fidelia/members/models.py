"""Tables of members: codes that were asked for, sessions, and links that were used."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id


class Aim(models.TextChoices):
    LOG_IN = "log_in"
    ADDRESS = "address"
    JOIN = "join"
    SPEND = "spend"


class Code(models.Model):
    """A code that a browser asked for, to log in or to prove a new address (of `customer_id`);
    or a till, for a member who spends many points: up to `points` minor units, asked for before they are spent.

    The six digits are kept nowhere: they follow from the id and this installation's secret. `token_hash` is what the
    browser holds. A row is there for an address that nobody has, too; after a day it is gone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token_hash = models.BinaryField(unique=True)
    aim = models.CharField(max_length=7, choices=Aim.choices)
    address = models.CharField(max_length=320)
    language = models.CharField(max_length=2)
    customer_id = models.UUIDField(null=True)
    points = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    entered_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_code"
        constraints = [
            models.CheckConstraint(
                condition=Q(aim__in=["log_in", "address", "join", "spend"]), name="a code is for a known aim"
            ),
            models.CheckConstraint(
                condition=~Q(aim="address") | Q(customer_id__isnull=False), name="an address is proven for a customer"
            ),
            models.CheckConstraint(
                condition=~Q(aim="spend") | Q(customer_id__isnull=False, points__gt=0),
                name="points are spent by a member",
            ),
            models.CheckConstraint(condition=Q(tries__lte=5), name="a code is tried five times at most"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SignUp(models.Model):
    """Somebody who asked to join: what they wrote, sealed until the code proves their address, and what became of it.

    `customer_id` is the one that a newcomer is to have; once joined, the one they are. A row that led to nothing is
    gone after a day. `finished_at` is when the card and the friend's code that they named were seen to; `card` and
    `referral` say what became of them, empty for none.
    """

    class Person(models.TextChoices):
        NEW = "new"
        KNOWN = "known"
        MEMBER = "member"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token_hash = models.BinaryField(unique=True)
    programme_id = models.UUIDField()
    customer_id = models.UUIDField(db_index=True)
    enrolment_id = models.UUIDField(null=True)
    person = models.CharField(max_length=6, choices=Person.choices, blank=True, default="")
    answers = models.TextField()
    card = models.CharField(max_length=12, blank=True, default="")
    referral = models.CharField(max_length=12, blank=True, default="")
    asked_at = models.DateTimeField(db_index=True)
    joined_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_sign_up"
        constraints = [
            models.CheckConstraint(
                condition=Q(joined_at__isnull=True)
                | Q(enrolment_id__isnull=False, person__in=["new", "known", "member"]),
                name="who joined has a membership",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class MemberSession(models.Model):
    """A device on which a member is logged in. `how`: by a code, or by the link of a message, which may do less."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token_hash = models.BinaryField(unique=True)
    customer_id = models.UUIDField()
    how = models.CharField(max_length=4)
    device = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_session"
        constraints = [
            models.CheckConstraint(condition=Q(how__in=["code", "link"]), name="a member comes by a code or a link"),
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="open_sessions_of_a_member", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.device


class UsedLink(models.Model):
    """A link of a message that was used, so that it works no second time."""

    message_id = models.UUIDField(primary_key=True)
    customer_id = models.UUIDField(db_index=True)
    used_at = models.DateTimeField()

    class Meta:
        db_table = "members_used_link"

    def __str__(self) -> str:
        return str(self.message_id)
