"""The verbs of the customer file. Use cases open a transaction; `place_…`, `…_in_bulk` and `set_traits` demand one."""

from .bulk import add_customers_in_bulk
from .consents import NewConsent, record_consent, record_consents_in_bulk
from .contact_points import add_contact_point, mark_contact_bounced, retire_contact_point
from .custom_fields import check_custom_value, declare_field_of_column, define_custom_field
from .customer_file import CHANGEABLE, add_customer, place_customer, update_customer
from .fixed_segments import open_fixed_segment, put_into_segment, take_out_of_segment
from .identities import add_identity, end_identity
from .new_customer import CheckedCustomer, NewCustomer, check_new_customer
from .segments import (
    SegmentPreview,
    SegmentRefresh,
    change_segment,
    define_segment,
    fix_segment,
    place_members,
    place_segment,
    preview_segment,
    refresh_segment,
    refresh_segments,
)
from .traits import define_trait, place_trait_definition, set_traits

__all__ = [
    "CHANGEABLE",
    "CheckedCustomer",
    "NewConsent",
    "NewCustomer",
    "SegmentPreview",
    "SegmentRefresh",
    "add_contact_point",
    "add_customer",
    "add_customers_in_bulk",
    "add_identity",
    "change_segment",
    "check_custom_value",
    "check_new_customer",
    "declare_field_of_column",
    "define_custom_field",
    "define_segment",
    "define_trait",
    "end_identity",
    "fix_segment",
    "mark_contact_bounced",
    "open_fixed_segment",
    "place_customer",
    "place_members",
    "place_segment",
    "place_trait_definition",
    "preview_segment",
    "put_into_segment",
    "record_consent",
    "record_consents_in_bulk",
    "refresh_segment",
    "refresh_segments",
    "retire_contact_point",
    "set_traits",
    "take_out_of_segment",
    "update_customer",
]
