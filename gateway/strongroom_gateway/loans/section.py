"""The section [loans] of the configuration: the rules of lending as data."""

from typing import Annotated

from msgspec import Meta, field

from ..room.model import ItemKind, Role
from ..section import Section
from .model import DaysKind, Reason

Days = Annotated[int, Meta(ge=1, le=3_650)]


class LoansSection(Section, frozen=True):
    """Who may borrow, who approves, and for how long. See docs/loans.md.

    `direct` roles borrow without a slip. A slip is approved by one of `approvers`, or by one of
    `responsible` for the departments in their scope; one that takes a file out of the house is
    approved by `external_approvers` alone, and asks for one of `external_reasons`. An approved slip
    can be used for `slip_days`; a loan is due at the end of the day `days` later and can be
    prolonged `renewals` times by `renew_days`: days of `days_kind`, in the room's time zone. From
    then on its borrower is reminded every `remind_every_h` hours. With `inspection` a return is
    closed by an inspection, not by a tap. `kinds` are what is lent at a desk at all.
    """

    direct: list[Role] = field(
        default_factory=lambda: ["chairman", "general_manager", "deputy_manager"]
    )
    approvers: list[Role] = field(default_factory=lambda: ["chairman", "general_manager"])
    responsible: list[Role] = field(default_factory=lambda: ["deputy_manager"])
    external_approvers: list[Role] = field(default_factory=lambda: ["chairman", "general_manager"])
    external_reasons: list[Reason] = field(default_factory=lambda: ["litigation", "legal"])
    kinds: list[ItemKind] = field(default_factory=lambda: ["box", "volume", "certificate"])
    slip_days: Days = 7
    days: Days = 30
    days_kind: DaysKind = "calendar"
    renewals: Annotated[int, Meta(ge=0, le=100)] = 1
    renew_days: Days = 30
    remind_every_h: Annotated[float, Meta(gt=0, le=8_760)] = 24
    inspection: bool = True
