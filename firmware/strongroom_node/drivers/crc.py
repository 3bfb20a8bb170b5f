"""The checksums the chips use, written small: the messages are a few bytes long."""


def crc8(data):
    """Return the CRC-8 of the climate sensors (polynomial 0x31, start 0xFF)."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def crc_a(data):
    """Return the CRC_A of ISO/IEC 14443-3 (0x8408, start 0x6363); its low byte is sent first."""
    crc = 0x6363
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc
