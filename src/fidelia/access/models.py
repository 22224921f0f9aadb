"""Users, roles, API keys, approvals and the audit. Members are not users: they enter by the portal."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from fidelia.kernel.actor import Scope
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField

KEY_LIMIT_DEFAULT = 6_000
KEY_LIMIT_MAX = 1_000_000


class UserManager(BaseUserManager["User"]):
    """Finds a user by address, whatever the case it is typed in."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().casefold())


class Density(models.TextChoices):
    COMFORTABLE = "comfortable"
    COMPACT = "compact"


class Theme(models.TextChoices):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class User(AbstractBaseUser):
    """A person who works with Fidelia; `email` is the log-in, kept in lower case."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    language = models.CharField(max_length=2, default="fr")
    theme = models.CharField(max_length=6, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, default=Density.COMFORTABLE)
    single_keys = models.BooleanField(default=True)
    columns = models.JSONField(default=dict)  # of each list: the columns shown, in their order
    hides_guide = models.BooleanField(default=False)
    hears_limits = models.BooleanField(default=True, db_default=True)  # letters when a budget nears its end
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(language__in=["fr", "en"]), name="a user reads French or English"),
            models.CheckConstraint(
                condition=Q(theme__in=["system", "light", "dark"]), name="a theme is system, light or dark"
            ),
            models.CheckConstraint(condition=Q(density__in=Density.values), name="a page is comfortable or compact"),
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A list as one person keeps it: the filters and the order of its address, under a name, as a tab.

    `row_count` is what the list held when its owner last opened it, None before that or where it was not counted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1_000)
    row_count = models.BigIntegerField(null=True)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "access_saved_view"
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="a person names each view of a list once"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A role that this installation has made itself; the product's own are in `rights.BUILT_IN_ROLES`."""

    code = models.CharField(max_length=40, primary_key=True)
    name = LocalizedTextField()
    rights = ArrayField(models.CharField(max_length=80))
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class RoleGrant(models.Model):
    """A role held by a user over a partner, a store, or (neither named) everything."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="role_grants")
    role_code = models.CharField(max_length=40)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    granted_at = models.DateTimeField()

    class Meta:
        db_table = "access_role_grant"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role_code", "partner_id", "store_id"],
                name="a role is granted once per scope",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_code} of {self.user_id}"

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id, self.store_id)


class ApiKey(models.Model):
    """A program's credential: `live_<public id>_<secret>`. Of the secret only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    public_id = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.BinaryField(max_length=32)
    mode = models.CharField(max_length=4)
    name = models.CharField(max_length=150)
    rights = ArrayField(models.CharField(max_length=80))
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    limit_per_minute = models.IntegerField(default=KEY_LIMIT_DEFAULT)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)

    class Meta:
        db_table = "access_api_key"
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=["live", "test"]), name="a key is live or test"),
            models.CheckConstraint(
                condition=Q(limit_per_minute__gte=1, limit_per_minute__lte=KEY_LIMIT_MAX),
                name="a key may ask from 1 to 1,000,000 times a minute",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.mode}_{self.public_id})"

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id, self.store_id)


class ApprovalState(models.TextChoices):
    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"


class Approval(models.Model):
    """Four eyes: somebody asks, another person who holds `right` decides about the content with this hash."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    right = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.UUIDField()
    content_hash = models.CharField(max_length=64)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8, choices=ApprovalState.choices, default=ApprovalState.ASKED)
    asked_by_id = models.UUIDField(null=True)
    asked_by_label = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    note = models.TextField(blank=True, default="")
    decided_by_id = models.UUIDField(null=True)
    decided_by_label = models.CharField(max_length=150, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ApprovalState.values), name="an approval is in a known state"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by_id__isnull=True, decided_at__isnull=True)
                | ~Q(state="asked") & Q(decided_by_id__isnull=False, decided_at__isnull=False),
                name="a decision says who and when",
            ),
            models.CheckConstraint(
                condition=Q(asked_by_id__isnull=True)
                | Q(decided_by_id__isnull=True)
                | ~Q(asked_by_id=F("decided_by_id")),
                name="who asks does not decide",
            ),
            models.UniqueConstraint(
                fields=["right", "object_type", "object_id"],
                condition=Q(state="asked"),
                name="an approval is asked once at a time",
            ),
        ]
        indexes = [models.Index(fields=["object_type", "object_id", "asked_at"], name="approvals_of_one_object")]

    def __str__(self) -> str:
        return f"{self.right} {self.object_type} {self.object_id}: {self.state}"

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id, self.store_id)


class Audit(models.Model):
    """Who did what to which object, when. Append-only: the application may neither update nor delete a row."""

    id = models.BigAutoField(primary_key=True)
    by_kind = models.CharField(max_length=6)
    by_id = models.UUIDField(null=True)
    by_label = models.TextField()
    verb = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    partner_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "access_audit"
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_of_one_object"),
            models.Index(fields=["by_id", "id"], name="audit_of_one_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.by_label}: {self.verb} {self.object_type} {self.object_id}"
