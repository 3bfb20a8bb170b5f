"""Reading a logger's file in a test: as readings, in numbers, or refused in words."""

from datetime import UTC, datetime

import pytest
from strongroom_gateway.history.loggers.errors import ImportRefusedError
from strongroom_gateway.history.loggers.options import Options
from strongroom_gateway.history.loggers.rows import Read, read_file

UTC_ZONE = Options(time_zone="UTC")
HOUR = 3_600_000


def ms(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1000)


def read(text: str, options: Options = UTC_ZONE, encoding: str = "utf-8") -> Read:
    return read_file(text.encode(encoding), options)


def counts(found: Read) -> dict[str, int]:
    return {kind: one.count for kind, one in found.kinds.items()}


def refused(text: str, options: Options = UTC_ZONE) -> str:
    with pytest.raises(ImportRefusedError) as refusal:
        read(text, options)
    return str(refusal.value)
