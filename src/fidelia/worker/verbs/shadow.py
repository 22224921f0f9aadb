"""`fidelia shadow begin | tell | status | cut-over`: a programme decides beside its present vendor, then goes live."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Invalid
from fidelia.worker.readiness import django_ready

if TYPE_CHECKING:
    from fidelia.programme.models import Programme

HELP = "let a programme decide beside its present vendor, granting nothing, and go live"
BY = "fidelia shadow"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="begin|tell|status|cut-over")
    begin = acts.add_parser("begin", help="begin: what keys with purchase.shadow send is judged")
    begin.add_argument("vendor", metavar="NAME", help="the present vendor")
    tell = acts.add_parser("tell", help="bring in what the vendor granted, and compare")
    tell.add_argument("file", type=Path, metavar="FILE", help="CSV: receipt_number, points, tier, occurred_at")
    status = acts.add_parser("status", help="what is the same, what differs, and why")
    over = acts.add_parser("cut-over", help="end the shadow and go live")
    over.add_argument("points", metavar="POINTS", help="the total of the vendor's books")
    over.add_argument("--balances", type=Path, metavar="FILE", help="CSV of the books, member by member: card, points")
    for act in (begin, tell, status, over):
        act.add_argument("--programme", default="", metavar="SLUG", help="which, where there are several")


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.programme.queries import get_only_programme, get_programme

    named = arguments.programme
    programme = get_programme(named) if named else get_only_programme(sandbox=False)
    return {"begin": _begin, "tell": _tell, "status": _status, "cut-over": _cut_over}[arguments.act](
        arguments, programme
    )


def _begin(arguments: argparse.Namespace, programme: Programme) -> int:
    from fidelia.shadow.operations import begin_shadow

    begin_shadow(by=Actor.system(BY), at=clock.now(), programme=programme, vendor=arguments.vendor)
    print(f"{programme.slug} decides beside {arguments.vendor}; nothing is granted.")
    return 0


def _tell(arguments: argparse.Namespace, programme: Programme) -> int:
    from fidelia.shadow.operations import compare_shadow, read_grants, tell_grants
    from fidelia.shadow.queries import find_shadow

    by, at = Actor.system(BY), clock.now()
    grants = read_grants(_text_of(arguments.file), scale=programme.points_currency.scale)
    counts = tell_grants(by=by, at=at, programme=programme, grants=grants)
    shadow = find_shadow(by=by, programme=programme)
    assert shadow is not None, "it was told just now"
    done = compare_shadow(by=by, at=at, shadow=shadow)
    print(f"{counts['told']} told, {counts['changed']} told otherwise; {done['compared']} compared, "
          f"{done['different']} differ.")  # fmt: skip
    return 0


def _status(arguments: argparse.Namespace, programme: Programme) -> int:
    from fidelia.kernel.points import format_points
    from fidelia.shadow.errors import NoShadow
    from fidelia.shadow.queries import figures_of, find_shadow

    shadow = find_shadow(by=Actor.system(BY), programme=programme)
    if shadow is None:
        raise NoShadow("This programme never was in shadow.")
    found, scale = figures_of(shadow), programme.points_currency.scale
    print(f"{programme.slug} beside {shadow.vendor}: {found.same} of {found.compared} compared are the same.")
    print(f"{found.judged} judged here, {found.told} told by the vendor, {found.waiting} wait to be compared.")
    print(f"Points: {format_points(found.points_here, scale)} here, {format_points(found.points_there, scale)} there.")
    for each in found.causes:
        print(f"  {each.cause}: {each.count} ({format_points(each.points, scale)})")
    return 0


def _cut_over(arguments: argparse.Namespace, programme: Programme) -> int:
    from fidelia.kernel.points import parse_points
    from fidelia.shadow.operations import cut_over, read_balances

    scale, file = programme.points_currency.scale, arguments.balances
    told = read_balances(_text_of(file), scale=scale) if file is not None else []
    points = parse_points(arguments.points, scale)
    cut_over(by=Actor.system(BY), at=clock.now(), programme=programme, points_of_vendor=points, balances=told)
    print(f"{programme.slug} is live: what the same keys send is recorded from now on.")
    return 0


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}.") from None
