"""Users of the consoles and tills, and the audit. Members are not users: they enter by the portal."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now

from fidelia.kernel.ids import new_id


class UserManager(BaseUserManager["User"]):
    """Finds a user by address, whatever the case it is typed in."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().casefold())


class User(AbstractBaseUser):
    """A person who works with Fidelia; `email` is the log-in, kept in lower case."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    language = models.CharField(max_length=2, default="fr")
    theme = models.CharField(max_length=6, default="system")
    density = models.CharField(max_length=11, default="comfortable")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(language__in=["fr", "en"]), name="a user reads French or English"
            ),
            models.CheckConstraint(
                condition=models.Q(theme__in=["system", "light", "dark"]), name="a theme is system, light or dark"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
