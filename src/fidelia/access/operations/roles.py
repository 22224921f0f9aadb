"""Make roles, and give them to users over a partner, a store, or everything."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import EVERYWHERE, Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText

from ..errors import (
    LastAdministrator,
    RightUnknown,
    RoleAlreadyGranted,
    RoleNotGranted,
    RoleTaken,
    RoleUnknown,
    UserUnknown,
)
from ..models import Role, RoleGrant, User
from ..rights import BUILT_IN_ROLES, is_known
from .audit import record_audit

ADMINISTRATOR = "administrator"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def create_role(*, by: Actor, at: datetime, code: str, name: LocalizedText, rights: Collection[str]) -> Role:
    """Make a role of this installation's own. Raises Denied, RightUnknown, RoleTaken."""
    by.require("role.create")
    check_rights(rights)
    if code in BUILT_IN_ROLES or not _CODE.fullmatch(code):
        raise RoleTaken(f"“{code}” is not a new code of lower-case letters, digits and underscores.", pointer="/code")
    role = Role(code=code, name=name, rights=sorted(rights), created_at=at)
    with transaction_of_use_case():
        try:
            with transaction.atomic():
                role.save(force_insert=True)
        except IntegrityError:
            raise RoleTaken(f"There is a role “{code}” already.", pointer="/code") from None
        record_audit(
            by=by, at=at, verb="role.create", object_type="role", object_id=code, after={"rights": role.rights}
        )
    return role


def change_role(*, by: Actor, at: datetime, code: str, rights: Collection[str]) -> Role:
    """Replace the rights of a role of this installation's own. Raises Denied, RightUnknown, RoleUnknown."""
    by.require("role.change")
    check_rights(rights)
    with transaction_of_use_case():
        try:
            role = Role.objects.select_for_update().get(code=code)
        except Role.DoesNotExist:
            raise RoleUnknown(f"“{code}” is not a role of this installation’s own.") from None
        before, role.rights = role.rights, sorted(rights)
        role.save(update_fields=["rights"])
        record_audit(
            by=by, at=at, verb="role.change", object_type="role", object_id=code,
            before={"rights": before}, after={"rights": role.rights},
        )  # fmt: skip
    return role


def grant_role(*, by: Actor, at: datetime, user_id: UUID, role_code: str, scope: Scope = EVERYWHERE) -> RoleGrant:
    """Give a user a role over a scope. Raises Denied, UserUnknown, RoleUnknown, RoleAlreadyGranted."""
    by.require("role.grant", scope)
    if role_code not in BUILT_IN_ROLES and not Role.objects.filter(code=role_code).exists():
        raise RoleUnknown(f"There is no role “{role_code}”.", pointer="/role_code")
    if not User.objects.filter(pk=user_id).exists():
        raise UserUnknown("There is no such user.")
    grant = RoleGrant(
        user_id=user_id, role_code=role_code, partner_id=scope.partner_id, store_id=scope.store_id, granted_at=at
    )
    with transaction_of_use_case():
        try:
            with transaction.atomic():
                grant.save(force_insert=True)
        except IntegrityError:
            raise RoleAlreadyGranted(f"The user holds the role “{role_code}” there already.") from None
        _audit(by, at, grant, after={"role": role_code, "store": scope.store_id})
    return grant


def revoke_role(*, by: Actor, at: datetime, grant_id: UUID) -> None:
    """Take a role back. Raises Denied, RoleNotGranted, LastAdministrator."""
    grant = RoleGrant.objects.filter(pk=grant_id).first()
    if grant is None:
        raise RoleNotGranted("There is no such grant.")
    by.require("role.grant", grant.scope)
    with transaction_of_use_case():
        if grant.role_code == ADMINISTRATOR:
            keep_an_administrator(without_grant=grant_id)
        RoleGrant.objects.filter(pk=grant_id).delete()
        _audit(by, at, grant, before={"role": grant.role_code, "store": grant.store_id})


def check_rights(rights: Collection[str]) -> None:
    """Raises RightUnknown for one that no verb asks for ("*" among them: nobody is given everything)."""
    for right in rights:
        if not is_known(right):
            raise RightUnknown(f"No verb asks for the right “{right}”.", pointer="/rights", right=right)


def keep_an_administrator(*, without_user: UUID | None = None, without_grant: UUID | None = None) -> None:
    """Raises LastAdministrator unless an active one over everything remains; locked, so that two cannot both leave."""
    remaining = [
        grant
        for grant in RoleGrant.objects.select_for_update()
        .filter(role_code=ADMINISTRATOR, partner_id=None, store_id=None, user__is_active=True)
        .order_by("id")
        if grant.user_id != without_user and grant.id != without_grant
    ]
    if not remaining:
        raise LastAdministrator("Somebody must remain who can administer this installation.")


def _audit(
    by: Actor, at: datetime, grant: RoleGrant, *, before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:  # fmt: skip
    record_audit(
        by=by, at=at, verb="role.grant", object_type="user", object_id=grant.user_id, before=before, after=after,
        scope=grant.scope,
    )  # fmt: skip
