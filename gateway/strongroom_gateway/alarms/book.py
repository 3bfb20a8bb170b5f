"""The alarms that stand: applies the ISA-18.2 machine, and says what changed and why."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ..contract import Alarm
from ..errors import StrongroomError
from ..ingest.port import AlarmChange, Decision, Entry
from ..room.context import Say
from ..room.effects import Clear, Raise, Suppress
from ..room.journal import Journal
from . import isa182
from .catalogue import CATALOGUE, alarm_id
from .isa182 import NORMAL, Standing, State

_encode = msgspec.json.Encoder(order="sorted").encode
_TEXT_MAX = 400


class AlarmRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One alarm with its history so far. Times are Unix ms; `count` counts occurrences since it was
    normal.
    """

    code: str
    subject: str
    standing: Standing
    since: int
    changed: int
    count: int = 1
    why: Mapping[str, Any] = {}
    params: Mapping[str, Any] = {}
    by: str | None = None
    comment: str | None = None

    @property
    def id(self) -> str:
        """Return the id, which is the same for the same code and subject for ever."""
        return alarm_id(self.code, self.subject)

    @property
    def state(self) -> State:
        """Return the ISA-18.2 state."""
        return self.standing.state

    @property
    def priority(self) -> str:
        """Return the priority at the present severity."""
        return CATALOGUE[self.code].priority_at(self.standing.severity)


class UnknownAlarmError(StrongroomError):
    """No alarm of this id stands."""


class Act(msgspec.Struct, frozen=True):
    """What a person does to an alarm: who, why in their words, and when (Unix ms)."""

    alarm: str
    by: str
    comment: str
    at: int


