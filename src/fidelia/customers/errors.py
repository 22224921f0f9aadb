"""The refusals of the customer file.

NotFound
├── UnknownCustomer
├── UnknownIdentity
├── UnknownContactPoint
├── UnknownTrait
└── UnknownSegment
Invalid
├── MalformedEmail, MalformedPhone, MalformedDate, MalformedCountry, MalformedIdentity
├── NamelessCustomer
├── TextTooLong
├── UnknownChoice
├── UnknownFact
├── InTheFuture
├── WrongTraitValue
└── TooManyRows
Refused
├── IdentityTaken
├── CustomerClosed
├── SegmentKeyTaken
├── SegmentArchived
├── SegmentAhead
├── SegmentFixed
├── ImportDependedOn
└── TraitTypeFixed
"""

from __future__ import annotations

from fidelia.kernel.addresses import MalformedEmail, MalformedPhone
from fidelia.kernel.errors import Invalid, NotFound, Refused

__all__ = [
    "CustomerClosed",
    "IdentityTaken",
    "ImportDependedOn",
    "InTheFuture",
    "MalformedCountry",
    "MalformedDate",
    "MalformedEmail",
    "MalformedIdentity",
    "MalformedPhone",
    "NamelessCustomer",
    "SegmentAhead",
    "SegmentArchived",
    "SegmentFixed",
    "SegmentKeyTaken",
    "TextTooLong",
    "TooManyRows",
    "TraitTypeFixed",
    "UnknownChoice",
    "UnknownContactPoint",
    "UnknownCustomer",
    "UnknownFact",
    "UnknownIdentity",
    "UnknownSegment",
    "UnknownTrait",
    "WrongTraitValue",
]


class UnknownCustomer(NotFound):
    """No such customer, or not the actor's to see."""

    default_code = "unknown_customer"


class UnknownIdentity(NotFound):
    """The customer does not hold this identity."""

    default_code = "unknown_identity"


class UnknownContactPoint(NotFound):
    """The customer is not reached there."""

    default_code = "unknown_contact_point"


class UnknownTrait(NotFound):
    """No trait of this name is defined."""

    default_code = "unknown_trait"


class UnknownSegment(NotFound):
    """There is no such segment."""

    default_code = "unknown_segment"


class MalformedDate(Invalid):
    """The text is not a day such as 1990-12-31, or not a day someone alive was born on."""

    default_code = "malformed_date"


class MalformedCountry(Invalid):
    """The text is not a country code of two letters (ISO 3166-1)."""

    default_code = "malformed_country"


class MalformedIdentity(Invalid):
    """The scheme or the value of an identity cannot be one."""

    default_code = "malformed_identity"


class NamelessCustomer(Invalid):
    """A company without a name, or a customer with neither name nor identity nor contact point."""

    default_code = "nameless_customer"


class TextTooLong(Invalid):
    """The text is longer than its column."""

    default_code = "text_too_long"


class UnknownChoice(Invalid):
    """The value is not one of the choices."""

    default_code = "unknown_choice"


class UnknownFact(Invalid):
    """A customer has no such fact that could be changed."""

    default_code = "unknown_fact"


class InTheFuture(Invalid):
    """Something that has happened is dated in the future."""

    default_code = "in_the_future"


class WrongTraitValue(Invalid):
    """The value is not of the trait's type, or too large for it."""

    default_code = "wrong_trait_value"


class TooManyRows(Invalid):
    """More rows in one call than a batch may have."""

    default_code = "too_many_rows"


class IdentityTaken(Refused):
    """The identity names another customer. `customer_id` is whom, for those who may see it."""

    default_code = "identity_taken"


class SameCustomer(Invalid):
    """A customer is not merged into themselves."""

    default_code = "same_customer"


class CustomerClosed(Refused):
    """The customer was erased, or merged into another (`merged_into`), and takes no more facts."""

    default_code = "customer_closed"


class ImportDependedOn(Refused):
    """Something was built on the customers that an import added: it is not taken back. `tables` says what."""

    default_code = "import_depended_on"


class SegmentKeyTaken(Refused):
    """Another segment has this key."""

    default_code = "segment_key_taken"


class SegmentArchived(Refused):
    """The segment is archived and is not refreshed."""

    default_code = "segment_archived"


class SegmentAhead(Refused):
    """The segment was refreshed for a later moment; its past is not drawn again."""

    default_code = "segment_ahead"


class SegmentFixed(Refused):
    """The segment holds the people who were put into it: it follows no condition, and is not refreshed."""

    default_code = "segment_fixed"


class TraitTypeFixed(Refused):
    """The trait already has values of another type."""

    default_code = "trait_type_fixed"


class MalformedFieldKey(Invalid):
    """A custom field is named as rules write it: a small letter, then small letters, digits and underscores."""

    default_code = "malformed_field_key"


class UnknownField(Invalid):
    """No custom field of this key is kept."""

    default_code = "unknown_field"


class WrongFieldValue(Invalid):
    """The value is not one that this custom field takes."""

    default_code = "wrong_field_value"


class FieldTypeFixed(Refused):
    """The custom field has values of another type, or of a choice that is to go."""

    default_code = "field_type_fixed"


class TooManyFields(Refused):
    """The house keeps as many custom fields as it may."""

    default_code = "too_many_fields"


class SegmentFollows(Refused):
    """The segment follows its condition: nobody is put into it, or taken out of it, by hand."""

    default_code = "segment_follows"
