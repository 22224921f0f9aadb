"""`fidelia programme plan | apply | export`: a programme as a file, here or at an installation elsewhere."""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError, Invalid
from fidelia.worker.readiness import django_ready
from fidelia.worker.reading import read_text_of

HELP = "plan, apply or export the document of a programme, as a pull request wants it"
TIMEOUT_SECONDS = 600
REFUSED = 1
_OWN_PLACE = re.compile(r"^Line \d+, column \d+: ")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="plan|apply|export")
    plan = acts.add_parser("plan", help="what a file would change, cost and break; exit code 0 nothing, 2 changes, "
                                        "3 the law refuses it, 1 it cannot be read")  # fmt: skip
    plan.add_argument("file", type=Path, metavar="FILE")
    plan.add_argument("--html", type=Path, metavar="FILE", help="write the plan as a page, too")
    plan.add_argument("--json", type=Path, metavar="FILE", help="write the plan as JSON, too")
    plan.add_argument("--no-backtest", action="store_true", help="leave the backtest out")
    apply = acts.add_parser("apply", help="write a file as the next draft; a second person publishes it")
    apply.add_argument("file", type=Path, metavar="FILE")
    apply.add_argument("--note", default="", help="what changes, in a few words")
    export = acts.add_parser("export", help="write the document of a version, to the letter")
    export.add_argument("--version", type=int, metavar="N", help="which version (the one in force)")
    export.add_argument("--output", type=Path, metavar="FILE", help="where to (standard output)")
    for act in (plan, apply, export):
        act.add_argument("--programme", default="", metavar="SLUG", help="which, where the file does not say")
        act.add_argument("--language", choices=("en", "fr"), default="en")
        act.add_argument("--url", default="", help="of an installation elsewhere, such as https://fidelia.example")
        act.add_argument("--key-file", type=Path, help="a file that holds an API key of that installation")


def run(arguments: argparse.Namespace) -> int:
    if not arguments.url:
        django_ready()
    return {"plan": _plan, "apply": _apply, "export": _export}[arguments.act](arguments)


def _plan(arguments: argparse.Namespace) -> int:
    from fidelia.insight.backtest.plan_words import exit_code, plan_as_html, plan_as_text

    text = read_text_of(arguments.file)
    asked = {"text": text, "programme": arguments.programme, "backtest": not arguments.no_backtest}
    try:
        plan = _post(arguments, "/api/v1/programme-plans", asked) if arguments.url else _plan_here(asked)
    except FideliaError as refusal:
        return _refuse(arguments, text, refusal)
    print(plan_as_text(plan, arguments.language), end="")
    if arguments.html is not None:
        arguments.html.write_text(plan_as_html(plan, arguments.language), encoding="utf-8")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(plan, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return exit_code(plan)


def _plan_here(asked: dict[str, Any]) -> dict[str, Any]:
    from fidelia.insight.operations.planning import plan_text

    by = Actor.system("fidelia programme")
    return plan_text(by=by, at=clock.now(), text=asked["text"], slug=asked["programme"], replays=asked["backtest"])


def _apply(arguments: argparse.Namespace) -> int:
    text = read_text_of(arguments.file)
    try:
        if arguments.url:
            asked = {"text": text, "programme": arguments.programme, "note": arguments.note}
            made = _post(arguments, "/api/v1/programme-drafts", asked)
        else:
            made = _apply_here(arguments, text)
    except FideliaError as refusal:
        return _refuse(arguments, text, refusal)
    print(f"Version {made['number']} of {made['programme']} is a draft; a second person publishes it.")
    return 0


def _apply_here(arguments: argparse.Namespace, text: str) -> dict[str, Any]:
    from fidelia.programme.operations import apply_text

    version = apply_text(
        by=Actor.system("fidelia programme"), at=clock.now(), text=text, slug=arguments.programme, note=arguments.note
    )
    return {"number": version.number, "programme": version.programme.slug}


def _export(arguments: argparse.Namespace) -> int:
    if arguments.url:
        if not arguments.programme:
            raise Invalid("Name the programme: --programme SLUG.")
        wanted = f"?version={arguments.version}" if arguments.version else ""
        text = _ask(arguments, f"/api/v1/programmes/{arguments.programme}/document{wanted}")["text"]
    else:
        text = _export_here(arguments)
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        arguments.output.write_text(text, encoding="utf-8")
    return 0


def _export_here(arguments: argparse.Namespace) -> str:
    from fidelia.programme.errors import UnknownVersion
    from fidelia.programme.operations import export_text
    from fidelia.programme.queries import get_only_programme, get_programme, get_version, version_in_force

    programme = get_programme(arguments.programme) if arguments.programme else get_only_programme(sandbox=False)
    version = (
        get_version(programme, arguments.version)
        if arguments.version
        else version_in_force(programme, clock.now())
    )  # fmt: skip
    if version is None:
        raise UnknownVersion("No version is in force; name one by --version.")
    return export_text(by=Actor.system("fidelia programme"), version=version)


def _refuse(arguments: argparse.Namespace, text: str, refusal: FideliaError) -> int:
    """Say where in the file, as compilers and editors do; an installation elsewhere says it itself."""
    from fidelia.rules.documents import Place, place_of
    from fidelia.rules.documents.refusals import refusal_in_words, with_missing
    from fidelia.ui.formats import typeset

    told = refusal.details
    place = Place(told["text_line"], told["text_column"]) if "text_line" in told else place_of(text, refusal)
    where = f"{arguments.file}:{place.line}:{place.column}" if place is not None else str(arguments.file)
    # A condition counts its own lines; beside the line of the file these would be a second place.
    language = arguments.language
    refusal.message = _OWN_PLACE.sub("", refusal.message, count=1)
    said = refusal_in_words(refusal, language)
    said = typeset(with_missing(said, text, refusal, language), language)
    print(f"{where}: {said} [{refusal.code}]", file=sys.stderr)
    return REFUSED


def _post(arguments: argparse.Namespace, address: str, body: dict[str, Any]) -> dict[str, Any]:
    return _ask(arguments, address, json.dumps(body).encode())


def _ask(arguments: argparse.Namespace, address: str, body: bytes | None = None) -> dict[str, Any]:
    """Ask an installation elsewhere. Raises FideliaError with the code and the pointer of its problem."""
    if not arguments.url.startswith(("https://", "http://")):
        raise Invalid("An installation is named by https://….")
    if arguments.key_file is None:
        raise Invalid("Name a file with an API key of that installation: --key-file.")
    headers = {
        "Authorization": f"Bearer {read_text_of(arguments.key_file).strip()}",
        "Content-Type": "application/json",
    }
    if body is not None:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    request = urllib.request.Request(arguments.url.rstrip("/") + address, data=body, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 – http or https, above
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise _problem(error) from None
    except urllib.error.URLError as error:
        raise Invalid(f"{arguments.url} does not answer: {error.reason}.") from None


def _problem(error: urllib.error.HTTPError) -> FideliaError:
    try:
        told = json.load(error)
    except ValueError:
        told = {}
    message = told.get("detail") or f"The installation answers {error.code}."
    first = (told.get("errors") or [{}])[0]
    pointer = told.get("pointer") or first.get("pointer")
    details = told.get("details") or {}
    place = {name: int(details[name]) for name in ("text_line", "text_column")} if "text_line" in details else {}
    return Invalid(message, code=told.get("code"), pointer=pointer, **place)