class AlarmBook:
    """All alarms that are not normal."""

    prefix = "alarm/"

    def __init__(self, say: Say) -> None:
        self._say = say
        self.journal = Journal()
        self._records: dict[str, AlarmRecord] = {}

    def restore(self, rows: Mapping[str, str]) -> list[str]:
        """Take over persisted rows; return the keys of those that mean nothing to this version."""
        unknown = []
        for key, row in rows.items():
            try:
                record = msgspec.json.decode(row, type=AlarmRecord)
            except msgspec.DecodeError:
                unknown.append(key)
                continue
            if record.code in CATALOGUE:
                self._records[record.id] = record
            else:
                unknown.append(key)
        return unknown

    def records(self) -> list[AlarmRecord]:
        """Return all alarms that are not normal, the oldest first."""
        return sorted(self._records.values(), key=lambda r: (r.since, r.id))

    def rows(self) -> dict[str, str]:
        """Return all rows."""
        return {f"alarm/{key}": _encode(r).decode() for key, r in self._records.items()}

    def dues(self) -> Iterator[tuple[int, str]]:
        """Yield when a shelved alarm comes back."""
        for key, record in self._records.items():
            if record.standing.shelved_until is not None:
                yield record.standing.shelved_until, key

    def standing(self, out: Decision) -> None:
        """Write all alarms that are to be shown into `out`."""
        out.alarms.extend(AlarmChange(r.id, self._shown(r)) for r in self.records())

    # -- conditions --------------------------------------------------------------------------------

    def apply(self, effect: Raise | Clear | Suppress, now: int, out: Decision) -> None:
        """Take note of a condition; write what changes into `out`."""
        if isinstance(effect, Raise):
            self._raise(effect, now, out)
        elif isinstance(effect, Clear):
            self._clear(effect, now, out)
        else:
            self._suppress(effect, now, out)

    def _raise(self, effect: Raise, now: int, out: Decision) -> None:
        kind = CATALOGUE[effect.code]
        key = alarm_id(effect.code, effect.subject)
        old = self._records.get(key)
        was = NORMAL if old is None else old.standing
        stands = isa182.activate(was, effect.severity, latching=kind.latching)
        if kind.momentary:
            stands = isa182.clear(stands)
        elif stands == was:
            return
        fresh = old is None or old.state is State.NORM
        record = AlarmRecord(
            code=effect.code,
            subject=effect.subject,
            standing=stands,
            since=now if old is None or fresh else old.since,
            changed=now,
            count=1 if old is None else old.count + (kind.momentary or not was.active),
            why=effect.why,
            params=effect.params,
        )
        self._keep(record, "alarm.raised", out)

    def _clear(self, effect: Clear, now: int, out: Decision) -> None:
        old = self._records.get(alarm_id(effect.code, effect.subject))
        if old is None or not old.standing.active:
            return
        stands = isa182.clear(old.standing)
        record = msgspec.structs.replace(old, standing=stands, changed=now)
        self._keep(record, "alarm.cleared", out, {"cleared": dict(effect.why)})

    def _suppress(self, effect: Suppress, now: int, out: Decision) -> None:
        for record in self.records():
            kind = CATALOGUE[record.code]
            if kind.parent != effect.parent or record.subject.split(".")[0] != effect.node:
                continue
            change = isa182.suppress if effect.on else isa182.unsuppress
            stands = change(record.standing)
            if stands != record.standing:
                word = "alarm.suppressed" if effect.on else "alarm.unsuppressed"
                changed = msgspec.structs.replace(record, standing=stands, changed=now)
                self._keep(changed, word, out, {"parent": f"{effect.parent}:{effect.node}"})

    def tick(self, alarm: str, now: int, out: Decision) -> None:
        """Take an alarm off the shelf when its time is over."""
        record = self._records.get(alarm)
        if record is None:
            return
        until = record.standing.shelved_until
        if until is not None and until <= now:
            stands = isa182.unshelve(record.standing, by_hand=False)
            changed = msgspec.structs.replace(record, standing=stands, changed=now)
            self._keep(changed, "alarm.unshelved", out, {"because": "time"})

    # -- people ------------------------------------------------------------------------------

    def acknowledge(self, act: Act, out: Decision) -> None:
        """A person has seen it."""
        self._act(act, isa182.acknowledge, "alarm.acknowledged", out)

    def reset(self, act: Act, out: Decision) -> None:
        """A person ends a latched alarm."""
        self._act(act, isa182.reset, "alarm.reset", out)

    def shelve(self, act: Act, until: int, out: Decision) -> None:
        """A person silences it until a time in Unix ms."""
        self._act(act, lambda s: isa182.shelve(s, until), "alarm.shelved", out, {"until": until})

    def unshelve(self, act: Act, out: Decision) -> None:
        """A person takes it off the shelf."""
        self._act(act, lambda s: isa182.unshelve(s, by_hand=True), "alarm.unshelved", out)

    def take_out(self, act: Act, out: Decision) -> None:
        """A person takes the point out of service."""
        self._act(act, isa182.take_out, "alarm.out_of_service", out)

    def put_back(self, act: Act, out: Decision) -> None:
        """A person puts the point back into service."""
        self._act(act, isa182.put_back, "alarm.in_service", out)

    def _act(
        self,
        act: Act,
        change: Callable[[Standing], Standing],
        word: str,
        out: Decision,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        record = self._records.get(act.alarm)
        if record is None:
            raise UnknownAlarmError(act.alarm)
        stands = change(record.standing)
        changed = msgspec.structs.replace(
            record, standing=stands, changed=act.at, by=act.by, comment=act.comment
        )
        body = {"by": act.by, "comment": act.comment, **(more or {})}
        self._keep(changed, word, out, body)

    # -- how -----------------------------------------------------------------------------------

    def _keep(
        self, record: AlarmRecord, word: str, out: Decision, more: Mapping[str, Any] | None = None
    ) -> None:
        key = record.id
        body: dict[str, Any] = {
            "alarm": key,
            "code": record.code,
            "subject": record.subject,
            "state": record.state.value,
            "priority": record.priority,
            "count": record.count,
        }
        if word == "alarm.raised":
            body["why"] = record.why
            body["params"] = record.params
        out.entries.append(Entry(word, body | dict(more or {})))
        self.journal.note(self._records, key)
        if record.state is State.NORM:
            self._records.pop(key, None)
            out.alarms.append(AlarmChange(key, None))
            out.states.append((f"alarm/{key}", None))
            return
        self._records[key] = record
        out.alarms.append(AlarmChange(key, self._shown(record)))
        out.states.append((f"alarm/{key}", _encode(record).decode()))

    def _shown(self, record: AlarmRecord) -> Alarm:
        return Alarm(
            id=record.id,
            code=record.code,
            state=record.state.value,
            priority=record.priority,
            since=record.since,
            count=record.count,
            subject=record.subject,
            why=dict(record.why),
            text=self._say(CATALOGUE[record.code].text_key, record.params)[:_TEXT_MAX],
        )
