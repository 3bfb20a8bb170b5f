"""The HF reader on an emulated ESP32, against a register and bit model of chip and cards."""

from strongroom_esp32.hal import Board
from strongroom_node.drivers import mfrc522
from strongroom_node.errors import ConfigError, DriverError
from strongroom_sim.bench import bench
from strongroom_sim.chips.picc import Picc, crc_a
from strongroom_sim.solder import solder

DESK = {"id": "desk", "type": "mfrc522", "bus": "spi0", "cs": 5, "rst": 22}
SHARED = ("04de5f1eacc040", "04de5f99010203")
LAST_BIT = ("1122334d", "112233cd")  # differ in bit 32, sent last


def build(cards=(), rst=True, **settings):
    """Return (driver, chip) on a board of its own."""
    bench.clear()
    cfg = dict(DESK)
    cfg.update(settings)
    if not rst:
        del cfg["rst"]
    chip = solder([cfg], "esp32-sim")["desk"]
    for uid in cards:
        chip.do_place(uid=uid)
    board = Board()
    board._settings = {"board": "esp32-sim"}
    return mfrc522.create(board, cfg), chip


async def sees(driver, cards):
    """One poll gives exactly these cards, each once, and is sure of it."""
    found = await driver.poll()
    assert sorted(found) == sorted(cards), (sorted(found), sorted(cards))
    assert not driver.unsure


async def fails(driver):
    """Return the kind of the error a poll ends with."""
    try:
        found = await driver.poll()
    except DriverError as error:
        assert error.device == "desk"
        return error.kind
    raise AssertionError("found %r" % (found,))


class Dice:
    """Numbers that look random and are the same everywhere."""

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, n):
        self.seed = (self.seed * 69069 + 1) & 0xFFFFFFFF
        return (self.seed >> 16) % n


def some_ids(dice):
    """Return 1 to 5 different ids of mixed sizes that like to begin alike."""
    ids = set()
    stem = [dice(256) for _ in range(10)]
    while len(ids) < 1 + dice(5):
        size = (4, 7, 10)[dice(3)]
        same = dice(size)
        uid = stem[:same] + [dice(256) for _ in range(size - same)]
        if dice(3) == 0:
            uid[same] = stem[same] ^ 1 << dice(8)
        # Where a reader expects the cascade tag, no id may carry its value.
        if 0x88 in (uid[0], uid[3] if size > 4 else 0):
            continue
        ids.add("".join(["%02x" % byte for byte in uid]))
    return ids


def check_crc_of_the_card_model():
    assert crc_a(b"\x00\x00") == b"\xa0\x1e"  # ISO/IEC 14443-3, Annex B
    assert crc_a(b"\x12\x34") == b"\x26\xcf"


def check_states_of_the_card_model():
    card = Picc(b"\x11\x22\x33\x44")
    assert card.hear(b"\x26", 7) == (0x0004, 16)
    assert card.hear(b"\x93\x20", 16) == (0x4444332211, 40)  # 11^22^33^44 = 44
    assert card.hear(b"\x93\x24\x0e", 20) is None, "another card is meant"
    assert card.state == "idle"
    card.strict = False
    card.hear(b"\x26", 7)
    assert card.hear(b"\x93\x24\x0e", 20) is None
    assert card.state == "ready"
    select = b"\x93\x70\x11\x22\x33\x44\x44"
    assert card.hear(select + crc_a(select), 72) == (0xDDB608, 24)
    assert card.hear(b"\x50\x00\x57\xcd", 32) is None
    assert card.state == "halt"
    assert card.hear(b"\x26", 7) is None
    assert card.hear(b"\x52", 7) is not None
    assert card.hear(b"\x26", 7) is None
    assert card.state == "halt", "from READY* the way back is HALT"


def check_settings():
    for wrong in ({"poll_ms": 10}, {"misses": 0}, {"gain": 20}, {"pins": 3}):
        try:
            build(**wrong)
        except ConfigError:
            continue
        raise AssertionError("took %r" % (wrong,))
    assert mfrc522.ROLE == "hf"


async def check_one_card_of_each_size():
    for uid in ("08112233", "0400ab00", "00000000", "04de5f1eacc040", "04112233445566778899"):
        driver, _chip = build([uid])
        await sees(driver, [uid])


async def check_cards_that_share_their_first_bytes():
    driver, _chip = build(SHARED)
    await sees(driver, SHARED)


async def check_cards_that_differ_in_the_last_bit():
    driver, _chip = build(LAST_BIT)
    await sees(driver, LAST_BIT)


async def check_all_cards_of_a_full_desk():
    cards = ["%02x5566%02x" % (i * 16 + 1, i) for i in range(8)] + [
        "04aabb%08x" % i for i in range(8)
    ]
    driver, chip = build(cards)
    found = await driver.poll()
    assert sorted(found) == sorted(cards)
    assert not driver.unsure
    chip.do_place("0badcafe")
    assert len(await driver.poll()) == 16
    assert driver.unsure, "a card too many is not a card that left"


async def check_random_sets():
    for seed in range(12):
        cards = some_ids(Dice(seed))
        driver, _chip = build(cards)
        await sees(driver, cards)
        await sees(driver, cards)


async def check_wherever_a_chip_counts_collisions_from():
    for cards in (SHARED, LAST_BIT, some_ids(Dice(77)), ("01020304", "01020306", "0102f304")):
        for counts_from in ("level", "bytes", "frame"):
            driver, chip = build(cards)
            chip.counts_from = counts_from
            await sees(driver, cards)


async def check_half_an_id_is_refused_and_hides_nobody():
    cards = ("00112233", "0f112233", "ff112233")
    driver, _chip = build(cards + ("88112233",))
    await sees(driver, cards)
    assert driver.refused == 1


