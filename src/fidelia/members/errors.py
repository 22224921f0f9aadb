"""The refusals of members.

Invalid
├── WrongCode
├── TextsClosed
├── NoPoints
├── BirthdayMissing
├── NamelessNewcomer
└── LinkOver
Refused
├── TooYoung
├── JoiningClosed
├── NowhereToSend
└── CodeOver
NotFound
├── NotThisPerson
└── UnknownSession
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class WrongCode(Invalid):
    """These are not the digits that were sent."""

    default_code = "wrong_code"


class CodeOver(Refused):
    """The code was used, tried too often, or is too old: another must be asked for."""

    default_code = "code_over"


class NoPoints(Invalid):
    """A code is for the spending of some points."""

    default_code = "no_points"


class NowhereToSend(Refused):
    """The member has no address to which a code could go: points above the limit cannot be spent from here."""

    default_code = "nowhere_to_send"


class TextsClosed(Invalid):
    """A telephone number was given where no gateway sends text messages: an e-mail address is asked for."""

    default_code = "texts_closed"


class BirthdayMissing(Invalid):
    """The programme asks for the day of birth of who joins."""

    default_code = "birthday_missing"


class NamelessNewcomer(Invalid):
    """Who joins says at least a given name."""

    default_code = "nameless_newcomer"


class TooYoung(Refused):
    """The programme takes people from an age on that this one has not reached; nothing is kept."""

    default_code = "too_young"


class JoiningClosed(Refused):
    """Nobody signs up for this programme by themselves."""

    default_code = "joining_closed"


class LinkOver(Invalid):
    """The link of the message is incomplete, older than seven days, or was used already."""

    default_code = "link_over"


class NotThisPerson(NotFound):
    """The address does not open this person's pages."""

    default_code = "not_this_person"


class UnknownSession(NotFound):
    """There is no such device, or it is not this member's."""

    default_code = "unknown_session"
