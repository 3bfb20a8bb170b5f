"""Makes the transport a configuration asks for."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from .config import Config
from .config_check import ConfigProblemsError, Problem
from .contract import GatewayState, topics
from .transport.paho import PahoTransport
from .transport.port import Transport
from .transport.settings import MqttSettings, Tls, Will


def make_transport(config: Config) -> Transport:
    """Return the transport, not yet connected. ConfigProblemsError when a file cannot be read."""
    mqtt, room = config.mqtt, config.room.id
    if mqtt.tls is not None:
        _readable({"ca": mqtt.tls.ca, "certificate": mqtt.tls.certificate, "key": mqtt.tls.key})
    gone = GatewayState(status="offline", recording=False, why="gone without a word")
    tls = mqtt.tls
    settings = MqttSettings(
        client_id=mqtt.client_id,
        subscriptions=(*topics.subscriptions(room), topics.alarms(room)),
        host=mqtt.host,
        port=mqtt.port,
        tls=None if tls is None else Tls(ca=tls.ca, cert=tls.certificate, key=tls.key),
        keepalive=mqtt.keepalive_s,
        will=Will(topics.state(room, "gateway"), msgspec.json.encode(gone)),
    )
    if mqtt.transport == "lean":
        from .transport.lean import LeanTransport  # noqa: PLC0415  # only where it is asked for

        return LeanTransport(settings)
    return PahoTransport(settings)


def _readable(files: Mapping[str, Path]) -> None:
    problems = []
    for name, path in files.items():
        try:
            path.open("rb").close()
        except OSError as bad:
            params = {"reason": f"{path}: {bad.strerror}"}
            problems.append(Problem(f"mqtt.tls.{name}", "config.unreadable", params))
    if problems:
        raise ConfigProblemsError(problems)
