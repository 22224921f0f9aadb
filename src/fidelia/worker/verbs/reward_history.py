"""`fidelia reward-history`: points for purchases that came in before they could earn any."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor

from ..readiness import django_ready

HELP = "give past purchases the points they would have earned, at their own dates"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--programme", default="", metavar="SLUG", help="the programme, where there are several")
    parser.add_argument("--enrol", action="store_true", help="make every customer who bought a member")
    parser.add_argument("--since-enrolment", action="store_true", help="only what was bought since joining")
    parser.add_argument("--own-rules-only", action="store_true", help="nothing from before the first rules")
    parser.add_argument("--yes", action="store_true", help="give the points without asking")


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.activity.operations.rewarding import RewardChoice, reward_history
    from fidelia.intake.operations import Unwatched

    by, at = Actor.system("fidelia reward-history"), clock.now()
    choice = RewardChoice(
        programme=arguments.programme,
        enrol=arguments.enrol,
        before_enrolment=not arguments.since_enrolment,
        first_rules=not arguments.own_rules_only,
    )
    tried = reward_history(by=by, at=at, choice=choice, progress=Unwatched(), is_trial=True)
    print(_told(tried, "would be"))
    if not tried["rewarded_purchases"] or not (arguments.yes or _agreed()):
        return 0
    print(_told(reward_history(by=by, at=clock.now(), choice=choice, progress=Unwatched()), "were"))
    return 0


def _agreed() -> bool:
    if sys.stdin.isatty():
        return input("Give these points? [y/N] ").strip().lower() in ("y", "yes", "o", "oui")
    print("Nothing is given: say --yes to give it.", file=sys.stderr)
    return False


def _told(counts: dict[str, Any], verb: str) -> str:
    n = {name: f"{count:>12,}" for name, count in counts.items() if isinstance(count, int)}
    lines = [
        f"{n['purchases']} purchases without points",
        f"{n['rewarded_purchases']} {verb} rewarded",
        f"{n['members']} members, {counts['new_members']:,} of them new",
        f"{n['points']} minor units of points, {counts['expired_points']:,} of which have expired by now",
        *(f"{count:>12,} reach {tier}" for tier, count in sorted(counts["tiers"].items())),
    ]
    return "\n".join(lines)
