"""Faults in the climate sections, each named with its path."""

import copy

import pytest
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import ConfigProblemsError, typed
from support.sensing import PLAIN

MACHINE = {"kind": "fan", "node": "c1", "relay": "fan"}
DRYER = PLAIN["climate"]["zone"][1]["dehumidifier"]


def problems(change):
    raw = copy.deepcopy(PLAIN)
    change(raw["climate"])
    with pytest.raises(ConfigProblemsError) as bad:
        settings(typed(raw, Config))
    return [p.say("en") for p in bad.value.problems]


def put(zone=None, **keys):
    def change(climate):
        (climate if zone is None else climate["zone"][zone]).update(keys)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put(outdoor="c1/t1"), "climate.outdoor: c1/t1 is one of the sensors of a zone"),
        (put(0, surfaces=["c2/t1"]), "climate.zone[0].surfaces: c2/t1 is one of the sensors"),
        (put(0, machine=[MACHINE]), "climate.zone[0].machine: a fan needs climate.outdoor"),
        (
            put(1, machine=[MACHINE | {"kind": "heating"}]),
            "climate.zone[1].machine: a zone has either machines or the short form",
        ),
        (
            put(0, machine=[MACHINE | {"kind": "heating"}] * 2),
            "climate.zone[0].machine: c1/fan is there twice",
        ),
        (
            put(0, machine=[MACHINE | {"kind": "heating", "node": "c2", "relay": "dryer"}]),
            "climate.zone[1].machine: c2/dryer is there twice",
        ),
        (
            put(0, machine=[MACHINE | {"kind": "heating"}], control={"hot": 6.0, "cold": 5.0}),
            "climate.zone[0].control.hot: hot, cold, recover_t together are 11.5, the band is 10.0",
        ),
        (
            put(0, control={"door_after_s": 600, "door_most_s": 60}),
            "climate.zone[0].control.door_most_s: must be at least 600.0",
        ),
        (put(0, machine=[MACHINE | {"kind": "radiator"}]), "climate.zone[0].machine[0].kind: "),
        (
            put(1, dehumidifier=DRYER | {"on_above": 75}),
            "climate.zone[1].dehumidifier.on_above: 75.0 %RH is not between 45.0 and 60.0",
        ),
        (put(sensor=[{"id": "c9/t1"}]), "climate.sensor[0].id: c9/t1 is no sensor of a zone"),
        (
            put(sensor=[{"id": "c1/t1", "offset_t": 0.2}]),
            "climate.sensor[0].certificate: an offset needs the certificate",
        ),
        (
            put(sensor=[{"id": "c1/t1", "due": "2027-02-30"}]),
            "climate.sensor[0].due: 2027-02-30 is",
        ),
        (
            put(sensor=[{"id": "c1/t1", "calibrated": "2027-03-01", "due": "2027-02-01"}]),
            "climate.sensor[0].due: must be after the calibration (2027-03-01)",
        ),
        (
            put(sensor=[{"id": "c1/t1"}, {"id": "c1/t1"}]),
            "climate.sensor[0].id: c1/t1 is there twice",
        ),
        (
            put(input=[{"id": "a", "name": "A", "kind": "light", "node": "c1", "input": "x"}]),
            "climate.input[0].kind: profile cn-grade1 has no limit for light",
        ),
    ],
)
def test_a_fault_is_named(change, said):
    assert problems(change)[0].startswith(said)


def test_machines_may_be_many_and_of_a_kind():
    raw = copy.deepcopy(PLAIN)
    raw["climate"]["outdoor"] = "c1/out"
    raw["climate"]["zone"][0]["machine"] = [
        MACHINE,
        MACHINE | {"kind": "heating", "relay": "h1"},
        MACHINE | {"kind": "heating", "relay": "h2"},
    ]
    assert len(settings(typed(raw, Config)).config.climate.zone[0].machine) == 3
