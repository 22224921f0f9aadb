"""Programmes, their versions, members, tiers, pools, openings and what they were told."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField


class PointsCurrency(models.Model):
    """What a programme counts in: points, miles, or euros of a cagnotte (scale 2). The ledger knows it by its code.

    `negative_policy` is what a return does with points that are spent: it is refused, takes only what is pending, takes
    what is left, or takes all and lets the balance go below zero.
    """

    class Negative(models.TextChoices):
        FORBID = "forbid"
        ONLY_PENDING = "only_pending"
        WITHIN_BALANCE = "within_balance"
        UNLIMITED = "unlimited"

    class Look(models.TextChoices):
        POINTS = "points"
        MILES = "miles"
        MONEY = "money"

    code = models.CharField(max_length=12, primary_key=True)
    name = LocalizedTextField()
    scale = models.SmallIntegerField(default=0)
    may_go_negative = models.BooleanField(default=False)
    negative_policy = models.CharField(max_length=16, choices=Negative.choices, default=Negative.WITHIN_BALANCE)
    look = models.CharField(max_length=10, choices=Look.choices, default=Look.POINTS)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scale__gte=0, scale__lte=4), name="a points currency has 0 to 4 decimals"
            ),
            models.CheckConstraint(
                condition=Q(may_go_negative=True, negative_policy="unlimited")
                | (Q(may_go_negative=False) & ~Q(negative_policy="unlimited")),
                name="a balance goes below zero where the policy has no limit",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Programme(models.Model):
    """A loyalty programme: one money, one points currency, one time zone in which its days begin and end."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(unique=True, max_length=60)
    name = LocalizedTextField()
    currency = models.CharField(max_length=3)
    points_currency = models.ForeignKey(PointsCurrency, on_delete=models.PROTECT)
    time_zone = models.CharField(max_length=60)
    is_sandbox = models.BooleanField(default=False)
    partner_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    # By whose tiers all members stand: behind the one in force until their tiers were derived anew.
    tiers_version_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return self.slug


class ProgrammeVersion(models.Model):
    """A document, and the text (empty where none was) that says it. A draft may change; published, it never does."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    document = models.JSONField()
    text = models.TextField(blank=True, default="", db_default="")
    note = models.CharField(max_length=300, blank=True, default="")
    author_id = models.UUIDField(null=True)
    author_label = models.CharField(max_length=150)
    publisher_label = models.CharField(max_length=150, blank=True, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    in_force_from = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="versions of a programme are numbered"),
            models.CheckConstraint(
                condition=Q(state="draft", in_force_from__isnull=True) | Q(in_force_from__isnull=False),
                name="a published version says from when it is in force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} v{self.number}"


class Enrolment(models.Model):
    """A customer's membership of a programme; several may point at one account (a family pool)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="enrolments")
    customer_id = models.UUIDField()
    account_id = models.UUIDField(db_index=True)
    enrolled_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=30)
    store_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    is_provisional = models.BooleanField(default=False, db_default=False)  # nobody is known yet: its points wait
    followed_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="follows", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "programme"],
                condition=Q(ended_at__isnull=True),
                name="a customer is enrolled once at a time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("enrolled_at")),
                name="an enrolment ends after it began",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="enrolments_of_a_customer"),
            models.Index(
                fields=["followed_by"], name="enrolments_that_followed", condition=Q(followed_by__isnull=False)
            ),
            models.Index(
                fields=["customer_id", "programme"],
                name="memberships_that_ended",
                condition=Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class TierPeriod(models.Model):
    """A tier held from one instant to another. Never overwritten: a re-derivation supersedes rows and adds new ones.

    `tier_set`: key of the set, empty for the main one; `announced_at`, `noticed_at`: when beginning and end were told.
    """

    id = models.BigAutoField(primary_key=True)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="tier_periods")
    tier_set = models.CharField(max_length=40, blank=True, default="", db_default="")
    tier = models.CharField(max_length=40)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "tier_set", "valid_from"],
                condition=Q(superseded_at__isnull=True),
                name="one tier begins at an instant",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="a tier ends after it began",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tier", "valid_until", "enrolment"],
                name="holders_of_a_tier",
                condition=Q(superseded_at__isnull=True),
            ),
            models.Index(
                fields=["valid_from"],
                name="tiers_not_yet_announced",
                condition=Q(superseded_at__isnull=True, announced_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.tier}"


class TierGrant(models.Model):
    """A tier held until its own end whatever is earned, such as one brought along from another programme."""

    id = models.BigAutoField(primary_key=True)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="tier_grants")
    tier = models.CharField(max_length=40)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    source_type = models.CharField(max_length=20)
    source_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "programme_tier_grant"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="a granted tier ends after it began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.tier}"


