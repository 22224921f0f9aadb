"""Tables of campaigns."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.actor import Scope
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField

MARK_PREFIX = "campaign_"


class State(models.TextChoices):
    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"


class Arm(models.TextChoices):
    TREATED = "treated"
    CONTROL = "control"


class Campaign(models.Model):
    """An offer to a segment with a control group. Only a draft changes.

    The control group is `control_numerator` ÷ `control_denominator` of the people. `offer` is an earning rule without
    key, name and dates, which are the campaign's; `template` names the message sent to the treated, if any. `seed`
    makes the draw repeatable. Members count from `counted_from`: the launch, or `starts_at` if that is later.
    `audience` counts whom the draw found and whom it left out, and why. `budget` is how many points the offer may
    give, in minor units of the points currency: the night that finds it used up stops the campaign; null: no limit.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=30, unique=True)
    name = LocalizedTextField()
    programme_id = models.UUIDField()
    partner_id = models.UUIDField(null=True)
    segment_id = models.UUIDField()
    segment_key = models.CharField(max_length=60)
    state = models.CharField(max_length=17, choices=State.choices, default=State.DRAFT)
    control_numerator = models.PositiveSmallIntegerField()
    control_denominator = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    offer = models.JSONField()
    template = models.CharField(max_length=60, blank=True, default="")
    budget = models.BigIntegerField(null=True)
    seed = models.CharField(max_length=64)
    author_id = models.UUIDField(null=True)
    author_label = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    approval_id = models.UUIDField(null=True)
    launched_at = models.DateTimeField(null=True)
    launched_by = models.CharField(max_length=150, blank=True, default="")
    counted_from = models.DateTimeField(null=True)
    audience = models.JSONField(null=True)
    treated_segment_id = models.UUIDField(null=True)
    version_id = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="a campaign is in a known state"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a campaign ends after it starts"),
            models.CheckConstraint(condition=Q(budget__isnull=True) | Q(budget__gte=1), name="a budget is above zero"),
            models.CheckConstraint(
                condition=Q(control_numerator__gte=1, control_denominator__gte=F("control_numerator") * 2),
                name="a control group is at most half",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "awaiting_approval"], launched_at__isnull=True)
                | Q(state__in=["running", "ended", "stopped"], launched_at__isnull=False, counted_from__isnull=False),
                name="a launched campaign says when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ended", "stopped"]) ^ Q(finished_at__isnull=True),
                name="a finished campaign says when",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def mark(self) -> str:
        """What the treated are known by below: the name of the trait, the key of their segment and of the rule."""
        return f"{MARK_PREFIX}{self.key}"

    @property
    def control_share(self) -> Fraction:
        return Fraction(self.control_numerator, self.control_denominator)

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id)

    @property
    def is_finished(self) -> bool:
        return self.state in (State.ENDED, State.STOPPED)

    @property
    def counts_until(self) -> datetime:
        """The moment before which purchases count: the end, or when it was stopped."""
        return min(self.ends_at, self.finished_at or self.ends_at)


class CampaignMember(models.Model):
    """A customer in the arm into which chance drew it. Written at the launch, never after: the draw is frozen."""

    pk = models.CompositePrimaryKey("campaign_id", "customer_id")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="members", db_index=False)
    customer_id = models.UUIDField(db_index=True)
    arm = models.CharField(max_length=7, choices=Arm.choices)
    assigned_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_member"
        constraints = [models.CheckConstraint(condition=Q(arm__in=Arm.values), name="an arm is treated or control")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.arm}"


class CampaignResult(models.Model):
    """What the arms had done until `counted_until`, as counts and sums (see insight's `Tally`), in minor units.

    `given` is how often the offer gave, its points and its discounts, as {"times", "points", "discount"}; empty of
    results counted before that was kept. `parts` are the same tallies for the people of each store, banner and class,
    of the newest result alone (see `operations.parting`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="results")
    export_id = models.UUIDField()
    counted_from = models.DateTimeField()
    counted_until = models.DateTimeField()
    currency = models.CharField(max_length=3)
    tallies = models.JSONField()
    given = models.JSONField(default=dict)
    parts = models.JSONField(default=dict)
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_until__gte=F("counted_from")), name="a result counts forward in time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} until {self.counted_until}"


class GlobalControl(models.Model):
    """A share of all members that no campaign treats, from `begins_at` until `ended_at`; who they are follows from the
    salt and a member's id (see `operations.holding_out`). A change of the share ends one and begins the next.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    permille = models.PositiveSmallIntegerField()
    salt = models.CharField(max_length=64)
    segment_id = models.UUIDField()
    begins_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=150)

    class Meta:
        db_table = "campaigns_global_control"
        constraints = [
            models.CheckConstraint(
                condition=Q(permille__range=(1, 200)), name="a global control group is a small share"
            ),
            models.UniqueConstraint(
                fields=["ended_at"],
                nulls_distinct=False,
                condition=Q(ended_at__isnull=True),
                name="one global control group at a time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("begins_at")),
                name="a global control group ends after it begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permille} ‰ from {self.begins_at}"

    @property
    def share(self) -> Fraction:
        return Fraction(self.permille, 1000)


class GlobalControlResult(models.Model):
    """What members and the global control group had done until `counted_until`; see `CampaignResult`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    control = models.ForeignKey(GlobalControl, models.PROTECT, related_name="results")
    programme_id = models.UUIDField()
    export_id = models.UUIDField()
    counted_from = models.DateTimeField()
    counted_until = models.DateTimeField()
    currency = models.CharField(max_length=3)
    tallies = models.JSONField()
    measured_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_global_control_result"
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_until__gte=F("counted_from")), name="a control result counts forward in time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.control_id} until {self.counted_until}"


class RuleResult(models.Model):
    """What members and the control group of one rule had done until `counted_until`; see `CampaignResult`.

    `permille` is the share that the rule leaves out; `kind` by which instrument it gives; `given` how often it gave,
    its points and its discounts, as {"times", "points", "discount"}; `parts` as of a campaign.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme_id = models.UUIDField()
    rule_key = models.CharField(max_length=64)
    version_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    permille = models.PositiveSmallIntegerField()
    export_id = models.UUIDField()
    counted_from = models.DateTimeField()
    counted_until = models.DateTimeField()
    currency = models.CharField(max_length=3)
    tallies = models.JSONField()
    given = models.JSONField()
    parts = models.JSONField(default=dict)
    measured_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_rule_result"
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_until__gte=F("counted_from")), name="a rule result counts forward in time"
            ),
        ]
        indexes = [models.Index(fields=["programme_id", "rule_key", "-measured_at"], name="results_of_a_rule")]

    def __str__(self) -> str:
        return f"{self.rule_key} until {self.counted_until}"


class RuleStop(models.Model):
    """A rule that was ended before its time: why, by the version that ended it, and what its end had been."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme_id = models.UUIDField()
    rule_key = models.CharField(max_length=64)
    version_id = models.UUIDField()
    former_end = models.CharField(max_length=40, blank=True, default="")
    reason = models.CharField(max_length=200)
    stopped_at = models.DateTimeField()
    stopped_by = models.CharField(max_length=150)
    resumed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaigns_rule_stop"
        constraints = [
            models.UniqueConstraint(
                fields=["programme_id", "rule_key"],
                condition=Q(resumed_at__isnull=True),
                name="a rule is stopped once at a time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key} at {self.stopped_at}"
