"""Create users, let them in, and let them go."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LANGUAGES

from ..errors import (
    EmailTaken,
    LogInRefused,
    MalformedEmail,
    PasswordTooWeak,
    PasswordWrong,
    UnknownPreference,
    UserInactive,
    UserUnknown,
)
from ..models import Density, RoleGrant, Theme, User
from .admission import admit_log_in, forget_log_in
from .audit import record_audit
from .roles import ADMINISTRATOR, keep_an_administrator


def create_user(*, by: Actor, at: datetime, email: str, name: str, password: str, language: str = "fr") -> User:
    """Create a user, who holds no role yet.

    Raises Denied, MalformedEmail, UnknownPreference, PasswordTooWeak, EmailTaken.
    """
    by.require("user.create")
    _check_language(language)
    user = User(email=_checked_email(email), name=name.strip(), language=language, created_at=at)
    _set_password(user, password)
    with transaction_of_use_case():
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:
            raise EmailTaken(f"There is a user with the address {user.email}.", pointer="/email") from None
        record_audit(
            by=by, at=at, verb="user.create", object_type="user", object_id=user.id, after={"language": language}
        )
    return user


def log_in(*, email: str, password: str, address: str, at: datetime) -> User:
    """Return the user whose address and password these are; `address` is where on the network the attempt comes from.

    Raises RateLimited, LogInRefused. The refusal does not tell which of the two is wrong, nor does its duration.
    """
    admit_log_in(email=email, address=address, at=at)
    user = User.objects.filter(email=email.strip().casefold()).first()
    if not _password_fits(user, password) or user is None or not user.is_active:
        raise LogInRefused("This address and this password do not belong together.")
    forget_log_in(email=email, address=address, at=at)
    with transaction_of_use_case():
        record_audit(
            by=Actor("user", user.id, user.name), at=at, verb="user.log_in", object_type="user", object_id=user.id
        )
    return user


def change_password(
    *, by: Actor, at: datetime, user_id: UUID, new_password: str, old_password: str | None = None
) -> None:
    """Set a password: one's own, by giving the old one; another's, by right.

    Raises Denied, UserUnknown, PasswordWrong, PasswordTooWeak.
    """
    is_own = by.kind == "user" and by.id == user_id
    if not is_own:
        by.require("user.change_password")
    with transaction_of_use_case():
        user = _locked_user(user_id)
        if is_own and not check_password(old_password, user.password):
            raise PasswordWrong("Your present password is not this one.", pointer="/old_password")
        _set_password(user, new_password)
        user.save(update_fields=["password"])
        record_audit(by=by, at=at, verb="user.change_password", object_type="user", object_id=user_id)


def deactivate_user(*, by: Actor, at: datetime, user_id: UUID) -> None:
    """Let a user go: no more log-in, no more rights; what was done stays theirs.

    Raises Denied, UserUnknown, UserInactive, LastAdministrator.
    """
    by.require("user.deactivate")
    with transaction_of_use_case():
        if RoleGrant.objects.filter(user_id=user_id, role_code=ADMINISTRATOR).exists():
            keep_an_administrator(without_user=user_id)
        user = _locked_user(user_id)
        if not user.is_active:
            raise UserInactive(f"{user.name} is deactivated already.")
        user.is_active = False
        user.save(update_fields=["is_active"])
        record_audit(
            by=by, at=at, verb="user.deactivate", object_type="user", object_id=user_id,
            before={"is_active": True}, after={"is_active": False},
        )  # fmt: skip


def change_preferences(
    *,
    by: Actor,
    at: datetime,
    language: str | None = None,
    theme: str | None = None,
    density: str | None = None,
    single_keys: bool | None = None,
    hides_guide: bool | None = None,
    hears_limits: bool | None = None,
) -> User:
    """Change how one likes one's own pages; what is None stays. Raises UnknownPreference, UserUnknown.

    `single_keys` are keys of one letter, `hides_guide` takes the guide of the first run off Home, `hears_limits` are
    the letters sent when a budget nears its end.
    """
    wanted: dict[str, Any] = {
        "language": language, "theme": theme, "density": density, "single_keys": single_keys,
        "hides_guide": hides_guide, "hears_limits": hears_limits,
    }  # fmt: skip
    changed = {field: value for field, value in wanted.items() if value is not None}
    _check_language(changed.get("language", "fr"))
    if changed.get("theme", Theme.SYSTEM) not in Theme.values:
        raise UnknownPreference(f"“{theme}” is not a theme.", pointer="/theme")
    if changed.get("density", Density.COMPACT) not in Density.values:
        raise UnknownPreference(f"“{density}” is not a density.", pointer="/density")
    with transaction_of_use_case():
        user = _locked_user(by.id)
        before = {field: getattr(user, field) for field in changed}
        for field, value in changed.items():
            setattr(user, field, value)
        user.save(update_fields=list(changed))
        record_audit(
            by=by, at=at, verb="user.change_preferences", object_type="user", object_id=user.id,
            before=before, after=changed,
        )  # fmt: skip
    return user


def _password_fits(user: User | None, password: str) -> bool:
    if user is None:
        make_password(password)  # as slow as a check, so that the time tells nobody who is a user
        return False
    return check_password(password, user.password)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        raise PasswordTooWeak(" ".join(refusal.messages), pointer="/password") from None
    user.set_password(password)


def _checked_email(email: str) -> str:
    address = email.strip().casefold()
    try:
        validate_email(address)
    except ValidationError:
        raise MalformedEmail(f"“{email}” is not an e-mail address.", pointer="/email") from None
    return address


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise UnknownPreference(f"“{language}” is not a language of the product: en or fr.", pointer="/language")


def _locked_user(user_id: UUID | None) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first() if user_id is not None else None
    if user is None:
        raise UserUnknown("There is no such user.")
    return user
