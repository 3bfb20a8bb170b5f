"""Every alarm this gateway can raise, as data. An id is code and subject, so it is the same after a
restart.
"""

from typing import Literal

import msgspec

Priority = Literal["low", "medium", "high", "critical"]


class AlarmKind(msgspec.Struct, frozen=True):
    """What is true of every alarm of one code.

    `worse` is the priority from severity 1 on. A `momentary` alarm reports something that happened:
    its condition ends as it is raised, and it stands until a person acknowledged (and, when
    latching, reset) it. `parent` is the code that hides this one while it stands for the node the
    subject names.
    """

    code: str
    priority: Priority
    worse: Priority | None = None
    latching: bool = False
    momentary: bool = False
    parent: str | None = None

    @property
    def text_key(self) -> str:
        """Return the catalogue key of the alarm's text."""
        return f"alarm.{self.code}"

    @property
    def docs(self) -> str:
        """Return where the documentation says what to do about it."""
        return f"docs/alarms.md#{self.code.replace('.', '')}"

    def priority_at(self, severity: int) -> Priority:
        """Return the priority at a severity counted from 0."""
        return self.worse if self.worse is not None and severity > 0 else self.priority


_KINDS = (
    AlarmKind("climate.temperature_high", "medium", worse="high"),
    AlarmKind("climate.temperature_low", "medium", worse="high"),
    AlarmKind("climate.humidity_high", "medium", worse="high"),
    AlarmKind("climate.humidity_low", "medium", worse="high"),
    AlarmKind("climate.swing", "medium"),
    AlarmKind("climate.rate", "low"),
    AlarmKind("climate.condensation", "high"),
    AlarmKind("climate.forecast", "low"),
    AlarmKind("climate.blind", "high"),
    AlarmKind("climate.sensor_fault", "medium", parent="node.silent"),
    AlarmKind("climate.sensors_disagree", "low"),
    AlarmKind("climate.calibration_due", "low", worse="medium"),
    AlarmKind("climate.equipment", "medium", parent="node.silent"),
    AlarmKind("climate.leak", "critical", latching=True),
    AlarmKind("climate.smoke", "critical", latching=True),
    AlarmKind("climate.light", "low"),
    AlarmKind("climate.air_quality", "low", worse="medium"),
    AlarmKind("node.silent", "high"),
    AlarmKind("sensor.lost", "medium", parent="node.silent"),
    AlarmKind("exit.no_leave", "critical", latching=True, momentary=True),
    AlarmKind("exit.unclear", "low", worse="high"),
    AlarmKind("exit.not_readable", "high", worse="critical", latching=True),
    AlarmKind("exit.not_followed", "critical"),
    AlarmKind("gate.blind", "high"),
    AlarmKind("safe.outside_hours", "critical", latching=True),
    AlarmKind("safe.nobody", "critical", latching=True, momentary=True),
    AlarmKind("safe.one_person", "critical", latching=True, momentary=True),
    AlarmKind("safe.not_authorised", "high", latching=True, momentary=True),
    AlarmKind("safe.open_too_long", "high"),
    AlarmKind("safe.item_missing", "critical", latching=True),
    AlarmKind("safe.item_unexpected", "medium", latching=True, momentary=True),
    AlarmKind("safe.taken_without_slip", "critical", latching=True, momentary=True),
    AlarmKind("safe.not_reconciled", "high"),
    AlarmKind("safe.day_end_open", "high"),
    AlarmKind("certificate.not_accepted", "medium"),
    AlarmKind("custody.custodian_left", "medium"),
    AlarmKind("badge.unknown", "low", worse="medium"),
    AlarmKind("stocktake.missing", "high", latching=True),
    AlarmKind("patrol.missed", "medium"),
    AlarmKind("disinfection.due", "low"),
    AlarmKind("key.overdue", "high"),
    AlarmKind("loan.overdue", "low", worse="medium"),
    AlarmKind("return.deficient", "medium"),
    AlarmKind("ledger.not_recording", "critical"),
    AlarmKind("ledger.not_readable", "critical"),
    AlarmKind("outbox.dropped", "medium", worse="high", latching=True, momentary=True),
    AlarmKind("message.quarantined", "low"),
    AlarmKind("shelf.aisle_open_too_long", "low"),
    AlarmKind("shelf.aisle_open_outside_hours", "medium"),
    AlarmKind("shelf.moved_while_locked", "high", latching=True, momentary=True),
    AlarmKind("shelf.positions_contradict", "medium"),
    AlarmKind("shelf.misplaced", "low"),
)

CATALOGUE: dict[str, AlarmKind] = {kind.code: kind for kind in _KINDS}


def alarm_id(code: str, subject: str) -> str:
    """Return the id of an alarm: `exit.no_leave:box-0001`. Fit for an MQTT topic level and a URL
    path.
    """
    return f"{code}:{subject}" if subject else code
