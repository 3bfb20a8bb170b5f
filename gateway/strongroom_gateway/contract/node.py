"""What a node says outside the two lanes: its info (and status, which is one bare word)."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .types import Boot, Mono, Name, UnixMs, Version, Word


class Capability(msgspec.Struct, forbid_unknown_fields=True):
    """One device of a node."""

    id: Name
    type: Word
    role: Word


class NodeInfo(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Published at every connect and hourly; ``mono`` is what command/clock answers to."""

    room: Name
    node: Name
    firmware: Word
    board: Word
    boot: Boot
    cause: Word
    mono: Mono
    config: Version
    capabilities: Annotated[list[Capability], Meta(max_length=64)]
    epoch: UnixMs | UnsetType | None = UNSET
