"""How to reach the broker, and what to ask of it."""

import ssl
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class Tls(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Files of a client certificate, PEM."""

    ca: Path
    cert: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return a context that checks the broker and shows it our certificate."""
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=self.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.cert, self.key)
        return context


class Will(msgspec.Struct, frozen=True):
    """What the broker says, retained, when the gateway is gone without a word."""

    topic: str
    payload: bytes


class MqttSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One persistent session. ``client_id`` must be the same at every start."""

    client_id: str
    subscriptions: tuple[str, ...]
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    tls: Tls | None = None
    keepalive: Annotated[int, Meta(ge=1, le=3600)] = 30
    will: Will | None = None
    first_pause: float = 0.2
    """Seconds before the first attempt to connect again; doubled up to ``longest_pause``."""
    longest_pause: float = 15.0
