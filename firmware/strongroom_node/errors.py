"""Everything the node's code raises on purpose.

NodeError
    ConfigError     a setting cannot be used; the text says which and what would do
    ContractError   a message does not fit the wire contract
    DriverError     a chip or reader did not answer as it should
    LinkError       the network, the broker or TLS
    StoreError      the flash did not take or give what it should
"""


class NodeError(Exception):
    """The root of the tree."""


class ConfigError(NodeError):
    """A setting cannot be used."""


class ContractError(NodeError):
    """A message does not fit the wire contract."""


class DriverError(NodeError):
    """A device failed. kind: nak, crc, busy, range, stuck, timeout, absent, disagree, deaf."""

    def __init__(self, kind, device=None, why=None):
        super().__init__(kind if why is None else "%s: %s" % (kind, why))
        self.kind = kind
        self.device = device
        self.why = why


class LinkError(NodeError):
    """The link failed. kind is one word for counters; why says it in words."""

    def __init__(self, kind, why=None):
        super().__init__(kind if why is None else "%s: %s" % (kind, why))
        self.kind = kind
        self.why = why


class StoreError(NodeError):
    """The flash failed; `full`: only for want of room."""

    def __init__(self, why, full=False):
        super().__init__(why)
        self.full = full
