"""`strongroom gateway --config FILE`: run the controller of one room until it is told to stop."""

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Any

from .config import load
from .config_check import ConfigProblemsError
from .i18n import text
from .running import Gateway
from .stopping import stopping
from .transports import make_transport

_READY_S = 10.0
_OTHERS_NOTHING = 0o027
"""Who has what and when is nothing for other accounts of this machine; a group may make backups."""


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("gateway", help="run the controller of one room")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--log", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"], help="log level"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; all that was received is on the disk when this returns."""
    set_up_logging(arguments.log)
    try:
        settings = load(arguments.config)
        transport = make_transport(settings.config)
    except ConfigProblemsError as bad:
        raise ConfigProblemsError(bad.problems, arguments.config) from None
    os.umask(_OTHERS_NOTHING)
    gateway = Gateway(settings, transport)
    with stopping() as told:
        gateway.start()
        config = settings.config
        port = gateway.api.wait_for_port(_READY_S) or config.api.port
        params = {"room": config.room.id, "url": f"http://{config.api.host}:{port}/docs"}
        sys.stdout.write(text("gateway.started", params, config.room.language) + "\n")
        sys.stdout.flush()
        told.wait()
        gateway.stop()
    return 0


def set_up_logging(level: str) -> None:
    """Log lines of `time level logger "message"` to standard error, where a service keeps them."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What the web server says of starting and stopping says nothing about the room.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


class _Lines(logging.Formatter):
    """One line for each record, whatever is in it: what nodes send must not forge log lines."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("time=%(asctime)s level=%(levelname)s logger=%(name)s message=%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        return (
            super().format(record).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        )