class Opening(models.Model):
    """Members brought along from another programme with what they had there at `cut_over`; its id is the import's."""

    id = models.UUIDField(primary_key=True)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="openings")
    source = models.CharField(max_length=80)
    cut_over = models.DateTimeField()
    recorded_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.source


class OpeningMember(models.Model):
    """A member whom an opening touched; `is_enrolled` says that it is a member by this opening."""

    opening = models.ForeignKey(Opening, on_delete=models.PROTECT, related_name="members", db_index=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="openings")
    is_enrolled = models.BooleanField()
    tier = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        db_table = "programme_opening_member"
        constraints = [
            models.UniqueConstraint(fields=["opening", "enrolment"], name="an opening touches a member once"),
        ]

    def __str__(self) -> str:
        return f"{self.opening_id} {self.enrolment_id}"


class OpeningLot(models.Model):
    """One balance of a row of the file: so many points, minor units, that die at the end of a local day (null: never).

    `currency` is empty for the main one. `row_number` and `place` make the key of its posting, so a row posts once."""

    opening = models.ForeignKey(Opening, on_delete=models.PROTECT, related_name="lots", db_index=False)
    row_number = models.BigIntegerField()
    place = models.SmallIntegerField()
    account_id = models.UUIDField()
    currency = models.CharField(max_length=12, blank=True, default="")
    amount = models.BigIntegerField()
    expires_on = models.DateField(null=True)
    earned_on = models.DateField(null=True)
    posting_id = models.UUIDField()

    class Meta:
        db_table = "programme_opening_lot"
        constraints = [
            models.UniqueConstraint(
                fields=["opening", "row_number", "place"], name="a balance of a row is opened once"
            ),
        ]
        indexes = [models.Index(fields=["account_id"], name="opening_lots_of_an_account")]

    def __str__(self) -> str:
        return f"{self.opening_id} {self.row_number}.{self.place}"


class ProgrammeCurrency(models.Model):
    """A further currency of a programme beside its main one: points that qualify for tiers, a cagnotte in euros."""

    class Role(models.TextChoices):
        REDEEMABLE = "redeemable"
        QUALIFYING = "qualifying"
        CAGNOTTE = "cagnotte"

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="more_currencies")
    currency = models.ForeignKey(PointsCurrency, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        db_table = "programme_currency"
        constraints = [
            models.UniqueConstraint(fields=["programme", "currency"], name="a programme counts once in a currency"),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.currency_id}"


class PointsPool(models.Model):
    """Points that several members have together, a family's or a company's: one account, several enrolments at it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="pools")
    account_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=120)
    members_max = models.PositiveSmallIntegerField(default=10)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "programme_points_pool"

    def __str__(self) -> str:
        return self.name


class PoolMembership(models.Model):
    """A membership of a pool from joining to leaving; the member's own account waits meanwhile, empty and shut."""

    id = models.BigAutoField(primary_key=True)
    pool = models.ForeignKey(PointsPool, on_delete=models.PROTECT, related_name="memberships")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="pool_memberships")
    own_account_id = models.UUIDField(db_index=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "programme_pool_membership"
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(left_at__isnull=True), name="a member is in one pool at a time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.enrolment_id}"


class ExpiryNotice(models.Model):
    """Points of an account about to die at an instant, told so many days before: once."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.UUIDField()
    currency = models.CharField(max_length=12)
    expires_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        db_table = "programme_expiry_notice"
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "currency", "expires_at", "days"],
                name="an expiry is noticed once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.expires_at}"


class AskedAdjustment(models.Model):
    """A correction of points by hand that waits for a second person."""

    class State(models.TextChoices):
        ASKED = "asked"
        DONE = "done"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="asked_adjustments")
    currency = models.CharField(max_length=12)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    expires_at = models.DateTimeField(null=True)
    approval_id = models.UUIDField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by_label = models.CharField(max_length=150)
    decided_at = models.DateTimeField(null=True)
    posting_id = models.UUIDField(null=True)

    class Meta:
        db_table = "programme_asked_adjustment"
        indexes = [
            models.Index(fields=["asked_at"], name="adjustments_that_wait", condition=Q(state="asked")),
        ]

    def __str__(self) -> str:
        return str(self.id)
