"""Why the command or its database refuses.

Unavailable
├── ServerDidNotStart    PostgreSQL ended while it was starting
├── ServerDidNotStop     PostgreSQL would not end
└── NoBinaries           no PostgreSQL of the right version is at hand
Refused
├── HeldByAnother        another process of this installation holds what we need
├── NotYours             a folder belongs to another account
├── BackupRefused        the file or the database is not in the state that the act needs
├── NotMigrated          the database is of another version
├── NotInvented          what would be removed is not the invented shop alone
└── NotSupported         this machine lacks something that cannot be done without
Invalid
├── BackupUnsound        the backup is damaged or not one of ours
├── PasswordsDiffer      a password was typed in two ways
└── WrongVariable        an environment variable cannot be understood
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, Refused, Unavailable


class ServerDidNotStart(Unavailable):
    """PostgreSQL ended while it was starting."""

    default_code = "server_did_not_start"


class ServerDidNotStop(Unavailable):
    """PostgreSQL would not end."""

    default_code = "server_did_not_stop"


class NoBinaries(Unavailable):
    """No PostgreSQL of the right version is at hand."""

    default_code = "no_binaries"


class HeldByAnother(Refused):
    """Another process of this installation holds what we need."""

    default_code = "held_by_another"


class NotYours(Refused):
    """A folder belongs to another account."""

    default_code = "not_yours"


class NotMigrated(Refused):
    """The database is of another version than this code."""

    default_code = "not_migrated"


class NotInvented(Refused):
    """What would be removed is not the invented shop, or not that alone."""

    default_code = "not_invented"


class NotSupported(Refused):
    """This machine lacks something that cannot be done without."""

    default_code = "not_supported"


class BackupRefused(Refused):
    """The file or the database is not in the state that the act needs."""

    default_code = "backup_refused"


class BackupUnsound(Invalid):
    """The backup is damaged or not one of ours."""

    default_code = "backup_unsound"


class PasswordsDiffer(Invalid):
    """A password was typed in two ways."""

    default_code = "passwords_differ"


class WrongVariable(Invalid):
    """An environment variable cannot be understood."""

    default_code = "wrong_variable"
