"""What the law says of a version that is to be published, by the policies of the operator's country."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from fidelia.kernel.calendar import local_day, zone_of
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.models import LawPolicy
from fidelia.organisation.queries import get_operator, policies_on
from fidelia.rules.law import CEILING, Ceiling, Finding, check_rules

from ..errors import LawForbids
from ..models import ProgrammeVersion
from ..queries import parse_document


class LawFindings(NamedTuple):
    """What a policy finds in a version; `policy` says whether it is warned of or refused."""

    policy: LawPolicy
    findings: tuple[Finding, ...]


def find_unlawful(version: ProgrammeVersion, at: datetime) -> list[LawFindings]:
    """Return what the policies in force at an instant find in the rules of a version; nothing where there are none."""
    programme = version.programme
    try:
        country = get_operator().country
    except OperatorNotSetUp:
        return []
    policy = policies_on(country, local_day(at, zone_of(programme.time_zone))).get(CEILING)
    if policy is None:
        return []
    terms = parse_document(programme, version.document, version_id=version.id)
    findings = check_rules(Ceiling.of(policy.terms), terms.rule_set)
    return [LawFindings(policy, findings)] if findings else []


def check_lawful(version: ProgrammeVersion, at: datetime) -> None:
    """Raise LawForbids where a policy refuses what it finds; what it warns of is shown before, and published."""
    for policy, findings in find_unlawful(version, at):
        if policy.action == LawPolicy.Action.REFUSE:
            rules = sorted({one.where for one in findings})
            raise LawForbids(
                _("By the policy of %(country)s, these rules may give more than the law allows: %(rules)s.")
                % {"country": policy.country, "rules": ", ".join(rules)},
                rules=rules,
                kind=policy.kind,
            )
