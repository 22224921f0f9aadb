"""Receipts: a decision as a small document that anyone can verify without the database that made it.

`receipt` writes and reads one, `recomputing` decides it once more with the engine of a till, `verifying` holds files of
receipts to their chain and to the published document of the programme.
"""

from .basket import basket_as_json, basket_from_json
from .published import Published, hash_of_document
from .receipt import (
    FORMAT,
    FORMAT_OF_CHAIN,
    RECEIPTS_MAX,
    MalformedReceipt,
    Receipt,
    chain_text_of,
    read_receipts,
    sealed,
)
from .recomputing import typed_values
from .verifying import Finding, Verdict, verify_receipts

__all__ = [
    "FORMAT",
    "FORMAT_OF_CHAIN",
    "RECEIPTS_MAX",
    "Finding",
    "MalformedReceipt",
    "Published",
    "Receipt",
    "Verdict",
    "basket_as_json",
    "basket_from_json",
    "chain_text_of",
    "hash_of_document",
    "read_receipts",
    "sealed",
    "typed_values",
    "verify_receipts",
]