async def check_answers_that_lose_their_first_bit():
    driver, chip = build(SHARED + LAST_BIT)
    chip.do_fault("drop")
    seen = set()
    for _ in range(20):
        found = await driver.poll()
        assert set(found) <= set(SHARED + LAST_BIT)
        assert driver.unsure or len(found) == 4
        seen |= set(found)
    assert len(seen) == 4


async def check_a_chip_that_does_not_know_where():
    for cards in (SHARED, LAST_BIT):
        driver, chip = build(cards)
        real = chip._receive

        def nowhere(*args, real=real):
            fifo, error, last, _coll = real(*args)
            return fifo, error, last, 0x20

        chip._receive = nowhere
        await sees(driver, cards)


async def check_halted_cards_are_seen_again():
    driver, chip = build(SHARED)
    for _ in range(3):
        await sees(driver, SHARED)
        assert [card.state for card in chip.cards.values()] == ["halt", "halt"]
    assert driver.resets == 0


async def check_arrivals_and_departures():
    driver, chip = build()
    await sees(driver, [])
    chip.do_place("04DE5F1EACC040")
    await sees(driver, ["04de5f1eacc040"])
    chip.do_place("01020304")
    await sees(driver, ["04de5f1eacc040", "01020304"])
    chip.do_remove("04de5f1eacc040")
    await sees(driver, ["01020304"])
    chip.do_remove("01020304")
    await sees(driver, [])


async def check_a_card_that_leaves_half_way():
    driver, chip = build(SHARED)
    await sees(driver, SHARED)
    chip.do_fault("slip")
    found = await driver.poll()
    assert len(chip.cards) == 1
    assert found == list(chip.cards), found
    await sees(driver, list(chip.cards))
    chip.do_fault("slip")
    assert await driver.poll() == []
    assert driver.unsure, "something answered"
    await sees(driver, [])


async def check_noise_never_makes_a_card():
    cards = set(SHARED + LAST_BIT)
    driver, chip = build(cards)
    chip.do_fault("noise")
    seen, unsure = set(), 0
    for _ in range(30):
        found = await driver.poll()
        assert len(set(found)) == len(found)
        assert set(found) <= cards, found
        seen |= set(found)
        unsure += driver.unsure
    assert seen, "half of the answers are whole"
    assert unsure
    chip.do_fault("noise", False)
    await sees(driver, cards)


async def check_a_chip_that_goes_deaf():
    for rst in (True, False):
        driver, chip = build(SHARED, rst)
        await sees(driver, SHARED)
        chip.do_fault("deaf")
        assert await fails(driver) in ("deaf", "absent")
        assert await fails(driver) in ("deaf", "absent")
        chip.do_fault("deaf", False)
        await sees(driver, SHARED)
        assert driver.resets == 3


async def check_a_chip_that_only_the_reset_line_brings_back():
    driver, chip = build(SHARED)
    await sees(driver, SHARED)
    chip.do_fault("hung")
    await sees(driver, SHARED)
    assert driver.resets == 1
    driver, chip = build(SHARED, rst=False)
    await sees(driver, SHARED)
    chip.do_fault("hung")
    for _ in range(3):
        assert await fails(driver) == "absent"


async def check_a_chip_that_says_to_be_another_one():
    driver, chip = build(SHARED)
    await sees(driver, SHARED)
    chip.do_fault("version")
    await sees(driver, SHARED)
    assert driver.resets == 1, "started afresh, and taken for what it says"


async def check_a_chip_that_resets_itself():
    driver, chip = build(SHARED)
    await sees(driver, SHARED)
    chip.reset()
    await sees(driver, SHARED)
    assert driver.resets == 1


async def check_an_antenna_that_goes_off():
    for rst in (True, False):
        driver, chip = build(SHARED, rst)
        await sees(driver, SHARED)
        chip.do_fault("quiet")
        await sees(driver, SHARED)
        assert driver.resets == 1


async def check_an_antenna_that_stays_off():
    driver, chip = build()
    put = chip._put
    chip._put = lambda register, value: put(register, 0x80 if register == 0x14 else value)
    assert await fails(driver) == "deaf"
    chip._put = put
    await sees(driver, [])


async def check_a_reader_that_is_not_there():
    driver, chip = build(SHARED)
    chip.do_fault("absent")
    assert await fails(driver) == "absent"
    chip.do_fault("absent", False)
    await sees(driver, SHARED)


async def check_a_timer_that_never_ends():
    driver, chip = build()
    await sees(driver, [])
    chip._transceive = lambda: None
    assert await fails(driver) == "timeout"
    del chip._transceive
    await sees(driver, [])
    assert driver.resets == 1


async def check_an_empty_look_is_short():
    driver, chip = build()
    await sees(driver, [])
    for _ in range(3):
        before = chip.transfers
        await sees(driver, [])
        assert chip.transfers - before <= 16, chip.transfers - before


async def check_a_fresh_start_every_hour():
    driver, chip = build(SHARED)
    ticks = mfrc522.ticks_ms
    now = [0]
    try:
        mfrc522.ticks_ms = lambda: (ticks() + now[0]) & 0x3FFFFFFF
        await sees(driver, SHARED)
        resets = []
        chip.reset = lambda real=chip.reset: resets.append(1) or real()
        now[0] = 3590000
        await sees(driver, SHARED)
        assert not resets
        now[0] = 3601000
        await sees(driver, SHARED)
        assert resets
        assert driver.resets == 0, "nothing was wrong"
    finally:
        mfrc522.ticks_ms = ticks


async def check_gain():
    for gain, code in ((18, 2), (33, 4), (48, 7)):
        driver, chip = build(gain=gain)
        await driver.poll()
        assert chip._registers[0x26] >> 4 & 7 == code
