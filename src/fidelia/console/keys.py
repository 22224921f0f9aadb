"""API keys: issued with rights and a mode, the secret shown once, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from fidelia.access.errors import KeyRevoked, NoSuchKey
from fidelia.access.models import KEY_LIMIT_DEFAULT, ApiKey
from fidelia.access.operations import IssuedKey, issue_key, revoke_key
from fidelia.access.queries import list_keys
from fidelia.access.rights import RIGHTS
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, FideliaError

from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on, sentence_of
from .scopes import ScopeNames, scope_choices, scope_of

MODES = (("live", _("Live: real customers and points")), ("test", _("Test: a sandbox of its own")))
# What a till, a web shop or a report needs; a key is never given the administration.
NOUNS_FOR_KEYS = (
    *("customer", "enrolment", "points", "purchase", "decision", "programme", "product", "store", "segment"),
    *("message", "insight", "campaign", "coupon", "voucher", "gift_card", "stock"),
)


class KeyForm(forms.Form):
    """A program's credential: what it may do, and where."""

    name = forms.CharField(label=_("Name"), max_length=150, help_text=_("Which program this is for, such as Tills."))
    mode = forms.ChoiceField(label=_("Mode"), choices=MODES, widget=forms.RadioSelect, initial="live")
    rights = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    scope = forms.ChoiceField(label=_("Over"), required=False)
    limit_per_minute = forms.IntegerField(label=_("Requests a minute, at most"), initial=KEY_LIMIT_DEFAULT)

    def __init__(self, *args: Any, scopes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rights = [(code, text) for code, text in RIGHTS.items() if code.partition(".")[0] in NOUNS_FOR_KEYS]
        self.fields["rights"].choices = rights  # type: ignore[attr-defined]
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]


@signed_in
def keys(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("key.see"):
        by.require("key.see")
    names = ScopeNames.read(by)
    rows = [_row(by, key, names) for key in list_keys(by=by)]
    return show(request, "console/keys/list.html", {"rows": rows, "may_issue": by.may_somewhere("key.issue")})


@signed_in
def issue(request: ConsoleRequest) -> HttpResponseBase:
    """Issue a key. Its secret stands on the answer to this one request and nowhere else."""
    by = request.actor
    if not by.may_somewhere("key.issue"):
        by.require("key.issue")
    form = KeyForm(request.POST or None, scopes=scope_choices(by, ScopeNames.read(by), "key.issue"))
    if request.method == "POST" and form.is_valid():
        issued = _issue(by, form)
        if issued is not None:
            return show(request, "console/keys/issued.html", {"issued": issued, "key": issued.key})
    return show(request, "console/keys/new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@signed_in
def revoke(request: ConsoleRequest, key_id: UUID) -> HttpResponseBase:
    try:
        revoked = revoke_key(by=request.actor, at=clock.now(), key_id=key_id)
        messages.success(request, _t("The key “%(name)s” admits nobody any more.") % {"name": revoked.name})
    except (KeyRevoked, NoSuchKey) as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:keys")


def _issue(by: Actor, form: KeyForm) -> IssuedKey | None:
    terms = form.cleaned_data
    try:
        return issue_key(
            by=by, at=clock.now(), name=terms["name"], rights=terms["rights"], mode=terms["mode"],
            scope=scope_of(terms["scope"]), limit_per_minute=terms["limit_per_minute"],
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return None


def _row(by: Actor, key: ApiKey, names: ScopeNames) -> dict[str, Any]:
    return {
        "key": key,
        "scope": names.say(key.scope),
        "rights": [str(RIGHTS.get(right, right)) for right in key.rights],
        "is_revoked": key.revoked_at is not None,
        "may_revoke": key.revoked_at is None and by.may("key.revoke", key.scope),
    }
