"""The section [climate] of the configuration: zones, machines, limits, and how readings are judged."""

from typing import Annotated, Literal

from msgspec import Meta

from ..section import Celsius, Day, Label, Name, Pause, Seconds, Section, SensorName, Tolerated


class DehumidifierSection(Section, frozen=True):
    """A relay that runs while the zone is humid. Limits in %RH, measured by `sensor` (default: the
    first).
    """

    node: Name
    relay: Name
    on_above: Annotated[float, Meta(gt=0, lt=100)]
    off_below: Annotated[float, Meta(gt=0, lt=100)]
    lease_s: Annotated[float, Meta(ge=2, le=3600)] = 120
    sensor: SensorName | None = None


class MachineSection(Section, frozen=True):
    """A machine on a relay, with the times it needs; those left out follow from its kind. Of a
    dehumidifier `coil` is the dew point in °C below which it takes no water out.
    """

    kind: Literal["dehumidifier", "humidifier", "cooling", "heating", "fan"]
    node: Name
    relay: Name
    lease_s: Annotated[float, Meta(ge=2, le=3600)] = 120
    min_on_s: Pause | None = None
    min_off_s: Pause | None = None
    max_on_s: Seconds = 21_600
    rest_s: Pause = 600
    respond_s: Seconds = 3_600
    coil: Annotated[float, Meta(ge=-20, le=20)] = 5.0


class ControlSection(Section, frozen=True):
    """How a zone is held. `hot`, `cold` (K), `wet`, `dry` (%RH): how near to each limit something is
    done; `recover_t`, `recover_rh`: how far back it is brought.

    `changeover_s`: rest between machines that undo each other. `stage_s`: how long one of several of
    a kind is given before the next. `settle_s`: how long ups and downs are waited out. `door`: a
    contact; open for longer than `door_after_s` and shorter than `door_most_s` it holds the machines.
    `swing`: keep to the daily swing as well.
    """

    hot: Tolerated = 0.7
    cold: Tolerated = 0.7
    wet: Tolerated = 2.5
    dry: Tolerated = 2.5
    recover_t: Annotated[float, Meta(gt=0, le=20)] = 0.5
    recover_rh: Annotated[float, Meta(gt=0, le=30)] = 1.0
    changeover_s: Pause = 900
    stage_s: Pause = 1_200
    settle_s: Annotated[float, Meta(ge=1, le=3600)] = 60
    door: SensorName | None = None
    door_after_s: Pause = 300
    door_most_s: Pause = 1_200
    swing: bool = True
    override_max_minutes: Annotated[int, Meta(ge=1, le=1440)] = 480


class ZoneSection(Section, frozen=True):
    """A part of the room that shares limits. `store` overrides that of [climate]; `surfaces` are
    sensors on cold walls or shelves, where water condenses first; `air` are sensors of its air.
    """

    id: Name
    name: Label
    sensors: Annotated[list[SensorName], Meta(min_length=1)]
    store: Name | None = None
    surfaces: list[SensorName] = []
    air: list[SensorName] = []
    dehumidifier: DehumidifierSection | None = None
    machine: list[MachineSection] = []
    control: ControlSection = ControlSection()


class TrustSection(Section, frozen=True):
    """When a reading is not believed; 0 switches a test off.

    `t_low` to `rh_high` (°C, %RH): what can be measured at all. `spike_t`, `spike_rh`: how far from
    the last good one a reading may be at once; `rate_t`, `rate_rh`: and how much further a minute.
    `frozen_h`: how long nothing may change. `family_t`, `family_rh`: how far from the others of its
    zone; `disagree_t`, `disagree_rh`: how far apart they may be; both for `family_min`.
    """

    t_low: Celsius = -25.0
    t_high: Celsius = 60.0
    rh_low: Annotated[float, Meta(ge=0, le=100)] = 1.0
    rh_high: Annotated[float, Meta(ge=0, le=100)] = 100.0
    spike_t: Tolerated = 2.0
    spike_rh: Tolerated = 8.0
    rate_t: Tolerated = 3.0
    rate_rh: Tolerated = 20.0
    frozen_h: Annotated[float, Meta(ge=0, le=8760)] = 24.0
    family_t: Tolerated = 3.0
    family_rh: Tolerated = 10.0
    disagree_t: Tolerated = 2.0
    disagree_rh: Tolerated = 8.0
    family_min: Annotated[float, Meta(ge=0, le=1440)] = 30.0


class TrendSection(Section, frozen=True):
    """What is watched beside the band. `rate_t` (K) and `rate_rh` (%RH) may change in an hour;
    `warn_min`: how long before a limit its coming is told; `dew_margin` (K): how much warmer than the
    dew point a surface has to stay. 0 switches a watch off, and `swing` that of the daily swing.
    """

    swing: bool = True

    rate_t: Tolerated = 3.0
    rate_rh: Tolerated = 12.0
    warn_min: Annotated[float, Meta(ge=0, le=1440)] = 30.0
    dew_margin: Annotated[float, Meta(ge=0, le=20)] = 2.0


class SensorSection(Section, frozen=True):
    """The calibration of a sensor: what to add to its values (K, %RH), and the certificate."""

    id: SensorName
    offset_t: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    offset_rh: Annotated[float, Meta(ge=-30, le=30)] = 0.0
    certificate: Label | None = None
    calibrated: Day | None = None
    due: Day | None = None


class InputSection(Section, frozen=True):
    """A contact or threshold that is an alarm: leak, smoke, or light that is measured (`uv` in µW/lm,
    `light` in lx, against the profile's limit). `source` says what asks for it.
    """

    id: Name
    name: Label
    kind: Literal["leak", "smoke", "uv", "light"]
    node: Name
    input: Name
    source: Label | None = None


class ClimateSection(Section, frozen=True):
    """Profile (a built-in name, or the path of a TOML file), kind of store, and how readings are
    judged. `outdoor` is a sensor outside; `calibration_notice_days` before it is due a calibration
    is asked for.
    """

    profile: Label = "cn-grade1"
    store: Name = "paper"
    stale_s: Seconds = 300
    view_s: Seconds = 10
    delay_s: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    outdoor: SensorName | None = None
    calibration_notice_days: Annotated[float, Meta(ge=0, le=365)] = 30.0
    trust: TrustSection = TrustSection()
    trend: TrendSection = TrendSection()
    sensor: list[SensorSection] = []
    input: list[InputSection] = []
    zone: list[ZoneSection] = []
