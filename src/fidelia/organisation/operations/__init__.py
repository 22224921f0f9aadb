"""The verbs of the network: use cases open a transaction; `place_stores` demands one."""

from .law import set_policy
from .network import (
    add_banner,
    add_partner,
    add_store,
    close_store,
    rename_banner,
    rename_partner,
    rename_store,
    set_up_operator,
)
from .portal import PortalLook, set_portal
from .stores import STORE_FACTS, NewStore, PlacedStores, place_stores, stores_said_before

__all__ = [
    "STORE_FACTS",
    "NewStore",
    "PlacedStores",
    "PortalLook",
    "add_banner",
    "add_partner",
    "add_store",
    "close_store",
    "place_stores",
    "rename_banner",
    "rename_partner",
    "rename_store",
    "set_policy",
    "set_portal",
    "set_up_operator",
    "stores_said_before",
]
