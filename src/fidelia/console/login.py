"""Coming in and going out."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.access.errors import LogInRefused, RateLimited
from fidelia.access.operations import log_in
from fidelia.access.queries import actor_of
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.addresses import network_address
from fidelia.ui.formats import duration

from .preferences import remember

BACKEND = "django.contrib.auth.backends.ModelBackend"


class LoginForm(forms.Form):
    """E-mail and password."""

    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The log-in page; afterwards the console speaks the person's language on this device."""
    if request.user.is_authenticated:
        return redirect("console:home")
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _let_in(request, form)
        except LogInRefused:
            form.add_error(None, _t("This e-mail and this password do not go together."))
        except RateLimited as refusal:
            wait = max(1, round((refusal.retry_at - clock.now()).total_seconds()))
            language = request.LANGUAGE_CODE
            form.add_error(None, _t("Too many attempts. Try again in %(wait)s.") % {"wait": duration(wait, language)})
    status = 422 if form.errors else 200
    return render(request, "console/login.html", {"form": form, "next": _wanted(request)}, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Going out changes something, so it is a POST."""
    auth.logout(request)
    return redirect("console:login")


def _let_in(request: HttpRequest, form: LoginForm) -> HttpResponse:
    user = log_in(
        email=form.cleaned_data["email"],
        password=form.cleaned_data["password"],
        address=network_address(
            str(request.META.get("REMOTE_ADDR", "")), request.headers.get("X-Forwarded-For", ""), settings.PROXIES
        ),
        at=clock.now(),
    )
    auth.login(request, user, backend=BACKEND)
    response = HttpResponseRedirect(_next_of(request, landing_of(actor_of(user))))
    remember(response, settings.LANGUAGE_COOKIE_NAME, user.language, secure=request.is_secure())
    return response


def landing_of(actor: Actor) -> str:
    """Return the page on which a person begins: who sells and steers nothing, at the till."""
    is_cashier = actor.may_somewhere("purchase.record") and not actor.may_somewhere("programme.see")
    return reverse("till:till" if is_cashier else "console:home")


def _next_of(request: HttpRequest, landing: str = "") -> str:
    """Return where the person wanted to go, if that is here; else where they begin."""
    address = _wanted(request)
    here = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if here else landing or reverse("console:home")


def _wanted(request: HttpRequest) -> str:
    return request.POST.get("next") or request.GET.get("next", "")
