"""The first run: four steps to a running programme. Home is the guide until they are done; Help finds it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale
from babel.numbers import get_territory_currencies
from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from fidelia.activity.queries import list_purchases
from fidelia.demo.filling import State, find_state
from fidelia.demo.jobs import ask_for_the_shop
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.folding import fold
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.models import Banner, Operator
from fidelia.organisation.operations import add_banner, add_partner, add_store, set_up_operator
from fidelia.organisation.queries import get_operator, list_banners, list_partners, list_stores
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import TEMPLATES, begin_from_template, get_template, read_template
from fidelia.programme.queries import list_versions, see_programmes
from fidelia.programme.queries.cheques_in_words import describe_cheque
from fidelia.programme.queries.differences import points_name_of
from fidelia.rules import describe_rule
from fidelia.ui.formats import typeset

from .naming import with_names
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import put_on

STORES_MAX = 50
COUNTRIES = ("FR", "BE", "CH", "LU", "CA", "DE", "ES", "GB", "IE", "IT", "NL", "PT", "MA", "TN", "SN", "CI", "US")
# The zone of the capital, which the form lets be changed.
ZONES = {
    "FR": "Europe/Paris", "BE": "Europe/Brussels", "CH": "Europe/Zurich", "LU": "Europe/Luxembourg",
    "CA": "America/Toronto", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "GB": "Europe/London",
    "IE": "Europe/Dublin", "IT": "Europe/Rome", "NL": "Europe/Amsterdam", "PT": "Europe/Lisbon",
    "MA": "Africa/Casablanca", "TN": "Africa/Tunis", "SN": "Africa/Dakar", "CI": "Africa/Abidjan",
    "US": "America/New_York",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One of the four steps: what it is, how far it is ("done", "now", "next"), and where it is done."""

    title: str
    text: str
    state: str
    url: str = ""
    verb: str = ""
    command: str = ""


class ShopsForm(forms.Form):
    """Who sells, where. Country fills in currency and zone; both may be written otherwise."""

    name = forms.CharField(label=_("Name of your company"), max_length=150)
    country = forms.ChoiceField(label=_("Country"))
    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False, help_text=_("Left empty: the country’s.")
    )
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=64, required=False, help_text=_("Left empty: the capital’s.")
    )
    stores = forms.CharField(
        label=_("Your shops, one a line"), widget=forms.Textarea(attrs={"rows": 4}), max_length=8_000,
        help_text=_("A name, such as Lyon Presqu’île. Others can be added later."),
    )  # fmt: skip
    web = forms.CharField(label=_("Your web shop"), required=False, max_length=150)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Locale(language()[:2]).territories
        self.fields["country"].choices = [(code, names.get(code, code)) for code in COUNTRIES]  # type: ignore[attr-defined]

    def clean_stores(self) -> list[str]:
        names = [" ".join(line.split()) for line in self.cleaned_data["stores"].splitlines() if line.strip()]
        if len(names) > STORES_MAX or any(len(name) > 150 for name in names):
            raise forms.ValidationError(_t("At most 50 shops here, each with a name of at most 150 characters."))
        return list(dict.fromkeys(names))


class TemplateForm(forms.Form):
    """The programme's name; all else is in the draft."""

    name = forms.CharField(label=_("Name of the programme"), max_length=60)


@signed_in
def guide(request: ConsoleRequest) -> HttpResponseBase:
    """The guide by itself, also when all is done or Home hides it."""
    return show(request, "console/first_run/guide.html", guide_of(request.actor))


