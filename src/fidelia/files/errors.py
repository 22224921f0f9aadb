"""Why a file is not kept or not given.

Invalid
├── FileTooLarge      it has more bytes than this installation keeps in one file
└── FileCutOff        fewer bytes arrived than were sent
NotFound
└── FileUnknown       no such file, or not yours
Refused
└── ContentLost       the file is known and its content is not where it was kept
Unavailable
├── StoreFull         there is no room left where files are kept
└── StoreUnreachable  where files are kept does not answer
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused, Unavailable


class FileTooLarge(Invalid):
    """The file has more bytes than this installation keeps in one file."""

    default_code = "file_too_large"


class FileCutOff(Invalid):
    """Fewer bytes of the file arrived than were sent: the connection was lost."""

    default_code = "file_cut_off"


class FileUnknown(NotFound):
    """There is no such file, or it is not yours."""

    default_code = "file_unknown"


class ContentLost(Refused):
    """The file is known and its content is no longer where it was kept."""

    default_code = "content_lost"


class StoreFull(Unavailable):
    """There is no room left where files are kept."""

    default_code = "store_full"


class StoreUnreachable(Unavailable):
    """The place where files are kept does not answer."""

    default_code = "store_unreachable"
