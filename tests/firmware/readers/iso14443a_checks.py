"""Anticollision against cards that answer from a table, and the published checksums."""

from strongroom_node.drivers import iso14443a


class Canned:
    """A reader that answers what was written down."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    async def exchange(self, data, last=0, align=0):
        self.sent.append((bytes(data), last, align))
        return self.answers.pop(0)


def hexed(text):
    return bytes([int(pair, 16) for pair in text.split()])


def whole(text):
    return hexed(text), 0, iso14443a.CLEAN


# SAK and CRC_A written out as they are on the air.
SAK_08, SAK_04 = whole("08 b6 dd"), whole("04 da 17")


def check_crc_values_of_the_standard():
    assert iso14443a.sealed(b"\x00\x00") == hexed("00 00 a0 1e")  # ISO/IEC 14443-3, Annex B
    assert iso14443a.sealed(b"\x12\x34") == hexed("12 34 26 cf")
    assert iso14443a.sealed(b"\x50\x00") == hexed("50 00 57 cd")  # HLTA


async def check_four_bytes():
    reader = Canned(whole("11 22 33 44 44"), SAK_08)
    assert await iso14443a.identify(reader.exchange) == hexed("11 22 33 44")
    assert reader.sent[0] == (hexed("93 20"), 0, 0)
    assert reader.sent[1][0][:7] == hexed("93 70 11 22 33 44 44")


async def check_seven_bytes():
    reader = Canned(whole("88 04 de 5f 0d"), SAK_04, whole("1e ac c0 40 32"), SAK_08)
    assert await iso14443a.identify(reader.exchange) == hexed("04 de 5f 1e ac c0 40")
    assert [sent[0][0] for sent in reader.sent] == [0x93, 0x93, 0x95, 0x95]


async def check_what_is_refused():
    for answers in (
        (whole("11 22 33 44 45"),),  # check byte
        (whole("11 22 33 44"),),  # too short
        ((hexed("11 22 33 44 44"), 3, iso14443a.CLEAN),),  # broken off
        ((hexed("11 22 33 44 44"), 0, iso14443a.GARBLED),),
        (whole("11 22 33 44 44"), None),  # nobody agrees
        (whole("11 22 33 44 44"), whole("08 b6 dc")),  # checksum
        (whole("11 22 33 44 44"), SAK_04),  # another level without a cascade tag
        (None,),
    ):
        reader = Canned(*answers)
        assert await iso14443a.identify(reader.exchange) is None, answers
        assert not reader.answers


async def check_the_branch_after_a_collision():
    # The fourth bit is the first that differs; the cards with the value received go on.
    for first, second, rest in (("09", "09", "00 22 33 44 5c"), ("01", "01", "00 22 33 44 54")):
        reader = Canned((hexed(first + " 00 00 00 00"), 0, 4), whole(rest), SAK_08)
        assert await iso14443a.identify(reader.exchange) == hexed(second + " 22 33 44")
        assert reader.sent[1] == (hexed("93 24 " + second), 4, 4)


async def check_wherever_a_reader_counts_from():
    # Twelve bits are known, the cards differ at bit 23. Said from the level, the byte or the bit.
    for place, certain in ((23, 23), (15, 15), (11, 19)):
        reader = Canned(
            (hexed("11 02 00 00 00"), 0, 12),
            (hexed("20 33 00 00"), 0, place),
            None,
        )
        assert await iso14443a.identify(reader.exchange) is None
        sent = hexed("93 %02x 11 22 33" % (0x20 + (certain // 8 << 4) + certain % 8))
        sent = sent[:4] + bytes([sent[4] & (1 << certain - 16) - 1]) if certain > 16 else sent[:4]
        assert reader.sent[2][0] == sent, "what is asked for is what all of them said"


async def check_position_32():
    reader = Canned((hexed("11 22 33 c4 00"), 0, 32), whole("c4"), SAK_08)
    assert await iso14443a.identify(reader.exchange) == hexed("11 22 33 c4")
    assert reader.sent[1] == (hexed("93 60 11 22 33 c4"), 0, 0)


async def check_half_an_id():
    reader = Canned(whole("88 22 33 44 dd"), SAK_08)
    uid = await iso14443a.identify(reader.exchange)
    assert iso14443a.is_half(uid)
    assert not iso14443a.is_half(hexed("88 22 33 44 55 66 77"))
    assert not iso14443a.is_half(hexed("08 22 33 44"))
