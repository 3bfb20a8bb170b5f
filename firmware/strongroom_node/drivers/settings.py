"""Checks the settings of a device before its driver uses them."""

from strongroom_node.errors import ConfigError

PIN = (0, 48)
LEVEL = (0, 1)
PULL = ("up", "down", None)
MS = (1, 86400000)


def check(cfg, keys, where=None):
    """Raise ConfigError, in words, for a setting that is unknown or out of range.

    keys  {name: rule}; a rule is (low, high) for whole numbers, a longer tuple for a choice of
          values, or a type. `id` and `type` every device has.
    """
    where = cfg["id"] if where is None else where
    for name in cfg:
        if name in ("id", "type"):
            continue
        if name not in keys:
            known = ", ".join(sorted(keys))
            raise ConfigError("%s: no setting is called %r; there are %s" % (where, name, known))
        if not _fits(cfg[name], keys[name]):
            raise ConfigError("%s: %s %s, not %r" % (where, name, _words(keys[name]), cfg[name]))


def need(cfg, name, where=None):
    """Return a setting that has no default; ConfigError when it is missing."""
    if name not in cfg:
        raise ConfigError("%s: %s is missing" % (cfg["id"] if where is None else where, name))
    return cfg[name]


def _fits(value, rule):
    if not isinstance(rule, tuple):
        return isinstance(value, rule)
    if len(rule) > 2:
        return value in rule
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and rule[0] <= value <= rule[1]


def _words(rule):
    if not isinstance(rule, tuple):
        return "must be a %s" % {str: "text", list: "list"}[rule]
    if len(rule) > 2:
        return "must be one of %s" % ", ".join([str(one) for one in rule])
    return "must be a whole number from %d to %d" % rule
