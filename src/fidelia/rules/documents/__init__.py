"""The document of a programme as a text: read and written, changed in place with its comments, and its JSON Schema.

YAML as people write it (JSON is YAML too). `read_text` and `write_text` are inverse; `change_text` makes a text say
another document and leaves every line alone that says the same as before; `schema` is what an editor checks by.
"""

from .editing import change_text
from .order import ordered
from .schema import SCHEMA_ID, document_schema
from .text import NameTwice, Place, UnreadableText, place_of, read_text, write_text

__all__ = [
    "SCHEMA_ID",
    "NameTwice",
    "Place",
    "UnreadableText",
    "change_text",
    "document_schema",
    "ordered",
    "place_of",
    "read_text",
    "write_text",
]
