"""What is remembered of one sensor."""

import msgspec


class Track(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last good reading that was kept, and what speaks against the sensor.

    `t`, `rh`: corrected; `at`: when it was received (Unix ms). `raw`: as it came, `same`: since when
    it is the same. `odd`: readings refused in a row, `odd_since`. `out`: since when it is away from
    its family. `fault`: the reason it is not believed, "" while it is.
    """

    t: float
    rh: float
    at: int
    raw: tuple[float, float] = (0.0, 0.0)
    same: int = 0
    odd: int = 0
    odd_since: int = 0
    out: int | None = None
    fault: str = ""
