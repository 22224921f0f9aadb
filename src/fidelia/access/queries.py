"""Questions about users, roles, keys, approvals and the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from fidelia.kernel.actor import Actor, Grant, Scope
from fidelia.kernel.folding import fold
from fidelia.kernel.localized import LocalizedText

from .errors import ApprovalMissing, KeyRevoked, NoSuchKey, UserInactive, UserUnknown
from .models import ApiKey, Approval, ApprovalState, Audit, Role, RoleGrant, SavedView, User
from .rights import BUILT_IN_ROLES

PAGE_MAX = 500
_GRANTS = """
select held.role_code, held.partner_id, held.store_id, role.rights
from access_role_grant held left join access_role role on role.code = held.role_code
where held.user_id = %s order by held.id
"""


def actor_of(user: User) -> Actor:
    """Return the user as an actor with all rights held, in one statement. Raises UserInactive."""
    if not user.is_active:
        raise UserInactive(f"{user.name} was deactivated.")
    with connection.cursor() as cursor:
        cursor.execute(_GRANTS, [user.id])
        rows = cursor.fetchall()
    grants = tuple(
        Grant(right, Scope(partner_id, store_id))
        for role_code, partner_id, store_id, own_rights in rows
        for right in _rights_of(role_code, own_rights)
    )
    return Actor("user", user.id, user.name, grants)


def list_users_who_may(right: str, scope: Scope) -> list[User]:
    """Return the active users who hold a right over the whole of a scope, in the order of their addresses; three
    statements whatever their number. No right is asked for: it is for what is told to them.
    """
    own = {role.code: role.rights for role in Role.objects.all()}
    found = User.objects.filter(is_active=True).prefetch_related("role_grants").order_by("email")
    return [user for user in found if any(_gives(held, own, right, scope) for held in user.role_grants.all())]


def _gives(held: RoleGrant, own: Mapping[str, list[str]], right: str, scope: Scope) -> bool:
    over = Scope(held.partner_id, held.store_id)
    rights = _rights_of(held.role_code, own.get(held.role_code))
    return over.covers(scope) and any(Grant(each, over).gives(right) for each in rights)


def actor_of_key(*, key_id: UUID) -> Actor:
    """Return a key as an actor, for work it has started that outlives its request. Raises NoSuchKey, KeyRevoked."""
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        raise NoSuchKey("There is no such API key.")
    if key.revoked_at is not None:
        raise KeyRevoked(f"The key “{key.name}” was revoked.")
    grants = tuple(Grant(right, key.scope) for right in key.rights)
    return Actor("key", key.id, key.name, grants, "test" if key.mode == "test" else "live")


def _rights_of(role_code: str, own_rights: list[str] | None) -> tuple[str, ...] | list[str]:
    if role_code in BUILT_IN_ROLES:
        return BUILT_IN_ROLES[role_code].rights
    return own_rights or []


@dataclass(frozen=True, slots=True)
class RoleOnOffer:
    """A role that can be granted: one of the product or of this installation."""

    code: str
    name: LocalizedText
    rights: tuple[str, ...]
    is_built_in: bool


def list_roles() -> list[RoleOnOffer]:
    """Return the roles of the product in their order, then this installation's own by code."""
    built_in = [RoleOnOffer(role.code, role.name, role.rights, True) for role in BUILT_IN_ROLES.values()]
    own = [
        RoleOnOffer(role.code, role.name, tuple(role.rights), False)
        for role in Role.objects.order_by("code")[:PAGE_MAX]
    ]
    return built_in + own


def get_user(*, user_id: UUID) -> User:
    """Raises UserUnknown."""
    try:
        return User.objects.get(pk=user_id)
    except User.DoesNotExist:
        raise UserUnknown("There is no such user.") from None


def find_users(user_ids: Iterable[UUID]) -> dict[UUID, User]:
    """Return users by their ids. No right is asked for: it is for what is told to them."""
    return User.objects.in_bulk(list(user_ids))


def list_users(*, by: Actor) -> list[User]:
    """Return users by name, whatever its accents, with their role grants fetched. Raises Denied."""
    by.require("user.see")
    users = User.objects.prefetch_related("role_grants").order_by("name", "id")[:PAGE_MAX]
    return sorted(users, key=lambda user: fold(user.name))


def list_role_grants(*, user_id: UUID) -> list[RoleGrant]:
    return list(RoleGrant.objects.filter(user_id=user_id).order_by("id"))


def list_keys(*, by: Actor) -> list[ApiKey]:
    """Return the keys within the actor's scopes of "key.see", newest first; none without the right."""
    return list(ApiKey.objects.filter(_within(by, "key.see")).order_by("-issued_at", "-id")[:PAGE_MAX])


def list_audit(
    *,
    by: Actor,
    object_type: str | None = None,
    object_id: UUID | str | int | None = None,
    verb: str | None = None,
    by_id: UUID | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Audit]:
    """Return what was done, newest first, page by page (`before_id`: the last id of the page before).

    A scoped actor sees the rows of the partners over which the right "audit.see" is held.
    """
    scopes = by.scopes_of("audit.see")
    rows = Audit.objects.order_by("-id")
    if not any(scope.partner_id is None for scope in scopes):
        rows = rows.filter(partner_id__in=[scope.partner_id for scope in scopes])
    if object_type is not None:
        rows = rows.filter(object_type=object_type)
    if object_id is not None:
        rows = rows.filter(object_id=str(object_id))
    if verb is not None:
        rows = rows.filter(verb=verb)
    if by_id is not None:
        rows = rows.filter(by_id=by_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows[: min(limit, PAGE_MAX)])


def list_approvals_to_decide(*, by: Actor) -> list[Approval]:
    """Return the approvals that wait and that this actor may decide, oldest first."""
    waiting = Approval.objects.filter(state=ApprovalState.ASKED).exclude(asked_by_id=by.id).order_by("asked_at", "id")
    return [approval for approval in waiting[:PAGE_MAX] if by.may(approval.right, approval.scope)]


def find_approval(*, right: str, object_type: str, object_id: UUID) -> Approval | None:
    """Return the latest approval asked for this, decided or not."""
    asked = Approval.objects.filter(right=right, object_type=object_type, object_id=object_id)
    return asked.order_by("-asked_at", "-id").first()


def get_standing_approval(*, right: str, object_type: str, object_id: UUID, content_hash: str) -> Approval:
    """Return the approval of this content. Raises ApprovalMissing if nobody gave one, or the content changed since."""
    approval = find_approval(right=right, object_type=object_type, object_id=object_id)
    if approval is None or approval.state != ApprovalState.APPROVED:
        raise ApprovalMissing("Another person has to approve this first.")
    if approval.content_hash != content_hash:
        raise ApprovalMissing("This was changed after it was approved: ask again.")
    return approval


def _within(by: Actor, right: str) -> Q:
    seen = Q(pk__in=[])
    for scope in by.scopes_of(right):
        named = {"partner_id": scope.partner_id, "store_id": scope.store_id}
        part = {field: value for field, value in named.items() if value is not None}
        seen |= Q(**part) if part else Q(pk__isnull=False)
    return seen


def list_views(*, by: Actor, page: str) -> list[SavedView]:
    """Return the views that this person keeps of a list, in the order in which they were kept."""
    if by.id is None:
        return []
    return list(SavedView.objects.filter(user_id=by.id, page=page).order_by("saved_at", "id"))
