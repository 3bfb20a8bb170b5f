"""The R200 driver against captured frames and against an emulated reader, on both interpreters."""

from strongroom_node.drivers import r200 as module
from strongroom_node.drivers.r200 import R200, Frames, crc16, frame, tag
from strongroom_node.errors import DriverError
from strongroom_sim.bench import bench
from strongroom_sim.chips import r200 as chips
from strongroom_sim.chips.r200 import message

# Captured from readers in the field (M5Stack UHF-RFID documentation and public logs).
NOTICE = "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E"
EPC = "30751feb705c5904e3d50d70"


def _bytes(text):
    return bytes([int(text[n : n + 2], 16) for n in range(0, len(text), 2)])


class _Line:
    """The serial port of a board, straight to the chip."""

    def __init__(self, chip):
        self.chip = chip

    def read(self):
        return self.chip.take()

    def write(self, data):
        self.chip.feed(data)


class _Time:
    """The bench's clock, moved by hand."""

    def __init__(self):
        self.now = 1000
        bench.set_clock(lambda: self.now)


class _Ticks:
    """The driver's clock, the same as the bench's."""

    def __init__(self, time):
        self.time = time

    def __enter__(self):
        self.real = (module.ticks_ms, module.sleep_ms)
        module.ticks_ms, module.sleep_ms = lambda: self.time.now, self._sleep

    def __exit__(self, *_):
        module.ticks_ms, module.sleep_ms = self.real

    async def _sleep(self, ms):
        self.time.now += ms


async def _reads(driver, time, polls, step=50):
    found = []
    for _ in range(polls):
        time.now += step
        found.extend(await driver.poll())
    return found


def check_commands_are_those_of_the_manual():
    assert frame(0x22) == _bytes("BB00220000227E")
    assert frame(0x27, b"\x22\x27\x10") == _bytes("BB00270003222710837E")
    assert frame(0x27, b"\x22\xff\xff") == _bytes("BB0027000322FFFF4A7E")
    assert frame(0x28) == _bytes("BB00280000287E")
    assert frame(0xB6, b"\x07\xd0") == _bytes("BB00B6000207D08F7E")


def check_a_captured_notice():
    frames = Frames().feed(_bytes(NOTICE))
    assert len(frames) == 1
    kind, command, params = frames[0]
    assert (kind, command) == (2, 0x22)
    assert tag(params) == (_bytes(EPC), -55)
    assert crc16(_bytes("340030751FEB705C5904E3D50D70")) == 0x3A76


def check_a_captured_frame_byte_by_byte_and_a_no_tag_answer():
    frames = Frames()
    found = []
    for byte in _bytes(NOTICE + "BB01FF000115167E"):
        found.extend(frames.feed(bytes([byte])))
    assert [one[1] for one in found] == [0x22, 0xFF]
    assert frames.skipped == 0


def check_numbers_of_every_length_a_tag_can_say():
    for words in range(32):
        coded = bytes((words << 3, 0)) + b"\x7e\xbb" * words
        assert tag(b"\xc9" + coded + chips.air_crc(coded)) == (coded[2:], -55)
        assert tag(b"\xc9" + coded + b"\x00" + chips.air_crc(coded)) is None
        assert tag(b"\xc9" + coded + bytes(2)) is None or chips.air_crc(coded) == bytes(2)
    for rssi in (0x00, 0x7F, 0x80, 0xFF):
        coded = b"\x10\x00\xe2\x00\x00\x01"
        assert tag(bytes((rssi,)) + coded + chips.air_crc(coded))[1] == (rssi ^ 0x80) - 0x80


async def check_a_number_that_is_no_id_is_counted_and_not_told():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate")
    for number in ("", "e200", "e2" * 32):
        chip.do_enter(number, -40)
    assert await _reads(driver, time, 10) == []
    assert driver.refused >= 3 and driver.bad_tags == 0


