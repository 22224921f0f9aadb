"""How the rules of a draft go together, as a form: groups and who of them counts, and caps over several rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.programme.operations import change_draft

from .pages import ConsoleRequest, signed_in
from .programme_parts import VersionView
from .programmes import show_part, view_at
from .refusals import sentence_of
from .rules.typed import unspell

ROWS_SHOWN = 8
POLICIES = (
    ("all", _("every rule gives")), ("best", _("only the one that gives most")),
    ("least", _("only the one that gives least")),
    ("first", _("only the first that gives")), ("exclusive", _("every rule, and none outside the group")),
)  # fmt: skip
PER = (("checkout", _("the purchase")), ("line", _("each line")), ("unit", _("each unit")))
WHICH = (("lower", _("the lower counts")), ("higher", _("the higher counts")))
GIVES_WAY = (
    ("last", _("the last in turn")), ("first", _("the first in turn")), ("smallest", _("the smallest")),
    ("largest", _("the largest")), ("in_proportion", _("all, in proportion")),
)  # fmt: skip
CAP_USUAL = {"per": "checkout", "which": "lower", "gives_way": "last"}


class TogetherForm(forms.Form):
    """What holds for all rules, a row for each group and each cap, and one row more of both to add."""

    exclusive = forms.ChoiceField(
        label=_("Of rules that stand alone"),
        choices=(("first", _("the first that gives counts")), ("best", _("the best for the customer counts"))),
    )
    combining = forms.ChoiceField(
        label=_("Of rules that do not go together"),
        choices=(("first", _("the first that gives counts")), ("best", _("the best for the customer counts"))),
    )
    when_undone = forms.ChoiceField(
        label=_("When a later rule undoes a condition"),
        choices=(("keep", _("what was met stays")), ("withdraw", _("the rule is withdrawn"))),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, ROWS_SHOWN + 1):
            self.fields[f"group_{n}_key"] = forms.CharField(label=_("Group"), required=False, max_length=40)
            self.fields[f"group_{n}_policy"] = forms.ChoiceField(label=_("Of its rules"), choices=POLICIES)
            self._add_cap(f"group_{n}")
            self.fields[f"cap_{n}_key"] = forms.CharField(label=_("Cap"), required=False, max_length=40)
            self.fields[f"cap_{n}_rules"] = forms.CharField(
                label=_("Over the rules"),
                required=False,
                max_length=4_000,
                help_text=_("Their keys, between commas; empty: all that lower prices."),
            )
            self._add_cap(f"cap_{n}")
            self.fields[f"cap_{n}_shipping"] = forms.BooleanField(label=_("Shipping counts too"), required=False)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.required = False  # what is not sent is the usual: a row that is not shown sends nothing

    def _add_cap(self, row: str) -> None:
        self.fields[f"{row}_amount"] = forms.CharField(label=_("Together at most"), required=False, max_length=20)
        self.fields[f"{row}_percent"] = forms.CharField(label=_("At most, in percent"), required=False, max_length=20)
        for name, label, choices in (
            ("per", _("For"), PER),
            ("which", _("Of both"), WHICH),
            ("gives_way", _("Who gives way"), GIVES_WAY),
        ):
            self.fields[f"{row}_{name}"] = forms.ChoiceField(label=label, choices=choices)

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are of no row."""
        return [self[name] for name in self.base_fields]

    def group_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each group, and of one to add."""
        return self._rows("group")

    def cap_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each cap over several rules, and of one to add."""
        return self._rows("cap")

    def _rows(self, kind: str) -> list[list[forms.BoundField]]:
        filled = [n for n in range(1, ROWS_SHOWN + 1) if self[f"{kind}_{n}_key"].value()]
        shown = min(max(filled, default=0) + 1, ROWS_SHOWN)
        return [[self[name] for name in self.fields if name.startswith(f"{kind}_{n}_")] for n in range(1, shown + 1)]


