"""Tables of insight: what was exported when, and what was learnt from it. All of it can be computed again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id


def folder_of(export_id: UUID) -> Path:
    """Return the folder of a complete export on this machine; of an object store it is the copy that readers fetch."""
    root = str(settings.FACTS_ROOT)
    return Path(settings.FACTS_HERE if "://" in root else root) / str(export_id)


class FactExport(models.Model):
    """A folder of Parquet files, one per month of each table of facts, all of one snapshot of the database.

    `cut_off_at` is the instant of the snapshot; `horizon` is its pg_snapshot_xmin: every transaction before it had
    ended when the snapshot was taken, so nothing older can still appear. `row_counts` is by table, `written_rows` are
    those of the months that had changed, `erased_people` the customers erased by then; `schema_hash` changes when a
    table of facts gains, loses or retypes a column. `content` changes with any row but those that a refresh writes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cut_off_at = models.DateTimeField()
    horizon = models.BigIntegerField()
    row_counts = models.JSONField()
    written_rows = models.BigIntegerField(default=0)
    erased_people = models.BigIntegerField(default=0)
    schema_hash = models.CharField(max_length=16)
    content = models.CharField(max_length=32, blank=True, default="")
    exported_at = models.DateTimeField()
    purged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "insight_export"
        indexes = [
            models.Index(fields=["-exported_at"], name="exports_that_are_kept", condition=Q(purged_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Refresh(models.Model):
    """One pass of the measures over an export, and what it covered: the window that ends at `as_of`, one currency.

    `grounds` changes with all that it was computed from: a refresh on the same ones would find the same. `portfolio` is
    what a budget is divided by (see `operations.portfolio_totals`); null: not counted yet, or no model fits.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    export = models.ForeignKey(FactExport, models.PROTECT, related_name="refreshes")
    as_of = models.DateTimeField()
    currency = models.CharField(max_length=3)
    window_days = models.PositiveIntegerField()
    customer_count = models.PositiveIntegerField()
    grounds = models.CharField(max_length=32, blank=True, default="")
    cells = models.JSONField(null=True)  # the rows of the 25 cells, counted once; null: count them when asked
    portfolio = models.JSONField(null=True)
    refreshed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(window_days__gte=1), name="a window has at least one day"),
        ]
        indexes = [models.Index(fields=["-refreshed_at"], name="refreshes_the_newest_first")]

    def __str__(self) -> str:
        return str(self.id)


class BudgetPlan(models.Model):
    """A budget as somebody divided it among the classes of the portfolio, and on what assumptions; never changed.

    `budget` in minor units; `shares` in thousandths by class, which sum to 1,000; `assumed` what the person assumed
    (see `operations.budgeting`). The newest that is not withdrawn is the plan in force.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    budget = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    shares = models.JSONField()
    assumed = models.JSONField(default=dict)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=150)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        db_table = "insight_budget_plan"
        constraints = [models.CheckConstraint(condition=Q(budget__gte=1), name="a planned budget is above zero")]
        indexes = [models.Index(fields=["-saved_at"], name="budget_plans_the_newest_first")]

    def __str__(self) -> str:
        return str(self.id)


class MonthlyReader(models.Model):
    """A user who gets the chapters by e-mail each month; `sent_month` is the first day of the last month sent."""

    user_id = models.UUIDField(primary_key=True)
    added_at = models.DateTimeField()
    sent_month = models.DateField(null=True)

    class Meta:
        db_table = "insight_monthly_reader"

    def __str__(self) -> str:
        return str(self.user_id)


class KeptFigure(models.Model):
    """What Home shows of a large shop, counted in the night: one answer by its question, up to the last midnight."""

    question = models.CharField(max_length=200, primary_key=True)
    answer = models.JSONField()
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "insight_kept_figure"

    def __str__(self) -> str:
        return self.question


class RfmScore(models.Model):
    """The RFM of a customer in the last refresh; the traits it sets keep the history. `amount` is in minor units."""

    customer_id = models.UUIDField(primary_key=True)
    refresh = models.ForeignKey(Refresh, models.PROTECT, related_name="scores", db_index=False)
    last_sale_at = models.DateTimeField()
    recency_days = models.IntegerField()
    frequency = models.IntegerField()
    amount = models.BigIntegerField()
    recency_score = models.SmallIntegerField()
    frequency_score = models.SmallIntegerField()
    amount_score = models.SmallIntegerField()
    segment = models.CharField(max_length=20)

    class Meta:
        db_table = "insight_rfm"
        constraints = [
            models.CheckConstraint(
                condition=Q(recency_score__range=(1, 5), frequency_score__range=(1, 5), amount_score__range=(1, 5)),
                name="a score is 1 to 5",
            ),
        ]
        indexes = [models.Index(fields=["recency_score", "frequency_score"], name="customers_of_a_cell")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.segment}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the purchases: of a store, or of all stores of a banner; of a segment's people; of a period."""

    banner_id: UUID | None = None
    store_id: UUID | None = None
    segment: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Slice(models.Model):
    """Part of the purchases that one refresh saw, with chapters of its own: of a store or a banner, of the people who
    were in a segment, of a period. The next refresh deletes it; who wants it again asks again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refresh = models.ForeignKey(Refresh, models.PROTECT, related_name="slices", db_index=False)
    banner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    segment = models.CharField(max_length=60, blank=True, default="")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["refresh", "banner_id", "store_id", "segment", "since", "until"],
                nulls_distinct=False,
                name="a slice is made once of a refresh",
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="a slice does not end before it begins",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.banner_id, self.store_id, self.segment, self.since, self.until)


class Chapter(models.Model):
    """A chapter of insight as one refresh wrote it in one language: what a page shows without computing anything.

    `blocks` and `definitions` are the report's own (see report.keeping). `offers` are the groups of people that the
    chapter speaks of, each with the condition of a segment: [{"key", "name", "condition", "people"}]. The first one, of
    the advice, holds the figures of the cover as its definitions. `slice` is null of all purchases.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refresh = models.ForeignKey(Refresh, models.PROTECT, related_name="chapters", db_index=False)
    slice = models.ForeignKey(Slice, models.CASCADE, related_name="chapters", null=True, db_index=False)
    key = models.CharField(max_length=30)
    language = models.CharField(max_length=2)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    finding = models.TextField(blank=True)
    blocks = models.JSONField()
    definitions = models.JSONField()
    offers = models.JSONField()
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slice", "language", "key"],
                nulls_distinct=False,
                name="a chapter is kept once in a language and a slice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.language})"


class Crowd(models.Model):
    """The people behind a part of a chart, found once when somebody opened it, who spent most first; see
    `report.behind`. The next refresh deletes it with the chapters. `mark` is the key of the part.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refresh = models.ForeignKey(Refresh, models.PROTECT, related_name="crowds", db_index=False)
    slice = models.ForeignKey(Slice, models.CASCADE, related_name="crowds", null=True, db_index=False)
    chapter = models.CharField(max_length=30)
    mark = models.CharField(max_length=1_000)
    customer_ids = ArrayField(models.UUIDField())
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["refresh", "slice", "chapter", "mark"],
                nulls_distinct=False,
                name="a crowd is found once of a refresh",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chapter} {self.mark}"


class ProductLink(models.Model):
    """A product that many bought, and what its buyers buy too, at the last refresh: [[code, both, cosine], …]."""

    code = models.CharField(max_length=80, primary_key=True)
    refresh = models.ForeignKey(Refresh, models.PROTECT, related_name="product_links", db_index=False)
    buyers = models.PositiveIntegerField()
    neighbours = models.JSONField()

    class Meta:
        db_table = "insight_product_link"
        indexes = [models.Index(fields=["-buyers"], name="products_that_most_people_buy")]

    def __str__(self) -> str:
        return self.code


class ScoreKind(models.TextChoices):
    """What a score says: who buys again soon, who answers a campaign, who buys because of one."""

    PURCHASE = "purchase"
    RESPONSE = "response"
    UPLIFT = "uplift"


class ScoreVersion(models.Model):
    """A score as it was learnt once, never changed: its card (what it was learnt from, how good it is), its weights,
    and how its columns lay then. Of each kind the one chosen last sets the trait; until a person chooses, each refresh
    learns anew. `weights` is {"constant", "of"}; of an uplift {"treated": those, "control": those}.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=ScoreKind.choices, default=ScoreKind.PURCHASE)
    number = models.PositiveIntegerField()
    learnt_at = models.DateTimeField()
    card = models.JSONField()
    weights = models.JSONField()
    spreads = models.JSONField()
    drift = models.JSONField(default=dict)  # of the last refresh: {column: index}, and "score"
    drift_at = models.DateTimeField(null=True)
    is_chosen = models.BooleanField(default=False)
    chosen_at = models.DateTimeField(null=True)
    chosen_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        db_table = "insight_score_version"
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="a version of a score has its number"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(is_chosen=True), name="one version of each score is chosen"
            ),
            models.CheckConstraint(condition=Q(kind__in=ScoreKind.values), name="a score is of a known kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Forecast(models.Model):
    """What the next `months` bring under the version in force, and under `version` where that is another.

    `result` is that of `operations.forecasting`: bands by month, the liability, tiers, and how the same forecast made
    earlier held.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme_id = models.UUIDField()
    version_id = models.UUIDField()
    version_number = models.PositiveIntegerField()
    months = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()
    result = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(months__range=(1, 24)), name="a forecast is of 1 to 24 months"),
        ]
        indexes = [models.Index(fields=["version_id", "-made_at"], name="forecasts_of_a_version")]

    def __str__(self) -> str:
        return str(self.id)


class Backtest(models.Model):
    """What a version would have done over history in [begins, ends), beside what happened; see `Tallies.as_mapping`.

    `part` is what was counted of it (see `backtest.parts.Part.as_mapping`); empty: all.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme_id = models.UUIDField()
    version_id = models.UUIDField()
    version_number = models.PositiveIntegerField()
    begins = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    part = models.JSONField(default=dict)
    result = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        indexes = [models.Index(fields=["version_id", "-made_at"], name="backtests_of_a_version")]

    def __str__(self) -> str:
        return str(self.id)
