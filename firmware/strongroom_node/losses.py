"""What the outbox had to give up and has not yet recorded: ranges of numbers, joined where they meet."""

KEPT_APART = 16  # ranges of what was found missing; the rest is found again later


class Loss:
    """Records `first`..`last` of a boot and lane; `count` of them were lost."""

    def __init__(self, lane, boot, first, last, count, why):
        self.lane = lane
        self.boot = boot
        self.first = first
        self.last = last
        self.count = count
        self.why = why

    def copy(self):
        """Return another one that says the same."""
        return Loss(self.lane, self.boot, self.first, self.last, self.count, self.why)

    def takes(self, other):
        """Grow by a range that goes on where this one ends, or that this one holds; return whether it was one."""
        if (self.lane, self.boot, self.why) != (other.lane, other.boot, other.why):
            return False
        if self.first <= other.first and other.last <= self.last:
            return True
        if self.last + 1 != other.first and other.last + 1 != self.first:
            return False
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.count += other.count
        return True

    def fields(self):
        """Return the fields of the event that reports it."""
        return {
            "what": "outbox.dropped",
            "lane": self.lane,
            "of_boot": self.boot,
            "from": self.first,
            "to": self.last,
            "count": self.count,
            "why": self.why,
        }


def from_fields(fields):
    """Return the loss that an event reports, None for any other event."""
    if fields.get("what") != "outbox.dropped":
        return None
    return Loss(
        fields["lane"],
        fields["of_boot"],
        fields["from"],
        fields["to"],
        fields["count"],
        fields["why"],
    )


def join(losses, new):
    """Put a loss into a list: into a range that it continues, else as one of its own."""
    for loss in losses:
        if loss.takes(new):
            return
    losses.append(new)
