"""How a configuration comes into use, and out of it again.

A new one is checked, kept and used from the next start. It is on trial until the node has lived with it
for a minute. One that has an impossible device is given up at once, one with which two boots failed at
the third; the last good one is used again, or the devices of node.json when there never was one.
"""

from strongroom_node import config, contract
from strongroom_node.errors import ConfigError, ContractError, StoreError

FAILED_BOOTS = 2


class Trial:
    """The configuration in use and the one that may replace it.

    store         the flash
    types         the device types there are
    flash         flash(action, *arguments): does something on flash, None when that fails
    failed_boots  boots in a row before this one that did not last
    """

    def __init__(self, store, types, flash, failed_boots):
        self._configs = config.ConfigStore(store)
        self._types = types
        self._flash = flash
        self.given_up = None  # the version that this start has given up
        if failed_boots >= FAILED_BOOTS and self.runs:
            self.given_up = flash(self._configs.give_up)
        self.config = flash(self._configs.current)

    @property
    def runs(self):
        """Whether the newest configuration is still to prove itself."""
        return bool(self._flash(self._configs.on_trial))

    @property
    def version(self):
        """The version in use, 0 for node.json."""
        return self.config["version"] if self.config else 0

    def get(self, key, settings):
        """Return the devices or limits to use: of the configuration, or of node.json without one."""
        return (self.config or settings).get(key, {})

    def passed(self):
        """Remember that the one in use works; return its version if that is news."""
        if not self.runs:
            return None
        self._flash(self._configs.good)
        return self.version

    def give_up(self):
        """Go back to the last good one at the next start; return the version given up."""
        return self._flash(self._configs.give_up)

    def offer(self, payload):
        """Take a configuration from the gateway; return (version, why it is refused or None).

        None as the version: it is the one in use, which each new connection brings again.
        """
        try:
            wanted = contract.parse(payload, "config")
        except ContractError as error:
            return 0, str(error)
        version = wanted.get("version")
        if self.config is not None and version == self.version:
            return None, None
        try:
            config.check(wanted, self._types)
            self._configs.accept(wanted)
        except (ConfigError, StoreError) as error:
            whole = isinstance(version, int) and not isinstance(version, bool) and version > 0
            return version if whole else 0, str(error)
        return version, None
