"""The points and the tiers of a draft, as forms beside their words: what most programmes set, without writing YAML."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from fidelia.rules.transfer_terms import AMOUNTS

from .pages import ConsoleRequest, signed_in
from .programme_fields import ENDS, NoticeField, dates_of, save_in_draft
from .programmes import show_part, view_at

LEVELS_SHOWN = 6
# What the forms say themselves; any other term of a document goes on as it was written.
SAID_OF_POINTS = frozenset(
    {"validity_months", "validity_days", "reinstatement_days", "approval_above", "confirmed_above", "ends",
     "counts_from", "transfers", "notice_days", "renewed_by", "pending", "pays"}
)  # fmt: skip
SAID_OF_TIERS = frozenset(
    {"metric", "begins", "falls", "on_return", "kept", "kept_days", "levels", "window", "window_days", "grace",
     "notice_days"}
)  # fmt: skip
POINTS_PLACES = (
    *((f"/points/transfers/{name}", f"given_{name}") for name in AMOUNTS),
    ("/points/pays/", "pays_points"), ("/points/pending/cancelled", "cancelled_after_days"),
    ("/points/pending/event", "pending_event"), ("/points/pending", "pending_days"),
    ("/points/validity_days", "validity_days"), ("/points/ends", "fixed_dates"),
)  # fmt: skip


POINTS_PARTS = (
    (_("How long they live"), ("validity_months", "validity_days", "ends", "fixed_dates", "counts_from", "renewed_by",
                               "notice_days", "reinstatement_days")),
    (_("When they are there"), ("pending", "pending_days", "pending_event", "cancelled_after_days")),
    (_("What they pay at the till"), ("pays_points", "pays_money", "pays_minimum", "pays_step", "pays_share")),
    (_("Given to another member"), ("transfers", *(f"given_{name}" for name in AMOUNTS))),
    (_("Safeguards"), ("approval_above", "confirmed_above")),
)  # fmt: skip


class PointsForm(forms.Form):
    """The life of points; an empty field is left out of the document."""

    validity_months = forms.IntegerField(label=_("Months that points live"), required=False, min_value=0, max_value=600)
    validity_days = forms.IntegerField(label=_("And days"), required=False, min_value=0, max_value=3660)
    ends = forms.ChoiceField(label=_("Rounded up to the"), choices=ENDS)
    fixed_dates = forms.CharField(
        label=_("Or to fixed dates"), required=False, max_length=120, help_text=_("Month-day, such as 03-31, 09-30.")
    )
    counts_from = forms.ChoiceField(
        label=_("Counted from"),
        choices=(("earning", _("the day each was earned")), ("activity", _("the last activity of the member"))),
    )
    renewed_by = forms.MultipleChoiceField(
        label=_("Activities"), choices=(("earn", _("to earn")), ("redeem", _("to spend"))), required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("What lets all points live on, where activity does."),
    )  # fmt: skip
    pending = forms.ChoiceField(
        label=_("Points are there"),
        choices=(
            ("", _("straight away")),
            ("days", _("after some days")),
            ("event", _("when an event is reported")),
            ("as_written", _("as the document says: at the end of a period, or on dates")),
        ),
        required=False,
    )
    pending_days = forms.IntegerField(label=_("After how many days"), required=False, min_value=0, max_value=366)
    pending_event = forms.CharField(
        label=_("Which event"), required=False, max_length=40, help_text=_("A word such as delivered.")
    )
    cancelled_after_days = forms.IntegerField(
        label=_("Given up after how many days without it"), required=False, min_value=1, max_value=366
    )
    notice_days = NoticeField(
        label=_("Days of notice before the end"), required=False, max_length=40, help_text=_("Such as 30, 7.")
    )
    reinstatement_days = forms.IntegerField(
        label=_("Days in which expired points come back"), required=False, min_value=0, max_value=366
    )
    transfers = forms.ChoiceField(
        label=_("Points given to another"),
        choices=(
            ("keep", _("keep their end")),
            ("restart", _("restart their life")),
            ("refused", _("are not given")),
        ),
    )
    given_minimum = forms.CharField(label=_("Given at least"), required=False, max_length=20)
    given_maximum = forms.CharField(label=_("Given at most at a time"), required=False, max_length=20)
    given_step = forms.CharField(label=_("Given in steps of"), required=False, max_length=20)
    given_fee = forms.CharField(label=_("Kept of each gift"), required=False, max_length=20)
    approval_above = forms.CharField(label=_("A second person above"), required=False, max_length=20)
    confirmed_above = forms.CharField(
        label=_("A code to the member above"), required=False, max_length=20,
        help_text=_("What spends more points at once is confirmed by a code that is sent to the member."),
    )  # fmt: skip
    pays_points = forms.CharField(label=_("So many points"), required=False, max_length=20)
    pays_money = forms.CharField(label=_("pay so much money"), required=False, max_length=20)
    pays_minimum = forms.CharField(label=_("From how many points"), required=False, max_length=20)
    pays_step = forms.CharField(label=_("In steps of"), required=False, max_length=20)
    pays_share = forms.IntegerField(
        label=_("Up to what percent of the amount"), required=False, min_value=1, max_value=100
    )

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields by what they are about, each with its title."""
        return [(str(title), [self[name] for name in names]) for title, names in POINTS_PARTS]


