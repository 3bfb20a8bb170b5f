"""Makes the transport a configuration asks for."""

import msgspec

from .config import Config
from .contract import GatewayState, topics
from .transport.paho import PahoTransport
from .transport.port import Transport
from .transport.settings import MqttSettings, Tls, Will


def make_transport(config: Config) -> Transport:
    """Return the transport, not yet connected. Raises OSError when a certificate cannot be read."""
    mqtt, room = config.mqtt, config.room.id
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
