"""Runs on a node's interpreter: encodes the records it is given with the node's own contract."""

import json
import sys

from strongroom_node import contract
from strongroom_node.errors import ContractError


def main():
    for record in json.loads(sys.stdin.readline())["records"]:
        lane, kind, boot, seq, stamp, fields = record
        try:
            payload = contract.make(lane, kind, boot, seq, tuple(stamp), fields)
        except ContractError as error:
            print(json.dumps({"refused": str(error)}))
        else:
            print(json.dumps({"payload": bytes(payload).hex()}))


main()
