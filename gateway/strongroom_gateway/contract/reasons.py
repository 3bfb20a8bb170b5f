"""Reason codes of refused messages: stable words, for counters, the quarantine and its readers."""

from typing import Final

BAD_TOPIC: Final = "bad_topic"  # not a topic a node may publish on
WRONG_ROOM: Final = "wrong_room"  # the topic, or the info, names another room or node
OVERSIZED: Final = "oversized"  # more than 1,024 bytes
MALFORMED_JSON: Final = "malformed_json"  # not JSON, not UTF-8, NaN, or something after the object
TOO_DEEP: Final = "too_deep"  # nested deeper than any message of the contract
NOT_AN_OBJECT: Final = "not_an_object"  # JSON, but not an object
UNKNOWN_FIELD: Final = "unknown_field"
MISSING_FIELD: Final = "missing_field"
WRONG_TYPE: Final = "wrong_type"
OUT_OF_RANGE: Final = "out_of_range"  # a number, a length or a word outside what is allowed
BAD_ID: Final = "bad_id"  # a tag id that is not even-length lower-case hex, or 4 bytes from 88 on
CLOCK_MISMATCH: Final = "clock_mismatch"  # ts is null exactly when clk is none
CONFLICT: Final = "conflict"  # the ledger already holds this (node, boot, seq): a bug, never silent

ALL: Final = (
    BAD_TOPIC,
    WRONG_ROOM,
    OVERSIZED,
    MALFORMED_JSON,
    TOO_DEEP,
    NOT_AN_OBJECT,
    UNKNOWN_FIELD,
    MISSING_FIELD,
    WRONG_TYPE,
    OUT_OF_RANGE,
    BAD_ID,
    CLOCK_MISMATCH,
    CONFLICT,
)
