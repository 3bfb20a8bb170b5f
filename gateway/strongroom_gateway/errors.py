"""Every error the gateway raises on purpose.

StrongroomError
├── ConfigError          the configuration file cannot be used
├── BrokerError          a broker folder cannot be made, changed or trusted
├── ContractError        a message breaks the wire contract (carries a stable reason code)
├── TransportError       the broker cannot be reached or breaks the protocol
├── ActError             what a person asked for is not done
│   ├── RefusedActError  it is not allowed, or not possible as things are
│   └── UnknownActError  there is no act of this name
└── LedgerError          the record cannot be used as it is
    ├── NotRecordingError   the disk does not take the record now; it may later
    ├── UnwritableEntryError an entry holds what the record has no form for
    ├── RowsUnreadableError  what the room keeps on the disk cannot be read now
    ├── SchemaError      the database was written by a newer version
    ├── OutsideTreeError the record has no entry or tree head of that number
    ├── CheckpointError  a checkpoint or its key cannot be used, or must not be made
    ├── CorrectionError  an entry cannot be corrected like that
    └── VerifyError      the record does not prove itself
"""

from collections.abc import Mapping
from typing import Any


class StrongroomError(Exception):
    """Base of all errors raised on purpose; its text is fit to be shown to a person."""


class ConfigError(StrongroomError):
    """The configuration cannot be used; the text names the key and the file."""


class BrokerError(StrongroomError):
    """A broker folder cannot be made, changed or trusted; the text names the file."""


class ContractError(StrongroomError):
    """A message breaks the wire contract.

    ``reason`` is a stable code (see ``contract.reasons``); ``detail`` says where and what.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TransportError(StrongroomError):
    """The broker cannot be reached, refused the session or broke the protocol."""


class ActError(StrongroomError):
    """What a person asked for was not done, and nothing has changed."""


class RefusedActError(ActError):
    """An act is not allowed, or not possible as things are.

    ``key`` names a text of the catalogue, ``params`` are what it needs.
    """

    def __init__(self, key: str, params: Mapping[str, Any] | None = None) -> None:
        self.key = key
        self.params = dict(params or {})
        super().__init__(f"{key} {self.params}")


class UnknownActError(ActError):
    """There is no act of this name."""


class LedgerError(StrongroomError):
    """The ledger cannot be used as it is."""


class NotRecordingError(LedgerError):
    """The disk does not take the record at the moment; nothing was acknowledged."""


class UnwritableEntryError(LedgerError, ValueError):
    """An entry holds what the record has no form for: a number that is none, half a character."""


class RowsUnreadableError(LedgerError):
    """What the room keeps on the disk cannot be read at the moment."""


class SchemaError(LedgerError):
    """The database was written by a newer version of this program."""


class OutsideTreeError(LedgerError):
    """The ledger has no entry, or no tree head, of the number asked for."""

    def __init__(self, asked: int, size: int) -> None:
        super().__init__(f"{asked} is not within the {size} entries of the ledger")
        self.asked = asked
        self.size = size


class CheckpointError(LedgerError):
    """A checkpoint or its key cannot be used, or signing one would contradict an earlier one."""


class CorrectionError(LedgerError):
    """An entry cannot be corrected like that; the text says why."""


class VerifyError(LedgerError):
    """The record does not prove itself; the text names the first entry that is wrong."""
