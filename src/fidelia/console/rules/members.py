"""What a rule has beside its conditions, as fields: names, effect, limit, group, dates, and the rest as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from fidelia.kernel.errors import Invalid
from fidelia.rules.documents import read_text, write_text

from ..programme_parts import policy_text
from .bound_forms import BOUND_FORMS, folded, is_shown, values_of
from .effect_forms import EFFECT_FORMS, PRICE_EFFECTS, effects_of, fresh_effect
from .effects import EffectForm, Part, text_of_part
from .term_forms import PRICE_TERMS, SHARED_TERMS, TERM_PARTS, LimitRow, are_shown, show_limits
from .typed import spell, unspell

if TYPE_CHECKING:
    from .editor import Bench

_SHOWN = ("key", "name", "active", "when", "lines", "limit_per_purchase", "group", "valid_from", "valid_until")
_LANGUAGES = ("fr", "en")
_FLAGS = {"true": True, "false": False}  # a flag may have a third answer, such as `stops: lines`
_DATES = ("valid_from", "valid_until")


@dataclass(slots=True)
class PartView:
    """One value of an effect, a term or a bound (its `owner`) as it stands in its field."""

    part: Part
    value: str
    mistake: str = ""
    owner: str = "effect"

    @property
    def id(self) -> str:
        own = "f-part" if self.owner in ("effect", "term") else f"f-{self.owner}"
        return f"{own}-{self.part.name or 'value'}"

    @property
    def field(self) -> str:
        """The name under which the form sends it."""
        return f"{self.owner}.{self.part.name}"

    @property
    def rows(self) -> int:
        return self.value.count("\n") + 2


@dataclass(slots=True)
class Members:
    """The fields as they are shown, and what is wrong with them by the name of the field."""

    name_en: str
    name_fr: str
    effect: EffectForm | None
    parts: list[PartView]
    limit: str
    group: str
    groups: list[tuple[str, str]]
    valid_from: str
    valid_until: str
    other: str
    terms: list[PartView]
    price_terms: list[PartView]
    bounds: list[PartView]
    limits: list[LimitRow]
    mistakes: Mapping[str, str] = field(default_factory=dict)

    @property
    def other_rows(self) -> int:
        return self.other.count("\n") + 1

    @property
    def has_terms(self) -> bool:
        """Whether one of the terms says something: they are shown open then."""
        return any(
            shown.value not in ("", shown.part.default) for shown in (*self.terms, *self.bounds, *self.price_terms)
        )

    def mark(self, mistakes: Mapping[str, str], post: QueryDict) -> None:
        """Keep what was typed beside what is wrong with it."""
        self.mistakes = mistakes
        for shown in (*self.parts, *self.terms, *self.bounds, *self.price_terms):
            if shown.field in mistakes:
                shown.mistake, shown.value = mistakes[shown.field], post.get(shown.field, "")
        for name in ("limit", "other"):
            if name in mistakes:
                setattr(self, name, post.get(name, ""))


def show_members(rule: Mapping[str, Any], bench: Bench) -> Members:
    """Return the fields of a rule; an effect that no field can show is part of `other`."""
    form, values = _effect_of(rule)
    name = rule.get("name")
    names = name if isinstance(name, Mapping) else {}
    limit = rule.get("limit_per_purchase")
    return Members(
        name_en=str(names.get("en", "")),
        name_fr=str(names.get("fr", "")),
        effect=form,
        parts=[PartView(part, _spelled(part, values[part.name])) for part in form.parts] if form else [],
        limit="" if limit is None else spell(str(limit)),
        group=str(rule.get("group") or ""),
        groups=[(group.key, policy_text(group.policy)) for group in bench.view.terms.rule_set.groups],
        valid_from=local_text(rule.get("valid_from"), bench.zone),
        valid_until=local_text(rule.get("valid_until"), bench.zone),
        other=_other_text(rule, form),
        terms=[_term(rule, part) for part in SHARED_TERMS],
        price_terms=[_term(rule, part) for part in PRICE_TERMS if _has_prices(rule, form, part.name)],
        bounds=[
            PartView(part, _spelled(part, values[part.name]), owner=bound.key)
            for bound in BOUND_FORMS
            if _has_prices(rule, form, bound.key) and is_shown(rule, bound)
            for values in [values_of(rule, bound)]
            for part in bound.parts
        ],
        limits=show_limits(rule.get("limits")),
    )


def apply_members(rule: dict[str, Any], post: QueryDict, bench: Bench) -> dict[str, str]:
    """Write into the rule what its fields say otherwise; return what is wrong, by the name of the field."""
    before = show_members(rule, bench)
    mistakes: dict[str, str] = {}
    _apply_names(rule, post, before)
    _apply_other(rule, post, before, mistakes)
    _apply_effect(rule, post, before, mistakes)
    _apply_limit(rule, post, before, mistakes)
    for shown in (*before.terms, *before.price_terms):
        if _is_shown_term(rule, shown.part.name):
            _apply_part(rule, shown, post, mistakes)
    _apply_bounds(rule, post, before, mistakes)
    group = post.get("group", "")
    if group != before.group:
        _put(rule, "group", group or None)
    for name in _DATES:
        _apply_date(rule, name, post.get(name, ""), getattr(before, name), bench.zone)
    return mistakes


def local_text(at: Any, zone: ZoneInfo) -> str:
    """Write an instant as a field of day and hour holds it; "" for none."""
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError:
        return ""
    is_instant = isinstance(moment, datetime) and moment.tzinfo is not None
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if is_instant else ""


def _effect_of(rule: Mapping[str, Any]) -> tuple[EffectForm | None, dict[str, str]]:
    """Return the one effect that fields can show, with its values."""
    named = effects_of(rule)
    if len(named) != 1:
        return None, {}
    form = EFFECT_FORMS[named[0]]
    values = form.values_of(rule[named[0]])
    return (form, values) if values is not None else (None, {})


def _term(rule: Mapping[str, Any], part: Part) -> PartView:
    value = rule.get(part.name) if _is_shown_term(rule, part.name) else None
    return PartView(part, _spelled(part, text_of_part(value, part)), owner="term")


def _has_prices(rule: Mapping[str, Any], form: EffectForm | None, name: str) -> bool:
    return name in rule or form is None or form.key in PRICE_EFFECTS


def _is_shown_term(rule: Mapping[str, Any], name: str) -> bool:
    """A term that is written as no field holds it is edited as text."""
    return not isinstance(rule.get(name), Mapping if TERM_PARTS[name].kind == "yaml" else Mapping | list)


def _spelled(part: Part, value: str) -> str:
    is_number = part.is_number or (part.kind == "value" and unspell(value) is not None)
    return spell(value) if is_number else value


def _other_of(rule: Mapping[str, Any], form: EffectForm | None) -> dict[str, Any]:
    terms = [name for name in TERM_PARTS if _is_shown_term(rule, name)]
    limits = ["limits"] if are_shown(rule.get("limits")) else []
    bounds = [bound.key for bound in BOUND_FORMS if is_shown(rule, bound)]
    shown = (*_SHOWN, *terms, *bounds, *limits, *([form.key] if form else []))
    return {name: value for name, value in rule.items() if name not in shown}


def _other_text(rule: Mapping[str, Any], form: EffectForm | None) -> str:
    other = _other_of(rule, form)
    return write_text(other) if other else ""


def _apply_names(rule: dict[str, Any], post: QueryDict, before: Members) -> None:
    for tongue in _LANGUAGES:
        typed = post.get(f"name_{tongue}", "").strip()
        if typed != getattr(before, f"name_{tongue}"):
            names = rule.get("name")
            rule["name"] = {**(names if isinstance(names, Mapping) else {}), tongue: typed}


def _apply_other(rule: dict[str, Any], post: QueryDict, before: Members, mistakes: dict[str, str]) -> None:
    typed = post.get("other", before.other).replace("\r\n", "\n")
    if typed.strip() == before.other.strip():
        return
    try:
        members = read_text(typed) if typed.strip() else {}
    except Invalid:
        members = None
    if not isinstance(members, Mapping) or any(name in _SHOWN for name in members):
        mistakes["other"] = _(
            "Write each member on its line, as name: value; those with a field of their own stay there."
        )
        return
    for name in _other_of(rule, before.effect):
        del rule[name]
    rule.update(members)


def _apply_effect(rule: dict[str, Any], post: QueryDict, before: Members, mistakes: dict[str, str]) -> None:
    chosen = post.get("effect", "")
    known = before.effect.key if before.effect else ""
    if chosen == known and before.effect:
        rule[known] = _with_parts(rule[known], before, post, mistakes)
    elif chosen in EFFECT_FORMS and chosen != known:
        for key in (*effects_of(rule), known):
            rule.pop(key, None)
        rule[chosen] = fresh_effect(chosen)


def _with_parts(effect: Any, before: Members, post: QueryDict, mistakes: dict[str, str]) -> Any:
    """Return the effect with the parts that were changed; the others stay as they were written."""
    form = before.effect
    assert form is not None
    written = dict(form.named(effect))
    for shown in before.parts:
        _apply_part(written, shown, post, mistakes)
    if form.is_plain:
        return written[""]
    is_short = form.short and not isinstance(effect, Mapping) and set(written) == {form.short}
    return written[form.short] if is_short else written


def _apply_bounds(rule: dict[str, Any], post: QueryDict, before: Members, mistakes: dict[str, str]) -> None:
    for form in BOUND_FORMS:
        shown = [each for each in before.bounds if each.owner == form.key]
        if not shown or not is_shown(rule, form):
            continue
        was = rule.get(form.key)
        written = dict(form.named({} if was is None else was))
        known = dict(written)
        for each in shown:
            _apply_part(written, each, post, mistakes)
        if written != known:
            _put(rule, form.key, folded(form, written))


def _apply_part(written: dict[str, Any], shown: PartView, post: QueryDict, mistakes: dict[str, str]) -> None:
    """Write what is typed into a part where it is not what stood there."""
    name = shown.field
    typed = post.get(name, shown.value).replace("\r\n", "\n").strip()
    if typed == shown.value.strip() or (shown.part.choices and typed == shown.part.default and not shown.value):
        return
    is_usual = shown.part.optional and bool(shown.part.choices) and typed == shown.part.default
    value = None if is_usual else _value_of(shown.part, typed)
    if value is None and not is_usual and not (shown.part.optional and not typed):
        is_number = shown.part.is_number
        mistakes[name] = _("Write a number, such as 12.50.") if is_number else _("This text cannot be read.")
    else:
        _put(written, shown.part.name, value)


def _value_of(part: Part, typed: str) -> Any:
    """Return what is typed as the document has it: whole numbers as numbers, others between quotation marks."""
    if not typed:
        return None
    if part.kind == "yaml":
        return _read_yaml(typed)
    number = unspell(typed)
    if part.is_number or (part.kind == "value" and number is not None):
        return None if number is None else int(number) if number.isdigit() else number
    return _FLAGS.get(typed, typed) if part.kind == "flag" else typed


def _read_yaml(typed: str) -> Any:
    try:
        value = read_text(typed)
    except Invalid:
        return None
    return value if isinstance(value, Mapping | list) else None


def _apply_limit(rule: dict[str, Any], post: QueryDict, before: Members, mistakes: dict[str, str]) -> None:
    typed = post.get("limit", before.limit).strip()
    if typed == before.limit:
        return
    number = unspell(typed)
    if typed and number is None:
        mistakes["limit"] = _("Write a number, such as 12.50.")
    else:
        _put(rule, "limit_per_purchase", None if number is None else int(number) if number.isdigit() else number)


def _apply_date(rule: dict[str, Any], name: str, typed: str, before: str, zone: ZoneInfo) -> None:
    if typed == before:
        return
    try:
        moment = datetime.fromisoformat(typed).replace(tzinfo=zone) if typed else None
    except ValueError:
        return
    _put(rule, name, moment.isoformat() if moment else None)


def _put(members: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        members.pop(name, None)
    else:
        members[name] = value
