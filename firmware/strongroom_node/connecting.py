"""Makes the node's link to its broker out of node.json."""

from strongroom_node import contract, dial
from strongroom_node.errors import ConfigError
from strongroom_node.link import BATCH, Link
from strongroom_node.mqtt import Client


def make_link(node, on_command, on_config, on_wedged, log):
    """Return the Link of a node; its keys are read when it first connects."""
    settings = node.settings
    cfg = {"room": settings["room"], "node": settings["node"]}
    if "resend_ms" in settings["broker"]:
        cfg["resend_ms"] = settings["broker"]["resend_ms"]
    return Link(
        cfg,
        lambda: _make_client(settings),
        node.outbox,
        node.clock,
        on_command=on_command,
        on_config=on_config,
        emit=node.emit,
        info=node.info,
        network=node.network,
        on_wedged=on_wedged,
        log=log,
    )


def _make_client(settings):
    broker = settings["broker"]
    tls = broker.get("tls")
    if tls is not None:
        tls = {part: _content(tls[part]) for part in ("ca", "cert", "key")}
    room, node = settings["room"], settings["node"]
    return Client(
        dial.dialer(broker["host"], broker.get("port", 1883 if tls is None else 8883), tls),
        room + "-" + node,
        will=(contract.topic(room, node, "status"), b"offline", 1, True),
        keepalive=broker.get("keepalive", 30),
        window=BATCH,
        limit=contract.MAX_IN + 256,
    )


def _content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigError("cannot read %s: %s" % (path, error))
