"""The network: one operator, its partners (legal entities), their banners (enseignes), and the stores of each."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.actor import Scope
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField


class Operator(models.Model):
    """Who runs this installation. There is one, and its settings are what a new store proposes."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=150)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=2)
    time_zone = models.CharField(max_length=64)
    set_up_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="an installation has one operator"),
            models.CheckConstraint(condition=Q(language__in=["fr", "en"]), name="an operator speaks French or English"),
        ]

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """A legal entity that takes part: the operator's own company first, then those of a coalition."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=150)
    registration_number = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Banner(models.Model):
    """The name over the door (enseigne), under which a partner sells."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="banners")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=150)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "partner"], name="a banner belongs to one partner"),
        ]

    def __str__(self) -> str:
        return self.name


class Channel(models.TextChoices):
    STORE = "store"
    WEB = "web"
    PHONE = "phone"


class Store(models.Model):
    """A place of sale: a shop, a web shop or a telephone desk. Its days follow its own time zone.

    `partner_id` repeats the banner's, because scopes and row security hang on it; the database keeps them equal.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="stores")
    banner = models.ForeignKey(Banner, models.PROTECT, related_name="stores")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=150)
    channel = models.CharField(max_length=5, choices=Channel.choices)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=64)
    address = models.CharField(max_length=300, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    town = models.CharField(max_length=150, blank=True, default="")
    zone = models.CharField(max_length=60, blank=True, default="")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "banner"], name="a store code is used once per banner"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="a channel is store, web or phone"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="a store closes after it has opened",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> Scope:
        """The part of the network that this store is."""
        return Scope(self.partner_id, self.id)

    def is_open_on(self, day: date) -> bool:
        """Tell whether the store trades on this day of its own calendar."""
        return self.opened_on <= day and (self.closed_on is None or day <= self.closed_on)


class LawPolicy(models.Model):
    """What the law of a country says from a day on, as terms that `rules` can check, and what follows from them.

    `action`: warn people, refuse, or take no notice. Never deleted: a mistake is mended in its own row, and the law
    of a day is the latest that had begun and not ended.
    """

    class Action(models.TextChoices):
        IGNORE = "ignore"
        WARN = "warn"
        REFUSE = "refuse"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    country = models.CharField(max_length=2)
    kind = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)  # the last day; null: no end is known
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.WARN)
    terms = models.JSONField()
    source = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        db_table = "organisation_law_policy"
        constraints = [
            models.UniqueConstraint(
                fields=["country", "kind", "valid_from"], name="a law of a country begins on a day once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="a law ends after it begins",
            ),
            models.CheckConstraint(
                condition=Q(action__in=["ignore", "warn", "refuse"]), name="a law is ignored, warned of or refused by"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.kind} {self.valid_from}"


class MemberPortal(models.Model):
    """The pages that members see, in the brand's name and colours. One row; without it they are closed.

    Colours are "#RRGGBB" and were checked to be read by everybody when they were kept. `logo` is a small picture of the
    type `logo_type`; empty: the first letter of the name stands for it. `dark_logo` stands for it on dark grounds.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    is_open = models.BooleanField(default=False)
    name = models.CharField(max_length=60)
    brand_color = models.CharField(max_length=7)
    accent_color = models.CharField(max_length=7)
    paper_color = models.CharField(max_length=7)
    welcome = LocalizedTextField()
    contact = models.CharField(max_length=200, blank=True, default="")
    logo = models.BinaryField(blank=True, default=b"")
    logo_type = models.CharField(max_length=20, blank=True, default="")
    dark_logo = models.BinaryField(blank=True, default=b"", db_default=b"")
    dark_logo_type = models.CharField(max_length=20, blank=True, default="", db_default="")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        db_table = "organisation_member_portal"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="an installation has one portal for members"),
            models.CheckConstraint(
                condition=Q(brand_color__regex="^#[0-9A-F]{6}$")
                & Q(accent_color__regex="^#[0-9A-F]{6}$")
                & Q(paper_color__regex="^#[0-9A-F]{6}$"),
                name="a color of the portal is six hexadecimal digits",
            ),
        ]

    def __str__(self) -> str:
        return self.name
