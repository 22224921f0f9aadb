"""Questions to the customer file. Those with `by` answer a person; the others serve modules above."""

from .cards import CustomerCard, get_customer_by_identity, get_customer_card
from .consents import consent_at, last_words_at, list_consents, objects_at
from .customers import (
    EVERYONE,
    SANDBOX,
    CustomerFilters,
    count_customers,
    find_address,
    find_addresses,
    get_customer,
    list_contact_points,
    list_customers_by_id,
    list_fact_changes,
    search_customers,
)
from .identities import (
    find_by_identities,
    find_by_identity,
    ids_of,
    ids_of_each,
    list_identities,
    normalise_identity,
    survivors_of,
)
from .segments import describe_conditions, get_segment, list_segments, list_sizes, member_ids_at
from .traits import (
    list_trait_definitions,
    list_traits,
    segments_at,
    segments_of_each_at,
    traits_at,
    traits_of_each_at,
)

__all__ = [
    "EVERYONE",
    "SANDBOX",
    "CustomerCard",
    "CustomerFilters",
    "consent_at",
    "count_customers",
    "describe_conditions",
    "find_address",
    "find_addresses",
    "find_by_identities",
    "find_by_identity",
    "get_customer",
    "get_customer_by_identity",
    "get_customer_card",
    "get_segment",
    "ids_of",
    "ids_of_each",
    "last_words_at",
    "list_consents",
    "list_contact_points",
    "list_customers_by_id",
    "list_fact_changes",
    "list_identities",
    "list_segments",
    "list_sizes",
    "list_trait_definitions",
    "list_traits",
    "member_ids_at",
    "normalise_identity",
    "objects_at",
    "search_customers",
    "segments_at",
    "segments_of_each_at",
    "survivors_of",
    "traits_at",
    "traits_of_each_at",
]