async def check_a_reader_that_is_asked_each_time():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate", single=True)
    chip.do_enter(EPC, -55)
    assert await _reads(driver, time, 10) == [(EPC, -55)] * 10
    assert 0x27 not in chip.commands


async def check_a_false_beginning_holds_a_tag_up_for_no_more_than_a_moment():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate")
    with _Ticks(time):
        await _reads(driver, time, 5)
        chip.do_fault("silent")
        chip._rounds = 0
        await _reads(driver, time, 2)
        chip.do_fault("silent", on=False)
        chip._out = _bytes("BB0222007F" + NOTICE)  # claims 127 bytes that will not come
        assert await _reads(driver, time, 1) == []
        assert await _reads(driver, time, 4) == [(EPC, -55)]


async def check_sound_is_only_what_has_been_heard():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate")
    with _Ticks(time):
        assert not driver.sound
        await _reads(driver, time, 5)
        assert driver.sound, "an empty field says so"
        chip.do_fault("silent")
        await _reads(driver, time, 25)
        assert not driver.sound
        chip.do_fault("silent", on=False)
        await _reads(driver, time, 2)
        assert driver.sound


async def check_a_serial_port_that_is_unplugged():
    chip, time = chips.R200(), _Time()
    line = _Line(chip)
    driver = R200(line, "gate")
    await _reads(driver, time, 2)
    read = line.read

    def gone():
        raise OSError(5)

    line.read = gone
    for _ in range(2):
        try:
            await driver.poll()
        except DriverError as error:
            assert error.kind == "absent"
        else:
            raise AssertionError("read from a port that is gone")
    assert not driver.sound
    line.read = read
    chip.do_enter(EPC, -55)
    assert await _reads(driver, time, 3)


async def check_tags_of_every_length_a_number_can_have():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate", power=20)
    numbers = ["e2" + "7e" * (2 * words - 1) for words in range(2, 16)]
    for number in numbers:
        chip.do_enter(number, -40)
    found = await _reads(driver, time, 10)
    assert sorted({one for one, _ in found}) == sorted(numbers)
    assert chip.power == 2000
    assert driver.skipped == 0 and driver.bad_tags == 0


async def check_garbage_and_pieces_lose_no_whole_frame_and_invent_none():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate")
    chip.do_enter(EPC, -55)
    clean = len(await _reads(driver, time, 40))
    for fault in ("garbage", "split"):
        chip.do_fault(fault)
        found = await _reads(driver, time, 40)
        chip.do_fault(fault, on=False)
        await _reads(driver, time, 2)
        assert {one for one, _ in found} == {EPC}
        assert len(found) >= clean - 2, (fault, len(found), clean)
    assert driver.skipped > 0


async def check_frames_that_do_not_check_are_not_believed():
    chip, time = chips.R200(), _Time()
    driver = R200(_Line(chip), "gate")
    chip.do_enter(EPC, -55)
    chip.do_fault("air")
    assert await _reads(driver, time, 10) == []
    assert driver.bad_tags > 0
    chip.do_fault("air", on=False)
    assert await _reads(driver, time, 10)


async def check_a_silent_reader_is_a_fault_and_is_started_again():
    chip, time = chips.R200(), _Time()
    with _Ticks(time):
        driver = R200(_Line(chip), "gate")
        await _reads(driver, time, 5)
        chip.do_fault("silent")
        try:
            await _reads(driver, time, 60)
        except DriverError as error:
            assert error.kind == "timeout" and error.device == "gate"
        else:
            raise AssertionError("a silent reader was taken for an empty field")
        chip.do_fault("silent", on=False)
        chip.do_enter(EPC, -50)
        assert await _reads(driver, time, 5)
        assert chip.commands.count(0x27) == 2 and driver.restarts == 1


def check_the_model_says_what_was_captured():
    assert message(1, 0xFF, b"\x15") == _bytes("BB01FF000115167E")
    params = b"\xc9" + _bytes("340030751FEB705C5904E3D50D703A76")
    assert message(2, 0x22, params) == _bytes(NOTICE)
