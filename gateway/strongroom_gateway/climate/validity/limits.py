"""When a reading is not believed. Values in K, %RH, and ms; a test that is 0 is off."""

import msgspec


class Trust(msgspec.Struct, frozen=True):
    """What a room's air can do, and what it cannot.

    `t_low` to `rh_high`: what can be measured at all. `spike_*`: how far a reading may lie from the
    last good one at once, `rate_*` and how much further for every minute between them. `frozen`:
    how long both values may stay the same to the last digit. `family_*`: how far a sensor may be
    from the others of its zone, for as long as `family`. `disagree_*`: how far apart the sensors of
    a zone may be. `stale`: silence that is a fault. `keep`: how often a good reading is remembered.
    """

    t_low: float = -25.0
    t_high: float = 60.0
    rh_low: float = 1.0
    rh_high: float = 100.0
    spike_t: float = 2.0
    spike_rh: float = 8.0
    rate_t: float = 3.0
    rate_rh: float = 20.0
    frozen: int = 24 * 3_600_000
    family_t: float = 3.0
    family_rh: float = 10.0
    disagree_t: float = 2.0
    disagree_rh: float = 8.0
    family: int = 1_800_000
    stale: int = 300_000
    keep: int = 10_000


class Correction(msgspec.Struct, frozen=True):
    """What a calibration found has to be added to a sensor's values, and its certificate."""

    t: float = 0.0
    rh: float = 0.0
    certificate: str = ""
    due: int | None = None


NO_CORRECTION = Correction()
