"""Every code that a problem can have, from the classes of the refusals themselves."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec

import fidelia
from fidelia.kernel.errors import FideliaError

from .problems import title_of

HEAD = """# Errors

Every refusal of the API is a problem document (RFC 9457, `application/problem+json`) with a stable `code`. This page is
written by `python tools/error_reference.py` from the classes of the refusals; the installation shows it at
`/api/docs/errors`, and the `type` of a problem points there.
"""

# Refusals live in the module `errors` of each package; in these two packages, beside what refuses.
WHOLE = ("fidelia.kernel", "fidelia.rules")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code, the statuses it comes with, and what it means: a sentence for each part of Fidelia that says it."""

    code: str
    statuses: tuple[int, ...]
    sentences: tuple[str, ...]

    @property
    def status(self) -> str:
        return ", ".join(f"{status} {HTTPStatus(status).phrase}" for status in self.statuses)


def error_codes() -> list[ErrorCode]:
    """Return every code, in alphabetical order."""
    _load_all()
    kinds: dict[str, list[type[FideliaError]]] = {}
    for kind in _subclasses(FideliaError):
        kinds.setdefault(kind.default_code, []).append(kind)
    return [
        ErrorCode(
            code=code,
            statuses=tuple(sorted({kind.status for kind in found})),
            sentences=tuple(sorted({title_of(kind) for kind in found})),
        )
        for code, found in sorted(kinds.items())
    ]


def errors_markdown() -> str:
    """Return docs/reference/errors.md."""
    parts = (f"## {one.code}\n\n{one.status}. {' / '.join(one.sentences)}\n" for one in error_codes())
    return "\n".join([HEAD, *parts])


def _load_all() -> None:
    for module in pkgutil.iter_modules(fidelia.__path__):
        name = f"fidelia.{module.name}.errors"
        if module.ispkg and find_spec(name) is not None:
            importlib.import_module(name)
    for package in WHOLE:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)


def _subclasses(kind: type[FideliaError]) -> Iterator[type[FideliaError]]:
    for child in kind.__subclasses__():
        if ".errors." in f"{child.__module__}." or child.__module__.startswith(WHOLE):
            yield child
            yield from _subclasses(child)
