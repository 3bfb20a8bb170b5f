"""How a configuration comes into use, and out of it again.

A new one is checked, kept and used from the next start. It is on trial until the node has lived with it
for a minute. One that has an impossible device is given up at once, one with which two boots failed at
the third; the last good one is used again, or the devices of node.json when there never was one.
"""

from strongroom_node import contract
from strongroom_node.compat import const, forget
from strongroom_node.config_store import ConfigStore
from strongroom_node.errors import ConfigError, ContractError, StoreError

_FAILED_BOOTS = const(2)


class Trial:
    """The configuration in use and the one that may replace it.

    store   the flash
    types   the device types there are
    flash   flash(action, *arguments): does something on flash, None when that fails
    """

    def __init__(self, store, types, flash):
        self._configs = ConfigStore(store)
        self._types = types
        self._flash = flash
        self.given_up = None  # the version that this start has given up

    def begin(self, failed_boots):
        """Return the configuration to use, None for node.json, after `failed_boots` that did not last."""
        if failed_boots >= _FAILED_BOOTS and self.runs:
            self.given_up = self._flash(self._configs.give_up)
        return self._flash(self._configs.current)

    @property
    def runs(self):
        """Whether the newest configuration is still to prove itself."""
        return bool(self._flash(self._configs.on_trial))

    def passed(self):
        """Remember that the one in use works; return whether that is news."""
        if not self.runs:
            return False
        self._flash(self._configs.good)
        return True

    def give_up_trial(self):
        """Go back to the last good one at the next start, if the newest is on trial; return its version."""
        return self._flash(self._configs.give_up) if self.runs else None

    def offer(self, payload, in_use):
        """Take a configuration from the gateway; return (version, why it is refused or None).

        in_use  the version in use, 0 for node.json

        None as the version: it is the one in use, which each new connection brings again.
        """
        try:
            wanted = contract.parse(payload, "config")
        except ContractError as error:
            return 0, str(error)
        version = wanted.get("version")
        if in_use and version == in_use:
            return None, None
        from strongroom_node import config

        try:
            config.check(wanted, self._types)
            self._configs.accept(wanted)
        except (ConfigError, StoreError) as error:
            whole = isinstance(version, int) and not isinstance(version, bool) and version > 0
            return version if whole else 0, str(error)
        finally:
            forget("strongroom_node.config")
        return version, None
