"""The gateway with the certificates of `strongroom broker init`, against mosquitto that asks for
them.
"""

import getpass
import json

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from strongroom_gateway.cli import main
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.running import Gateway
from strongroom_gateway.transports import make_transport
from support.mosquitto import Mosquitto, free_port
from support.sensing import PLAIN, Nodes
from support.waiting import wait_for

ALARM = "strongroom/v1/r1/alarm/exit.no_leave:HX-H-01"


@pytest.mark.needs("mosquitto")
@pytest.mark.parametrize("transport", ["paho", "lean"])
def test_an_alarm_over_tls_with_access_lists(tmp_path, transport):
    folder = tmp_path / "broker"
    words = ["broker", "init", str(folder), "--room", "r1", "--node", "g1", "--bind", "127.0.0.1"]
    assert main([*words, "--port", str(free_port()), "--user", getpass.getuser()]) == 0
    with Mosquitto.of(folder) as broker:
        own = folder / "gateway"
        tls = {"ca": own / "ca.pem", "certificate": own / "cert.pem", "key": own / "key.pem"}
        sections = {
            "ledger": {"path": str(tmp_path / "ledger.db")},
            "api": {"port": 0},
            "mqtt": {
                "port": broker.port,
                "transport": transport,
                "tls": {k: str(v) for k, v in tls.items()},
            },
        }
        config = typed(PLAIN | sections, Config)
        gateway = Gateway(settings(config), make_transport(config))
        gateway.start()
        node = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="g1")
        try:
            wait_for(lambda: gateway.pipeline.linked, 15, "the link")
            failed = gateway.pipeline.publisher.failed  # of what was decided before the link
            acks = []
            node.on_message = lambda _c, _u, m: acks.append(json.loads(m.payload))
            node.on_connect = lambda c, *_: c.subscribe("strongroom/v1/r1/g1/ack", 1)
            at = folder / "nodes" / "g1"
            node.tls_set(str(at / "ca.pem"), str(at / "cert.pem"), str(at / "key.pem"))
            node.connect("127.0.0.1", broker.port)
            node.loop_start()
            wait_for(node.is_connected, 10, "the node's link")
            nodes, now = Nodes(), gateway.clock.now()
            for n, side in enumerate(["inner", "inner", "outer", "outer"]):
                read = nodes.read("e2000001", side, now, rssi=-45, mono=n * 200)
                node.publish("strongroom/v1/r1/g1/event/tag", read.raw, 1).wait_for_publish(10)
            wait_for(lambda: acks, 10, "an acknowledgement")
            assert [a.id for a in gateway.surface.alarms()] == ["exit.no_leave:HX-H-01"]
            assert gateway.pipeline.publisher.failed == failed
        finally:
            node.disconnect()
            node.loop_stop()
            gateway.stop()
