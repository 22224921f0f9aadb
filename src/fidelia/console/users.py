"""Users and roles: who works here, which roles they hold and where; create, grant, take back, deactivate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from fidelia.access.models import RoleGrant, User
from fidelia.access.operations import create_user, deactivate_user, grant_role, revoke_role
from fidelia.access.queries import RoleOnOffer, get_user, list_roles, list_users
from fidelia.access.rights import RIGHTS
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.ui.parts import Mark

from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on, sentence_of
from .scopes import ScopeNames, scope_choices, scope_of
from .words import LANGUAGES


class UserForm(forms.Form):
    """A person who will work here; the first password is told to them apart and changed by them."""

    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.CharField(label=_("E-mail"), max_length=254)
    password = forms.CharField(
        label=_("First password"), strip=False, help_text=_("At least 12 characters, not a common one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language"), choices=tuple(LANGUAGES.items()))


class GrantForm(forms.Form):
    """A role, and over what."""

    role_code = forms.ChoiceField(label=_("Role"))
    scope = forms.ChoiceField(label=_("Over"), required=False)

    def __init__(self, *args: Any, roles: list[RoleOnOffer], scopes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        named = [(role.code, role.name.in_language(language)) for role in roles]
        self.fields["role_code"].choices = named  # type: ignore[attr-defined]
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]


@signed_in
def users(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    found = list_users(by=by)
    roles, names = _role_names(), ScopeNames.read(by)
    rows = [{"user": user, "marks": _marks(list(user.role_grants.all()), roles, names)} for user in found]
    return show(
        request, "console/users/list.html", {"rows": rows, "may_create": by.may("user.create"), "roles": _roles()}
    )


@sensitive_post_parameters("password")
@signed_in
def add(request: ConsoleRequest) -> HttpResponseBase:
    request.actor.require("user.create")
    form = UserForm(request.POST or None, initial={"language": request.user.language})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_user(by=request.actor, at=clock.now(), **form.cleaned_data)
        except Denied:
            raise
        except FideliaError as refusal:
            put_on(form, refusal)
        else:
            messages.success(request, _t("%(name)s was added and holds no role yet.") % {"name": made.name})
            return redirect("console:user", user_id=made.id)
    return show(request, "console/users/new.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
def user(request: ConsoleRequest, user_id: UUID) -> HttpResponseBase:
    """One user with the roles held; a role is granted here."""
    by = request.actor
    by.require("user.see")
    found = get_user(user_id=user_id)
    names = ScopeNames.read(by)
    form = GrantForm(request.POST or None, roles=list_roles(), scopes=scope_choices(by, names, "role.grant"))
    if request.method == "POST" and form.is_valid() and _grant(by, found, form):
        messages.success(request, _t("The role was given."))
        return redirect("console:user", user_id=user_id)
    grants = list(found.role_grants.order_by("granted_at"))
    roles = _role_names()
    context = {
        "found": found,
        "form": form,
        "grants": [
            {
                "grant": grant,
                "role": roles.get(grant.role_code, grant.role_code),
                "scope": names.say(grant.scope),
                "may_revoke": by.may("role.grant", grant.scope),
            }
            for grant in grants
        ],
        "may_grant": by.may_somewhere("role.grant") and found.is_active,
        "may_deactivate": by.may("user.deactivate") and found.is_active and found.id != request.user.id,
    }
    return show(request, "console/users/one.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def revoke(request: ConsoleRequest, user_id: UUID, grant_id: UUID) -> HttpResponseBase:
    try:
        revoke_role(by=request.actor, at=clock.now(), grant_id=grant_id)
        messages.success(request, _t("The role was taken back."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:user", user_id=user_id)


@require_POST
@signed_in
def deactivate(request: ConsoleRequest, user_id: UUID) -> HttpResponseBase:
    try:
        deactivate_user(by=request.actor, at=clock.now(), user_id=user_id)
        messages.success(request, _t("From now on this person can no longer log in."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:user", user_id=user_id)


def _grant(by: Actor, found: User, form: GrantForm) -> bool:
    try:
        grant_role(
            by=by, at=clock.now(), user_id=found.id, role_code=form.cleaned_data["role_code"],
            scope=scope_of(form.cleaned_data["scope"]),
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _role_names() -> dict[str, str]:
    language = get_language() or "en"
    return {role.code: role.name.in_language(language) for role in list_roles()}


def _roles() -> list[dict[str, Any]]:
    language = get_language() or "en"
    return [
        {"name": role.name.in_language(language), "rights": [_say_right(right) for right in role.rights]}
        for role in list_roles()
    ]


def _say_right(right: str) -> str:
    if right.endswith(".*"):
        return ", ".join(str(text) for code, text in RIGHTS.items() if code.startswith(right[:-1]))
    return str(RIGHTS.get(right, right))


def _marks(grants: list[RoleGrant], roles: dict[str, str], names: ScopeNames) -> list[Mark]:
    marks = []
    for grant in grants:
        where = names.say(grant.scope) if grant.partner_id or grant.store_id else ""
        name = roles.get(grant.role_code, grant.role_code)
        marks.append(Mark(f"{name} · {where}" if where else name, "petrol"))
    return marks
