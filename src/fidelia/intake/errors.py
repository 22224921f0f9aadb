"""What intake refuses."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused, Unavailable


class UnreadableFile(Invalid):
    """The file is not of a kind that can be read."""

    default_code = "unreadable_file"


class MalformedMapping(Invalid):
    """The mapping lacks a part, has one too many, or names a column that the file does not have."""

    default_code = "malformed_mapping"


class UnknownTarget(Invalid):
    """No such content can be brought in from a file."""

    default_code = "unknown_target"


class ImportUnknown(NotFound):
    """There is no such import, or it is not yours."""

    default_code = "import_unknown"


class RowUnknown(NotFound):
    """The import has no rejected row of this number."""

    default_code = "row_unknown"


class SavedMappingUnknown(NotFound):
    """No mapping is saved under this name."""

    default_code = "saved_mapping_unknown"


class ImportNotReady(Refused):
    """The import is not in the state that this needs."""

    default_code = "import_not_ready"


class NotUndoable(Refused):
    """What was recorded cannot be taken back."""

    default_code = "not_undoable"


class OtherUnderWay(Unavailable):
    """Another file of the same kind is being recorded at this moment."""

    default_code = "other_import_under_way"


class NoRoom(Unavailable):
    """The disk of the database is full."""

    default_code = "no_room"
