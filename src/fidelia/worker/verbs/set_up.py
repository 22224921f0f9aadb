"""`fidelia set-up`."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import start_of_day, zone_of
from fidelia.kernel.errors import Invalid
from fidelia.worker.readiness import django_ready

HELP = "name the operator and begin a first programme, in force from a day of your choice"

# One point for each unit of the currency, for ever: what a first hour needs, and easy to change in the console.
FIRST_DOCUMENT: dict[str, Any] = {
    "rules": [
        {
            "key": "base",
            "name": {"en": "Points on every purchase", "fr": "Des points à chaque achat"},
            "points_per": {"amount": "1", "points": "1"},
        }
    ]
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="the name of your company")
    parser.add_argument("--country", required=True, help="two letters, such as FR")
    parser.add_argument("--currency", required=True, help="three letters, such as EUR")
    parser.add_argument("--time-zone", required=True, help="such as Europe/Paris")
    parser.add_argument("--language", choices=["fr", "en"], default="fr")
    parser.add_argument("--programme", default="programme", help="the programme's short name in addresses")
    parser.add_argument("--from", dest="begins", type=_day, help="the day from which it counts, such as 2024-01-01")
    parser.add_argument("--document", type=Path, help="a YAML document of rules, points and tiers")
    parser.add_argument(
        "--may-go-negative", action="store_true", help="returns take a balance below zero when its points are spent"
    )


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.kernel.localized import LocalizedText
    from fidelia.organisation.operations import set_up_operator
    from fidelia.programme.operations import create_programme, draft_version, publish_version

    by, at = Actor.system("fidelia set-up"), clock.now()
    document = FIRST_DOCUMENT if arguments.document is None else read_yaml(arguments.document)
    set_up_operator(
        by=by,
        at=at,
        name=arguments.name,
        country=arguments.country,
        currency=arguments.currency,
        language=arguments.language,
        time_zone=arguments.time_zone,
    )
    programme = create_programme(
        by=by,
        at=at,
        slug=arguments.programme,
        name=LocalizedText(en=arguments.name, fr=arguments.name),
        currency=arguments.currency,
        time_zone=arguments.time_zone,
        points_code="PTS",
        points_name=LocalizedText(en="points", fr="points"),
        may_go_negative=arguments.may_go_negative,
    )
    version = draft_version(by=by, at=at, programme=programme, document=document)
    begins = at if arguments.begins is None else start_of_day(arguments.begins.date(), zone_of(arguments.time_zone))
    publish_version(by=by, at=at, version=version, in_force_from=begins)
    print(f"{arguments.name} has a programme, “{programme.slug}”, in force from {begins:%Y-%m-%d %H:%M} UTC.")
    return 0


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises Invalid with the line that cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is not YAML: {error}") from None


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a calendar day; the zone is that of the programme
