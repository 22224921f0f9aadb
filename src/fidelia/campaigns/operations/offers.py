"""The offer as a rule of the programme: composed, checked, put into the version in force, and taken out again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import lock_programme, publish_draft, write_draft
from fidelia.programme.queries import check_document, list_versions, parse_document, version_in_force

from ..errors import LaterVersionScheduled, MalformedOffer, NoVersionInForce
from ..models import Campaign

OFFER_MEMBERS: Final = frozenset(
    ["when", "lines", "limit_per_purchase", "group", "points", "points_per", "points_per_unit", "multiply_points"]
)
Document = dict[str, Any]


def check_offer(programme: Programme, campaign: Campaign, at: datetime) -> None:
    """Check the offer as it was written, then as the rule it becomes. Raises MalformedOffer, and what rules refuse."""
    if not isinstance(campaign.offer, dict) or not set(campaign.offer) <= OFFER_MEMBERS:
        raise MalformedOffer(f"An offer has the parts {', '.join(sorted(OFFER_MEMBERS))}.", pointer="/offer")
    current = version_in_force(programme, at)
    document = {"rules": []} if current is None else current.document
    # First alone, so that a column points into what the person wrote and not into what the campaign put before it.
    for rule in (rule_of(campaign) | {"when": campaign.offer.get("when")}, rule_of(campaign)):
        _parse(programme, with_rule(document, rule))


def _parse(programme: Programme, document: Document) -> None:
    try:
        check_document(programme, document, version_id=new_id())
    except FideliaError as error:
        own = f"/rules/{len(document['rules']) - 1}"
        if error.pointer is not None and error.pointer.startswith(own):
            error.pointer = "/offer" + error.pointer[len(own) :]
        raise


def rule_of(campaign: Campaign) -> Document:
    """Return the offer as an earning rule for those whom the campaign treats, within its dates."""
    treated = f'"{campaign.mark}" in customer.segments'
    when = campaign.offer.get("when")
    offer: Document = campaign.offer
    return offer | {
        "key": campaign.mark,
        "name": campaign.name.as_mapping(),
        "when": f"{treated} && ({when})" if when else treated,
        "valid_from": campaign.starts_at.isoformat(),
        "valid_until": campaign.ends_at.isoformat(),
    }


def with_rule(document: Document, rule: Document) -> Document:
    """Return the document with the rule as its last, in place of one of the same key."""
    others = without_rule(document, rule["key"])["rules"]
    return document | {"rules": [*others, rule]}


def without_rule(document: Document, key: str) -> Document:
    """Return the document without the rule of this key."""
    return document | {"rules": [rule for rule in document["rules"] if rule.get("key") != key]}


def publish_offer(*, by: Actor, at: datetime, programme: Programme, campaign: Campaign) -> ProgrammeVersion:
    """Building block: publish the version in force with the campaign's rule added, in force from now.

    Raises NoVersionInForce, LaterVersionScheduled.
    """
    now = lock_programme(programme, at)
    later = [version for version in list_versions(programme) if _begins_after(version, now)]
    if later:
        raise LaterVersionScheduled(f"Version {later[0].number} begins later and would take the offer out again.")
    current = version_in_force(programme, now)
    if current is None:
        raise NoVersionInForce("The programme has no version in force yet.")
    document = with_rule(current.document, rule_of(campaign))
    return _publish(by, at, programme, document, now, note=f"Campaign {campaign.key}")


def withdraw_offer(*, by: Actor, at: datetime, programme: Programme, campaign: Campaign) -> ProgrammeVersion | None:
    """Building block: publish the version in force without the campaign's rule; None if it has none any more.

    A programme whose versions were all withdrawn has none: then a campaign can still be stopped.
    """
    now = lock_programme(programme, at)
    current = version_in_force(programme, now)
    if current is None or without_rule(current.document, campaign.mark) == current.document:
        return None
    document = without_rule(current.document, campaign.mark)
    return _publish(by, at, programme, document, now, note=f"End of campaign {campaign.key}")


def _publish(
    by: Actor, at: datetime, programme: Programme, document: Document, in_force_from: datetime, *, note: str
) -> ProgrammeVersion:
    version_id = new_id()
    # Not `check_document`: a campaign can be stopped whatever the other rules read.
    parse_document(programme, document, version_id=version_id)
    # The campaign itself is the author: a person wrote the offer, a second one approved it, and whoever launches it
    # publishes no word of their own.
    author = Actor.system(note)
    write_draft(by=author, at=at, programme=programme, document=document, note=note, version_id=version_id)
    return publish_draft(by=by, at=at, version_id=version_id, in_force_from=in_force_from)


def _begins_after(version: ProgrammeVersion, at: datetime) -> bool:
    is_published = version.state == ProgrammeVersion.State.PUBLISHED
    return is_published and version.in_force_from is not None and version.in_force_from > at