@signed_in
def shops(request: ConsoleRequest) -> HttpResponseBase:
    """Name the shops: operator, company, banner and stores at once."""
    by = request.actor
    for right in ("operator.set_up", "partner.add", "banner.add", "store.add"):
        by.require(right)
    form = ShopsForm(request.POST or None, initial={"country": "FR"})
    if request.method == "POST" and form.is_valid() and _name_shops(by, form):
        messages.success(request, _t("Your shops are named. Tills may name them by their codes."))
        return redirect("console:first-run")
    return show(request, "console/first_run/shops.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
def programme(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """A template in words; created as a draft, which one reads, tries and changes before it is published."""
    by = request.actor
    operator, template = get_operator(), get_template(key)
    may_create = by.may("programme.create") and by.may("programme.draft")
    form = TemplateForm(request.POST or None, initial={"name": operator.name})
    if request.method == "POST" and form.is_valid():
        by.require("programme.create")
        name = form.cleaned_data["name"]
        try:
            draft = begin_from_template(
                by=by, at=clock.now(), template=template, slug=_slug(name), name=LocalizedText(en=name, fr=name),
                currency=operator.currency, time_zone=operator.time_zone,
            )  # fmt: skip
        except Denied:
            raise
        except FideliaError as refusal:
            put_on(form, refusal, {"/slug": "name"})
        else:
            messages.success(
                request, _t("The draft is yours: read it, try it on a basket, change it. Members notice nothing.")
            )
            return redirect("console:version", slug=draft.programme.slug, number=draft.number)
    context = {
        "form": form,
        "template": template,
        "name": template.name.in_language(language()),
        "meaning": template.meaning.in_language(language()),
        "may_create": may_create,
        **_in_words(key, operator),
    }
    return show(request, "console/first_run/programme.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def invented_shop(request: ConsoleRequest) -> HttpResponseBase:
    """Fill the empty installation with the invented shop, by a job whose page shows how far it is."""
    found = ask_for_the_shop(by=request.actor, at=clock.now())
    return redirect("console:job", job_id=found.id)


def guide_of(by: Actor) -> dict[str, Any]:
    """Return the four steps with how far they are; the first that is not done is "now"."""
    programmes = see_programmes(by=by) if by.may_somewhere("programme.see") else []
    steps = list_guide_steps(by=by, programmes=programmes, has_sales=has_sales(by))
    done = sum(step.state == "done" for step in steps)
    return {
        "guide": steps,
        "guide_done": done,
        "guide_ratio": done / len(steps),
        "templates": [] if programmes or not get_operator_or_none() else _template_cards(),
        "may_invent": not done and by.may("operator.set_up") and _is_empty(),
    }


def _is_empty() -> bool:
    return find_state(by=Actor.system("console")) is State.EMPTY


def concerns(by: Actor) -> bool:
    """Tell whether the guide is this person's to follow."""
    return by.may_somewhere("programme.create") or by.may_somewhere("operator.set_up")


def has_sales(by: Actor) -> bool:
    return by.may_somewhere("purchase.see") and bool(list_purchases(by=by, limit=1))


def list_guide_steps(*, by: Actor, programmes: list[Programme], has_sales: bool) -> list[GuideStep]:
    operator = get_operator_or_none()
    drafts = [version for one in programmes for version in list_versions(one)]
    published = any(version.in_force_from for version in drafts)
    done = [operator is not None, has_sales, bool(programmes), published]
    now = done.index(False) if False in done else -1
    states = ["done" if is_done else "now" if place == now else "next" for place, is_done in enumerate(done)]
    return [
        _shops_step(by, operator, states[0]),
        _file_step(by, states[1]),
        _template_step(by, operator, programmes, states[2]),
        _publish_step(by, programmes, drafts, states[3]),
    ]


def get_operator_or_none() -> Operator | None:
    try:
        return get_operator()
    except OperatorNotSetUp:
        return None


def _shops_step(by: Actor, operator: Operator | None, state: str) -> GuideStep:
    said = _t("Who runs this installation, in which country, money and time zone.")
    if operator is not None:
        names = {
            "name": operator.name,
            "shops": len(list_stores(by=by)),
            "currency": operator.currency,
            "zone": operator.time_zone,
        }
        said = _t("%(name)s: %(shops)s stores, %(currency)s, %(zone)s") % names
    may = by.may("operator.set_up") and by.may("store.add")
    url = reverse("console:stores") if operator else reverse("console:first-run-shops")
    verb = _t("Change") if operator else _t("Name your shops")
    return GuideStep(
        _t("Name your shops"), said, state, url if may else "", verb, "" if may or operator else "fidelia set-up"
    )


def _file_step(by: Actor, state: str) -> GuideStep:
    text = _t(
        "A till or web-shop export as CSV, Excel or Parquet. We read separators, dates and accents, and show what was "
        "understood before anything is written."
    )
    may = by.may_somewhere("purchase.import")
    return GuideStep(
        _t("Bring your customers and purchases"),
        text,
        state,
        reverse("console:imports") if may else "",
        _t("Bring a file in"),
    )


def _template_step(by: Actor, operator: Operator | None, programmes: list[Programme], state: str) -> GuideStep:
    text = _t("Points per euro, tiers, double points: rules you can read in words and try on a basket.")
    if programmes:
        url, verb = reverse("console:programme", args=[programmes[0].slug]), _t("Open the programme")
    else:
        may = by.may("programme.create") and operator is not None
        url = reverse("console:first-run-programme", args=[TEMPLATES[0].key]) if may else ""
        verb = _t("Read the template")
    return GuideStep(_t("Choose a way to reward"), text, state, url, verb)


def _publish_step(by: Actor, programmes: list[Programme], drafts: list[ProgrammeVersion], state: str) -> GuideStep:
    text = _t("A second person puts the version in force, from a day of your choice.")
    own = any(version.author_id == by.id for version in drafts) and state == "now"
    if own:
        text += " " + _t("You wrote the draft: ask a colleague who may publish, or create a log-in for one.")
    url = reverse("console:version", args=[programmes[0].slug, drafts[0].number]) if programmes and drafts else ""
    return GuideStep(_t("Publish"), text, state, url, _t("Open the draft"))


def _template_cards() -> list[dict[str, Any]]:
    return [
        {
            "name": one.name.in_language(language()),
            "meaning": one.meaning.in_language(language()),
            "url": reverse("console:first-run-programme", args=[one.key]),
        }
        for one in TEMPLATES
    ]


def _in_words(key: str, operator: Operator) -> dict[str, Any]:
    template = get_template(key)
    terms = read_template(template, currency=operator.currency, time_zone=operator.time_zone)
    named = points_name_of(Programme(name=template.name, points_currency=_points()))
    tongue = language()
    levels = {level.key: level.name.in_language(tongue) for level in (terms.tiers.levels if terms.tiers else ())}
    return {
        "rules": [
            (
                rule.name.in_language(tongue),
                typeset(with_names(describe_rule(rule, terms.rule_set, tongue, points_name=named), levels), tongue),
            )
            for rule in terms.rule_set.rules
        ],
        "levels": [
            (level.name.in_language(tongue), level.threshold) for level in (terms.tiers.levels if terms.tiers else ())
        ],
        "window_days": terms.tiers.window_days if terms.tiers else 0,
        "cheques": [
            describe_cheque(one, _points(), Programme(name=template.name, currency=operator.currency), tongue)
            for one in terms.cheques
        ],
        "validity_months": template.document["points"]["validity_months"],
    }


def _points() -> Any:
    from fidelia.programme.models import PointsCurrency

    return PointsCurrency(code="PTS", name=LocalizedText(en="points", fr="points"), scale=0)


def _name_shops(by: Actor, form: ShopsForm) -> bool:
    said, at = form.cleaned_data, clock.now()
    country = said["country"]
    place = {
        "country": country,
        "currency": (said["currency"] or get_territory_currencies(country)[0]).upper(),
        "time_zone": said["time_zone"] or ZONES[country],
    }
    try:
        if get_operator_or_none() is None:
            tongue = (get_language() or "en")[:2]
            set_up_operator(by=by, at=at, name=said["name"], language=tongue, **place)
        banner = _banner(by, at, said["name"], place)
        for number, name in enumerate(said["stores"], 1):
            _add_shop(by, at, banner, f"S{number:02}", name, "store", place)
        if said["web"]:
            _add_shop(by, at, banner, "WEB", said["web"], "web", place)
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _banner(by: Actor, at: datetime, name: str, place: dict[str, str]) -> Banner:
    """The banner of that name, made with its company unless a try before has made them."""
    code = _slug(name)
    known = next((banner for banner in list_banners() if banner.code == code), None)
    if known is not None:
        return known
    partner = next((one for one in list_partners(by=by) if one.code == code), None) or add_partner(
        by=by, at=at, code=code, name=name, country=place["country"], currency=place["currency"]
    )
    by.require("banner.add", Scope(partner.id))
    return add_banner(by=by, at=at, partner_id=partner.id, code=code, name=name)


def _add_shop(  # noqa: PLR0917
    by: Actor, at: datetime, banner: Banner, code: str, name: str, channel: str, place: dict[str, str]
) -> None:
    if any(store.code == code and store.banner_id == banner.id for store in list_stores(by=by)):
        return
    add_store(by=by, at=at, banner_id=banner.id, code=code, name=name, channel=channel, opened_on=at.date(), **place)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:40] or "programme"
