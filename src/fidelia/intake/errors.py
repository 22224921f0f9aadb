"""What intake refuses."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid


class UnreadableFile(Invalid):
    """The file is not of a kind that can be read."""

    default_code = "unreadable_file"


class MalformedMapping(Invalid):
    """The mapping lacks a part, has one too many, or names a column that the file does not have."""

    default_code = "malformed_mapping"


class UnknownTarget(Invalid):
    """No such content can be brought in from a file."""

    default_code = "unknown_target"
