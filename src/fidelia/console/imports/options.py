"""What holds for the whole file: the options of a target as fields, and the decision that consents ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from fidelia.intake.doubts import Doubt
from fidelia.intake.mapping import FileMapping
from fidelia.intake.targets import Kind, Option, Target
from fidelia.programme.queries import list_programmes
from fidelia.ui.formats import typeset

from ..words import CHANNELS, word
from .column_rows import CONSENTS

TEXT_LENGTH_MAX = 2_000
PROGRAMME = "programme"  # asked for only where there are several


@dataclass(frozen=True, slots=True)
class OptionField:
    """`widget` is select, checkbox, date, list (one a line) or text."""

    name: str
    label: str
    value: str
    widget: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    doubt: str = ""
    is_optional: bool = False
    is_rare: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the file's consents are taken: `choice` with its choices, and the fields of the proof."""

    choice: OptionField
    proof: tuple[OptionField, ...]

    @property
    def takes(self) -> bool:
        return self.choice.value not in ("", "none")


def options_of(target: Target, mapping: FileMapping, doubts: Sequence[Doubt], language: str) -> list[OptionField]:
    """Return the options that are no part of a decision, as fields with what they are now."""
    said = {doubt.about: typeset(doubt.reason.in_language(language), language) for doubt in doubts}
    fields = [_field(o, mapping.options, said, language) for o in target.options if not _is_of_consents(o)]
    return [one for one in fields if one.name != f"option-{PROGRAMME}" or len(one.choices) > 1]


def decision_of(target: Target, mapping: FileMapping, language: str) -> Decision | None:
    """Return the decision that a mapped consent column asks for; None where no such column is mapped."""
    if not any(target.column(known).sensitive for known in mapping.columns):
        return None
    fields = {o.name: _field(o, mapping.options, {}, language) for o in target.options if _is_of_consents(o)}
    if CONSENTS not in fields:
        return None
    return Decision(fields[CONSENTS], tuple(one for name, one in fields.items() if name != CONSENTS))


def lacks_programme(target: Target) -> bool:
    """Tell whether files of the target are decided by a programme while there is none yet."""
    return any(option.name == PROGRAMME for option in target.options) and not list_programmes()


def given_options(target: Target, given: QueryDict, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as the form has them; those that it does not show stay, and empty ones are left out."""
    values = dict(before)
    for option in target.options:
        name = f"option-{option.name}"
        if name not in given and f"{name}-shown" not in given:
            continue
        value = _value(option, given.get(name, "").strip()[:TEXT_LENGTH_MAX])
        if value in (None, "", []):
            values.pop(option.name, None)
        else:
            values[option.name] = value
    return values


def _is_of_consents(option: Option) -> bool:
    return option.name == CONSENTS or option.name.startswith("consent_")


def _value(option: Option, text: str) -> Any:
    if option.many:
        return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    if option.kind is Kind.FLAG:
        return text == "true"
    if option.kind is Kind.NUMBER and text.lstrip("-").isdigit():
        return int(text)
    return text


def _field(option: Option, values: Mapping[str, Any], said: Mapping[str, str], language: str) -> OptionField:
    value = values.get(option.name, option.default)
    return OptionField(
        name=f"option-{option.name}",
        label=option.label.in_language(language),
        value=_written(value),
        widget=_widget(option),
        choices=_choices(option, language),
        help=option.help.in_language(language) if option.help else "",
        doubt=said.get(option.name, ""),
        is_rare=option.rare and (not value or value == option.default),
        is_optional=not (option.required or option.choices or _is_of_consents(option)) and not option.default,
    )


def _choices(option: Option, language: str) -> tuple[tuple[str, str], ...]:
    """A label that only repeats its code is said as the console says that code elsewhere."""
    if option.name == PROGRAMME:
        return tuple((one.slug, one.name.in_language(language)) for one in list_programmes())
    labels = [(code, label.in_language(language)) for code, label in option.choices]
    return tuple((code, word(CHANNELS, code) if label == code else label) for code, label in labels)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _widget(option: Option) -> str:
    if option.choices or option.name == PROGRAMME:
        return "select"
    if option.many:
        return "list"
    return {Kind.FLAG: "checkbox", Kind.DAY: "date"}.get(option.kind, "text")
