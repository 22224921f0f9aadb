"""What rules may read of a membership."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules import Field, Type

FIELDS = (
    Field(
        "member.tier",
        Type.STRING,
        Text("Tier", "Statut"),
        "member.tier",
        doc="The key of the tier held at the moment of the purchase; empty for none.",
        words=Text("the tier of the member", "le statut de l’adhérent"),
    ),
    Field(
        "customer.entitlements",
        Type.STRING,
        Text("Entitlements", "Droits"),
        "member.entitlements",
        doc="The keys of what the tier held at the moment of the purchase entitles to.",
        many=True,
        words=Text("the entitlements of the member", "les droits de l’adhérent"),
    ),
    Field(
        "member.enrolled_on",
        Type.DATE,
        Text("Enrolled on", "Date d’adhésion"),
        "member.enrolled_on",
        doc="The local day on which the membership began.",
        words=Text("the day of enrolment", "le jour de l’adhésion"),
    ),
)