@signed_in
def edit_together(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """How the rules of a draft go together: a form; what is saved is said at each rule beside the others."""
    view = view_at(request, slug, number)
    form = TogetherForm(request.POST or None, initial=_initial_of(view.version.document))
    if request.method == "POST" and form.is_valid() and _save(request, view, form):
        return redirect("console:version-together", slug=slug, number=number)
    return show_part(
        request,
        view,
        "rules",
        {"form": form, "rules": view.terms.rule_set.rules},
        template="console/programmes/edit_together.html",
        status=422 if form.errors else 200,
    )


def _save(request: ConsoleRequest, view: VersionView, form: TogetherForm) -> bool:
    document = _document_of(form.cleaned_data, view.version.document)
    try:
        change_draft(by=request.actor, at=clock.now(), version=view.version, document=document, note=view.version.note)
    except FideliaError as refusal:
        form.add_error(_field_at(refusal.pointer or "", form.cleaned_data), sentence_of(refusal))
        return False
    messages.success(request, _t("Saved in the draft; members notice nothing before it is published."))
    return True


def _field_at(pointer: str, said: Mapping[str, Any]) -> str | None:
    """Return the field in which a refusal of a group or a cap belongs; None where it is of neither."""
    parts = pointer.strip("/").split("/")
    kind, rest = ("group", parts[1:]) if parts[0] == "groups" else ("cap", parts[2:])
    if (parts[:2] != ["checkout", "caps"] and kind == "cap") or not rest or not rest[0].isdigit():
        return None
    filled = [n for n in range(1, ROWS_SHOWN + 1) if said[f"{kind}_{n}_key"]]
    if int(rest[0]) >= len(filled):
        return None
    members = [name for name in rest[1:] if name != "cap"]
    field = f"{kind}_{filled[int(rest[0])]}_{members[0] if members else 'amount'}"
    return field if field in said else None


# From the document into the form


def _initial_of(document: Mapping[str, Any]) -> dict[str, Any]:
    checkout = document.get("checkout") or {}
    initial = {name: checkout.get(name) for name in ("exclusive", "combining", "when_undone")}
    for n, group in enumerate((document.get("groups") or [])[:ROWS_SHOWN], start=1):
        cap = group.get("cap") or {}
        initial |= {f"group_{n}_key": group["key"], f"group_{n}_policy": group["policy"]}
        initial |= _cap_initial(f"group_{n}", cap if isinstance(cap, Mapping) else {"amount": cap})
    for n, cap in enumerate((checkout.get("caps") or [])[:ROWS_SHOWN], start=1):
        initial |= {f"cap_{n}_key": cap["key"], f"cap_{n}_rules": ", ".join(cap.get("rules") or [])}
        initial |= {f"cap_{n}_shipping": cap.get("shipping", False), **_cap_initial(f"cap_{n}", cap)}
    return initial


def _cap_initial(row: str, cap: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{row}_{name}": cap.get(name, usual) for name, usual in ({"amount": "", "percent": ""} | CAP_USUAL).items()
    }


# From the form into the document


def _document_of(said: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    known = {group["key"]: group for group in former.get("groups") or []}
    groups = [_group(row, known) for row in _filled(said, "group")] + (former.get("groups") or [])[ROWS_SHOWN:]
    before = former.get("checkout") or {}
    checkout = {name: each for name, each in before.items() if name != "caps"}
    for name in ("exclusive", "combining", "when_undone"):
        if said[name] and (name in before or said[name] not in ("first", "keep")):
            checkout[name] = said[name]
    caps = [_cap(row) for row in _filled(said, "cap")] + (before.get("caps") or [])[ROWS_SHOWN:]
    document = {name: each for name, each in former.items() if name not in ("groups", "checkout")}
    return {
        **({"groups": groups} if groups else {}),
        **({"checkout": checkout | ({"caps": caps} if caps else {})} if checkout or caps else {}),
        **document,
    }


def _filled(said: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows that have a key, each by the names of its own fields."""
    for n in range(1, ROWS_SHOWN + 1):
        prefix = f"{kind}_{n}_"
        if said[f"{prefix}key"]:
            yield {name.removeprefix(prefix): each for name, each in said.items() if name.startswith(prefix)}


def _group(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    former = known.get(row["key"], {})  # with its scope
    kept = {name: each for name, each in former.items() if name != "cap"}
    policy = row["policy"] or "all"
    if policy not in ("best", "least"):
        kept.pop("scope", None)
    cap = _bounds(row)
    return kept | {"key": row["key"], "policy": policy} | ({"cap": cap} if cap else {})


def _cap(row: Mapping[str, Any]) -> dict[str, Any]:
    rules = [key.strip() for key in row["rules"].split(",") if key.strip()]
    shipping = {"shipping": True} if row["shipping"] else {}
    return {"key": row["key"], **_bounds(row), **({"rules": rules} if rules else {}), **shipping}


def _bounds(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: _number(row[name]) for name in ("amount", "percent") if row[name].strip()}
    if not numbers:
        return {}
    return numbers | {name: row[name] for name, usual in CAP_USUAL.items() if row[name] and row[name] != usual}


def _number(typed: str) -> int | str:
    """Return a number as documents write it; what is none is left for the document's reader to refuse."""
    plain = unspell(typed) or typed.strip()
    return int(plain) if plain.isdecimal() else plain
