"""Builds the AsyncAPI 3.0 document of the wire contract from the structs that decode it.

python -m strongroom_gateway.contract.asyncapi > docs/asyncapi.json
"""

import json
import sys
from typing import Any, Final

import msgspec

from . import reasons
from .kinds import KINDS
from .node import NodeInfo
from .outbound import WHAT, Ack, Alarm, GatewayState
from .topics import ROOT
from .types import MAX_BYTES

_TEMPLATE: Final = "#/components/schemas/{name}"
_STATUS: Final = {"type": "string", "enum": ["online", "offline"]}
_PARAMETERS: Final = {
    "room": "The room's name.",
    "node": "The node's name; also the common name of its certificate.",
    "alarm": "The alarm's id.",
    "thing": "What the view shows: gateway, climate, items, ...",
}


def document() -> dict[str, Any]:
    """Return the document as plain JSON data."""
    return _Builder().build()


def text() -> str:
    """Return the document as it is kept in docs/asyncapi.json."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


class _Builder:
    def __init__(self) -> None:
        structs = [*KINDS.values(), NodeInfo, *WHAT, Ack, Alarm, GatewayState]
        schemas, components = msgspec.json.schema_components(structs, ref_template=_TEMPLATE)
        self._schemas = dict(zip(map(_key, structs), schemas, strict=True))
        self._components = components
        self._channels: dict[str, Any] = {}
        self._operations: dict[str, Any] = {}
        self._messages: dict[str, Any] = {}

    def build(self) -> dict[str, Any]:
        for (lane, kind), struct in KINDS.items():
            name = f"{lane}-{kind}"
            text = _summary(struct) if isinstance(struct, type) else "The node about itself."
            self._add(name, f"{{node}}/{lane}/{kind}", self._schemas[_key(struct)], text, "receive")
        self._add("status", "{node}/status", _STATUS, "Retained, and the node's will.", "receive")
        self._add(
            "info", "{node}/info", self._schemas[_key(NodeInfo)], "Retained. " + _summary(NodeInfo),
            "receive",
        )  # fmt: skip
        for struct, what in WHAT.items():
            schema = self._schemas[_key(struct)]
            self._add(
                f"command-{what}", f"{{node}}/command/{what}", schema, _summary(struct), "send"
            )
        self._add(
            "config", "{node}/config", {"type": "object"},
            "Retained. The node's versioned configuration.", "send",
        )  # fmt: skip
        for name, address, struct in (
            ("ack", "{node}/ack", Ack),
            ("alarm", "alarm/{alarm}", Alarm),
            ("state-gateway", "state/gateway", GatewayState),
        ):
            self._add(name, address, self._schemas[_key(struct)], _summary(struct), "send")
        self._add(
            "state", "state/{thing}", {"type": ["object", "array"]},
            "Retained. A view of the room for other software.", "send",
        )  # fmt: skip
        return {
            "asyncapi": "3.0.0",
            "info": {
                "title": "Strongroom wire contract",
                "version": "1",
                "description": f"JSON over MQTT 3.1.1, QoS 1. A message from a node is one object of"
                f" at most {MAX_BYTES} bytes. What breaks the contract is quarantined with one of"
                f" these reasons: {', '.join(reasons.ALL)}. Beyond the schemas: ts is null exactly"
                " when clk is none; outbox.dropped has from <= to and counts no more than those; air and"
                " power carry at least one value; integers are written without a decimal point.",
                "license": {"name": "Apache-2.0"},
            },
            "defaultContentType": "application/json",
            "channels": self._channels,
            "operations": self._operations,
            "components": {"messages": self._messages, "schemas": self._components},
        }

    def _add(self, name: str, address: str, payload: Any, summary: str, action: str) -> None:
        self._messages[name] = {
            "name": name,
            "contentType": "text/plain" if name == "status" else "application/json",
            "summary": summary,
            "payload": payload,
        }
        address = f"{ROOT}/{{room}}/{address}"
        parameters = [one for one in _PARAMETERS if f"{{{one}}}" in address]
        self._channels[name] = {
            "address": address,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "parameters": {one: {"description": _PARAMETERS[one]} for one in parameters},
        }
        self._operations[name] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"The gateway {'receives' if action == 'receive' else 'sends'} it.",
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        }


def _key(struct: Any) -> str:
    return str(struct)


def _summary(struct: type) -> str:
    return (struct.__doc__ or "").split("\n\n", maxsplit=1)[0].replace("``", "")


if __name__ == "__main__":
    sys.stdout.write(text())
