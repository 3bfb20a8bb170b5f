"""The fields every event and telemetry message carries beside its own."""

import msgspec

from .types import Boot, Clk, Mono, Seq, UnixMs


class Envelope(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Where and when a record was made, as the node knew it; never rewritten."""

    boot: Boot
    seq: Seq
    mono: Mono
    ts: UnixMs | None
    clk: Clk
