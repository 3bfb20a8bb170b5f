"""The node's configuration: what is refused and with which hint, and the two copies on flash."""

from strongroom_node.config import check, check_settings
from strongroom_node.config_store import GOOD, MAX_BYTES, NEW, ConfigStore
from strongroom_node.errors import ConfigError, StoreError

TYPES = ("sht4x", "mfrc522", "relay", "signal")
DEVICE = {"id": "t1", "type": "sht4x"}


class Shelf:
    """Files in a dict; the next write can be made to fail."""

    def __init__(self):
        self.files = {}
        self.dead = False

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        if self.dead:
            raise StoreError("cannot write")
        self.files[name] = bytes(data)

    def remove(self, name):
        self.files.pop(name, None)


def refused(words, call, *args):
    """The call raises ConfigError, and its text holds the words."""
    try:
        call(*args)
    except ConfigError as error:
        for word in words.split():
            assert word in str(error), str(error)
        return
    raise AssertionError("accepted: %r" % (args,))


def config(**fields):
    whole = {"version": 3, "devices": [DEVICE]}
    whole.update(fields)
    return whole


def check_a_good_configuration_passes():
    good = config(limits={"outbox_bytes": 65536, "ram_bytes": 2048})
    assert check(good, TYPES) is good
    assert check({"version": 1, "devices": []}, TYPES)


def check_unknown_words_are_refused_with_the_nearest_known_one():
    refused("device devices", check, config(device=[]), TYPES)
    refused("ram_byte ram_bytes", check, config(limits={"ram_byte": 1}), TYPES)
    refused("t1 sht4 sht4x", check, config(devices=[dict(DEVICE, type="sht4")]), TYPES)
    refused("t1 mfrc mfrc522", check, config(devices=[dict(DEVICE, type="mfrc")]), TYPES)
    try:
        check(config(devices=[dict(DEVICE, type="zzz")]), TYPES)
    except ConfigError as error:
        assert "did you mean" not in str(error), error
    else:
        raise AssertionError("accepted")


def check_wrong_shapes_are_refused():
    for bad in (None, [], "x", 5):
        refused("object", check, bad, TYPES)
        refused("object", check_settings, bad, TYPES)
    for version in (None, 0, -1, 1.5, True, "1", 1 << 31):
        refused("version", check, config(version=version), TYPES)
    for devices in (None, {}, "t1", [DEVICE] * 33, [5], [{}], [{"id": "T1", "type": "relay"}]):
        refused("device", check, config(devices=devices), TYPES)
    refused("two t1", check, config(devices=[DEVICE, DEVICE]), TYPES)
    for limits in ([], {"ram_bytes": 1}, {"ram_bytes": True}, {"outbox_bytes": 1 << 30}):
        refused("", check, config(limits=limits), TYPES)


def check_node_json():
    good = {"room": "r1", "node": "n1", "broker": {"host": "h"}, "devices": [DEVICE]}
    assert check_settings(good, TYPES) is good
    refused("rom room", check_settings, dict(good, rom="x"), TYPES)
    refused("room", check_settings, dict(good, room="R 1"), TYPES)
    refused("broker", check_settings, dict(good, broker={}), TYPES)


def check_the_newest_whole_copy_counts():
    shelf = Shelf()
    store = ConfigStore(shelf)
    assert store.current() is None
    store.accept(config(version=1))
    store.good()
    store.accept(config(version=2))
    assert store.current()["version"] == 2
    whole = shelf.files[NEW]
    for torn in (b"", whole[:-1], whole[:5], b"x" + whole[1:], whole + b" ", b"\xff" * 30):
        shelf.files[NEW] = torn
        assert store.current()["version"] == 1, torn
    shelf.files[NEW] = whole
    assert store.current()["version"] == 2
    shelf.files[GOOD] = b"torn"
    assert store.current()["version"] == 2


def check_a_configuration_that_is_given_up_leaves_the_last_good_one():
    store = ConfigStore(Shelf())
    store.accept(config(version=1))
    store.good()
    store.accept(config(version=2))
    assert store.give_up() == 2
    assert store.current()["version"] == 1
    assert store.give_up() is None
    assert store.current()["version"] == 1


def check_a_refused_write_leaves_the_old_one_and_an_oversized_one_is_not_written():
    shelf = Shelf()
    store = ConfigStore(shelf)
    store.accept(config(version=1))
    shelf.dead = True
    try:
        store.accept(config(version=2))
    except StoreError:
        pass
    else:
        raise AssertionError("it was not written and nobody said so")
    shelf.dead = False
    assert store.current()["version"] == 1
    refused("", store.accept, config(version=2, devices=[{"id": "x" * MAX_BYTES}]))
    assert store.current()["version"] == 1


def check_what_is_to_be_heard_needs_a_signal_of_the_node():
    lamp = {"id": "lamp", "type": "signal"}
    for key in ("feedback", "alarm"):
        assert check(config(devices=[dict(DEVICE, **{key: "lamp"}), lamp]), TYPES)
        assert check(config(devices=[dict(DEVICE, **{key: None})]), TYPES)
        refused(
            "t1 %s lamb lamp" % key,
            check,
            config(devices=[dict(DEVICE, **{key: "lamb"}), lamp]),
            TYPES,
        )
        refused("t1 %s signal" % key, check, config(devices=[dict(DEVICE, **{key: "t1"})]), TYPES)
        refused(
            "t1 %s signal" % key, check, config(devices=[dict(DEVICE, **{key: 3}), lamp]), TYPES
        )


def check_how_long_it_complains_and_waits_has_bounds():
    assert check(config(limits={"answer_ms": 300, "sound_ms": 0}), TYPES)
    refused("answer_ms 300", check, config(limits={"answer_ms": 299}), TYPES)
    refused("sound_ms 0", check, config(limits={"sound_ms": -1}), TYPES)


def check_a_node_is_not_called_what_the_gateway_is():
    good = {"room": "gateway", "node": "n1", "broker": {"host": "b"}, "devices": []}
    assert check_settings(good, TYPES)
    for name in ("gateway", "state", "alarm"):
        refused("node %s gateway" % name, check_settings, dict(good, node=name), TYPES)
        assert check_settings(dict(good, node=name + "-1"), TYPES)