class TiersForm(forms.Form):
    """How the main set of tiers works, and its levels; an empty level is left out."""

    metric = forms.ChoiceField(
        label=_("Measured by"),
        choices=(("earned", _("the points earned")), ("spent", _("money spent")), ("purchases", _("purchases")),
                 ("balance", _("the balance"))),
    )  # fmt: skip
    window = forms.ChoiceField(
        label=_("Over"),
        choices=(("rolling", _("the last days")), ("month", _("the calendar month")),
                 ("quarter", _("the calendar quarter")), ("half_year", _("the calendar half-year")),
                 ("year", _("the calendar year")), ("anniversary", _("the year since joining")),
                 ("tier", _("the year of the tier")), ("dates", _("a period that begins on fixed dates"))),
    )  # fmt: skip
    window_days = forms.IntegerField(label=_("How many days"), required=False, min_value=1, max_value=3660)
    window_dates = forms.CharField(
        label=_("Or the fixed dates"), required=False, max_length=120, help_text=_("Month-day, such as 03-31, 09-30."),
    )  # fmt: skip
    begins = forms.ChoiceField(
        label=_("A tier reached begins"),
        choices=(("at_once", _("straight away")), ("next_period", _("with the next period"))),
    )
    kept_months = forms.IntegerField(label=_("Kept for months"), required=False, min_value=0, max_value=600)
    kept_days = forms.IntegerField(label=_("And days"), required=False, min_value=0, max_value=3660)
    kept_ends = forms.ChoiceField(label=_("Rounded up to the"), choices=ENDS)
    kept_periods = forms.IntegerField(
        label=_("Or to the end of how many further periods"), required=False, min_value=0, max_value=20,
        help_text=_("0: to the end of the one in which it is reached."),
    )  # fmt: skip
    grace_days = forms.IntegerField(label=_("Days of grace"), required=False, min_value=0, max_value=3660)
    falls = forms.ChoiceField(
        label=_("Afterwards"),
        choices=(
            ("to_earned", _("to what the window gives")),
            ("one_step", _("down one tier at most")),
            ("never", _("it is never lost")),
        ),
    )
    on_return = forms.ChoiceField(
        label=_("When what had earned it comes back"), choices=(("lower", _("it is lost")), ("keep", _("it is kept")))
    )
    notice_days = forms.IntegerField(
        label=_("Days of notice before a fall"), required=False, min_value=1, max_value=366
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, LEVELS_SHOWN + 1):
            self.fields[f"key_{n}"] = forms.CharField(label=_("Key"), required=False, max_length=40)
            self.fields[f"en_{n}"] = forms.CharField(label=_("English"), required=False, max_length=80)
            self.fields[f"fr_{n}"] = forms.CharField(label=_("French"), required=False, max_length=80)
            self.fields[f"threshold_{n}"] = forms.CharField(label=_("Asks for"), required=False, max_length=20)

    def level_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each level, from the lowest, and of one to add."""
        filled = [n for n in range(1, LEVELS_SHOWN + 1) if self[f"key_{n}"].value()]
        shown = min(max(filled, default=0) + 1, LEVELS_SHOWN)
        return [[self[f"{name}_{n}"] for name in ("key", "en", "fr", "threshold")] for n in range(1, shown + 1)]

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are of no level."""
        return [self[name] for name in self.base_fields]


