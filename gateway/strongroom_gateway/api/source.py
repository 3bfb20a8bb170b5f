"""What the API shows, behind a port: the service gives it the running gateway, tests a made one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from ..alarms.book import AlarmRecord
from ..config import Settings
from ..ingest.asked import Answer as Done
from ..ledger.dating import EntryView
from ..ledger.tree import Head
from ..room.acts import ActKind
from ..room.context import Context


class Reason(msgspec.Struct, frozen=True):
    """Something that is not as it should be: a text key and what the text needs."""

    key: str
    params: Mapping[str, Any] = {}


Answer = TypeVar("Answer")


class Record(Protocol):
    """The ledger, read-only. Calls may raise sqlite3.Error or LedgerError."""

    def entries(
        self, after: int = -1, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[EntryView]:
        """Return entries behind an index, oldest first."""
        ...

    def newest_entries(
        self, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[EntryView]:
        """Return the last entries, newest first."""
        ...

    def entry(self, idx: int) -> EntryView | None:
        """Return one entry."""
        ...

    def find(self, text: str, limit: int) -> list[str]:
        """Return the keys of rows that are found by a fragment of their words."""
        ...

    def head(self) -> Head:
        """Return size and root of the record."""
        ...


class Source(Protocol):
    """A running gateway as the API sees it. Every call is safe from any thread."""

    @property
    def settings(self) -> Settings:
        """Return the checked configuration."""
        ...

    @property
    def record(self) -> Record:
        """Return the ledger's reader."""
        ...

    def states(self, rule: str) -> Mapping[str, Any]:
        """Return what a rule of the room remembers, by key; the states are frozen."""
        ...

    def look(self, at: Callable[[Context], Answer]) -> Answer:
        """Return what `at` returns while nothing changes the room. It must be quick."""
        ...

    def alarms(self) -> Sequence[AlarmRecord]:
        """Return the alarms that are not normal, oldest first."""
        ...

    def troubles(self) -> Sequence[Reason]:
        """Return every reason why the gateway is not well; none when it is."""
        ...

    def metrics(self) -> str:
        """Return the counters in the Prometheus text format."""
        ...

    def now(self) -> int:
        """Return the gateway's Unix ms."""
        ...


class Operator(Protocol):
    """What people may do to an alarm, once for each `name`; each raises RefusedError or
    UnknownAlarmError, and returns whether it is on the disk after some seconds.
    """

    def acknowledge(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody has seen it."""
        ...

    def reset(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody ends a latched alarm."""
        ...

    def shelve(
        self, alarm: str, by: str, comment: str, minutes: int, name: str | None = None
    ) -> Done:
        """Somebody silences it for some minutes."""
        ...

    def unshelve(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody takes it off the shelf."""
        ...

    def take_out(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody takes the point out of service."""
        ...

    def put_back(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody puts the point back into service."""
        ...

    def act(self, kind: str, by: str, body: Mapping[str, Any], name: str | None = None) -> Done:
        """Do what a person asks for; return the entries it led to, and whether they are on the disk
        after some seconds. Asked for again with the same `name`, it is not done again.

        Raises RefusedActError, UnknownActError, or NotRecordingError when the disk does not take
        the record now; nothing has been done then.
        """
        ...

    def acts(self) -> Mapping[str, ActKind]:
        """Return everything that can be asked for."""
        ...