@signed_in
def edit_points(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The life of points in a draft: a form, and the sentences of what is saved."""
    view = view_at(request, slug, number)
    form = PointsForm(request.POST or None, initial=_points_of(view.version.document.get("points") or {}))
    if request.method == "POST" and form.is_valid():
        former = view.version.document.get("points") or {}
        document = {**view.version.document, "points": _points_document(form.cleaned_data, former)}
        places = [*POINTS_PLACES, *((f"/points/{name}", name) for name in form.fields)]
        places[:0] = [(f"/points/pays/{name[5:]}", name) for name in form.fields if name.startswith("pays_")]
        if save_in_draft(request, view, document, form, places):
            return redirect("console:version-points", slug=slug, number=number)
    return show_part(
        request,
        view,
        "points",
        {"form": form},
        template="console/programmes/edit_points.html",
        status=422 if form.errors else 200,
    )


@signed_in
def edit_tiers(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The main tiers of a draft: a form, and the sentences of what is saved."""
    view = view_at(request, slug, number)
    former = view.version.document.get("tiers")
    main = (former[0] if isinstance(former, list) else former) or {}
    form = TiersForm(request.POST or None, initial=_tiers_of(main))
    if request.method == "POST" and form.is_valid():
        made = _tiers_document(form.cleaned_data, main)
        tiers = [made, *former[1:]] if isinstance(former, list) else made
        start = "/tiers/0" if isinstance(former, list) else "/tiers"
        if save_in_draft(request, view, {**view.version.document, "tiers": tiers}, form, _tier_places(start)):
            return redirect("console:version-tiers", slug=slug, number=number)
    return show_part(
        request, view, "tiers", {"form": form}, template="console/programmes/edit_tiers.html",
        status=422 if form.errors else 200,
    )  # fmt: skip


def _tier_places(start: str) -> list[tuple[str, str]]:
    levels = [
        (f"{start}/levels/{n - 1}/{part}", f"{name}_{n}")
        for n in range(1, LEVELS_SHOWN + 1)
        for part, name in (("key", "key"), ("name", "en"), ("threshold", "threshold"), ("", "threshold"))
    ]
    kept = [(f"{start}/kept/{name}", f"kept_{name}") for name in ("months", "days", "ends", "periods")]
    others = [(f"{start}/{name}", name) for name in TiersForm.base_fields]
    return [*levels, *kept, (f"{start}/grace", "grace_days"), (f"{start}/levels", "key_1"), *others]


def _points_of(points: dict[str, Any]) -> dict[str, Any]:
    pending, pays, ends = points.get("pending") or {}, points.get("pays") or {}, points.get("ends", "month")
    transfers = points.get("transfers", "keep")
    transfers = {"life": transfers} if isinstance(transfers, str) else transfers
    return {
        **{name: points.get(name) for name in ("validity_months", "validity_days", "reinstatement_days")},
        "ends": "day" if isinstance(ends, list) else ends,
        "fixed_dates": ", ".join(ends) if isinstance(ends, list) else "",
        "counts_from": points.get("counts_from", "earning"),
        "pending": _kind_of(pending),
        "renewed_by": points.get("renewed_by", ["earn", "redeem"]),
        "pending_days": pending.get("days"),
        "pending_event": pending.get("event", ""),
        "cancelled_after_days": pending.get("cancelled_after_days"),
        "notice_days": points.get("notice_days", []),
        "transfers": transfers.get("life", "keep"),
        **{f"given_{name}": transfers.get(name, "") for name in AMOUNTS},
        "approval_above": points.get("approval_above", ""),
        "confirmed_above": points.get("confirmed_above", ""),
        **{f"pays_{name}": pays.get(name, "") for name in ("points", "money", "minimum", "step")},
        "pays_share": pays.get("share"),
    }


def _kind_of(pending: dict[str, Any]) -> str:
    """Return which of the form's choices says how points wait; what only the document can say stays as it is."""
    if not pending:
        return ""
    return "event" if "event" in pending else "days" if set(pending) == {"days"} else "as_written"


def _not_said(former: dict[str, Any], said: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in former.items() if name not in said}


def _points_document(said: dict[str, Any], former: dict[str, Any]) -> dict[str, Any]:
    made = _not_said(former, SAID_OF_POINTS) | {
        name: said[name]
        for name in ("validity_months", "validity_days", "reinstatement_days", "approval_above", "confirmed_above")
        if said[name] not in (None, "")
    }
    dates = [part.strip() for part in said["fixed_dates"].split(",") if part.strip()]
    made |= {"ends": dates or said["ends"], "counts_from": said["counts_from"], "transfers": _transfers(said)}
    if said["notice_days"]:
        made["notice_days"] = said["notice_days"]
    if said["counts_from"] == "activity" and said["renewed_by"]:
        made["renewed_by"] = said["renewed_by"]
    if said["pending"] == "as_written" and "pending" in former:
        made["pending"] = former["pending"]
    elif said["pending"] == "days":
        made["pending"] = {"days": said["pending_days"] or 0}
    elif said["pending"] == "event":
        made["pending"] = {"event": said["pending_event"]}
        if said["cancelled_after_days"]:
            made["pending"]["cancelled_after_days"] = said["cancelled_after_days"]
    pays = {name: said[f"pays_{name}"] for name in ("points", "money", "minimum", "step") if said[f"pays_{name}"]}
    if pays:
        made["pays"] = pays | ({"share": said["pays_share"]} if said["pays_share"] else {})
    return made


def _transfers(said: dict[str, Any]) -> str | dict[str, Any]:
    amounts = {name: said[f"given_{name}"] for name in AMOUNTS if said[f"given_{name}"]}
    return {"life": said["transfers"], **amounts} if amounts else said["transfers"]


def _tiers_of(tiers: dict[str, Any]) -> dict[str, Any]:
    kept = tiers.get("kept") or {}
    initial = {
        **{name: tiers.get(name) for name in ("metric", "window_days", "begins", "falls", "on_return", "notice_days")},
        "window": "dates" if isinstance(tiers.get("window"), list) else tiers.get("window", "rolling"),
        "window_dates": ", ".join(tiers["window"]) if isinstance(tiers.get("window"), list) else "",
        "kept_months": kept.get("months"),
        "kept_days": kept.get("days", tiers.get("kept_days")),
        "kept_ends": "day" if isinstance(kept.get("ends"), list) else kept.get("ends", "day"),
        "kept_periods": kept.get("periods"),
        "grace_days": (tiers.get("grace") or {}).get("days"),
    }
    for n, level in enumerate(tiers.get("levels", [])[:LEVELS_SHOWN], start=1):
        initial |= {
            f"key_{n}": level["key"], f"en_{n}": level["name"]["en"], f"fr_{n}": level["name"]["fr"],
            f"threshold_{n}": level["threshold"],
        }  # fmt: skip
    return initial


def _tiers_document(said: dict[str, Any], former: dict[str, Any]) -> dict[str, Any]:
    known = {level["key"]: level for level in former.get("levels", [])}
    levels = []
    for n in range(1, LEVELS_SHOWN + 1):
        if said[f"key_{n}"]:
            named = {"en": said[f"en_{n}"], "fr": said[f"fr_{n}"]}
            kept = known.get(said[f"key_{n}"], {})  # with its benefits and entitlements
            levels.append({**kept, "key": said[f"key_{n}"], "name": named, "threshold": said[f"threshold_{n}"]})
    levels += former.get("levels", [])[LEVELS_SHOWN:]
    made: dict[str, Any] = {
        **_not_said(former, SAID_OF_TIERS),
        **{name: said[name] for name in ("metric", "begins", "falls", "on_return")},
        "kept": _kept(said, former.get("kept") or {}),
        "levels": levels,
    }
    if said["metric"] != "balance":
        made |= {"window": dates_of(said["window_dates"]) if said["window"] == "dates" else said["window"]}
        if said["window"] == "rolling":
            made["window_days"] = said["window_days"] or 365
    grace = {**(former.get("grace") or {}), "days": said["grace_days"] or 0}  # its months are the document's to say
    if grace["days"] or grace.get("months"):
        made["grace"] = grace
    if said["notice_days"]:
        made["notice_days"] = said["notice_days"]
    return made


def _kept(said: dict[str, Any], former: dict[str, Any]) -> dict[str, Any]:
    """Return how long a tier is kept; fixed dates stay as the document has them."""
    if said["kept_periods"] is not None:
        return {"periods": said["kept_periods"]}
    ends = former["ends"] if isinstance(former.get("ends"), list) and said["kept_ends"] == "day" else said["kept_ends"]
    return {"months": said["kept_months"] or 0, "days": said["kept_days"] or 0, "ends": ends}
