import re

import pytest
from strongroom_gateway.metrics import Metrics


def test_figures_are_written_as_prometheus_reads_them() -> None:
    metrics = Metrics()
    metrics.counter("strongroom_messages_total", "Messages.", lambda: 12_345_678_901)
    metrics.gauge("strongroom_pending", "Waiting.", lambda: 0.25)
    metrics.counter(
        "strongroom_refused_total",
        "Refused.",
        lambda: {(("reason", 'a"b\\c\n'),): 3, (("reason", "x"), ("node", "n1")): 4},
    )
    assert metrics.render() == (
        "# HELP strongroom_messages_total Messages.\n"
        "# TYPE strongroom_messages_total counter\n"
        "strongroom_messages_total 12345678901\n"
        "# HELP strongroom_pending Waiting.\n"
        "# TYPE strongroom_pending gauge\n"
        "strongroom_pending 0.25\n"
        "# HELP strongroom_refused_total Refused.\n"
        "# TYPE strongroom_refused_total counter\n"
        'strongroom_refused_total{reason="a\\"b\\\\c\\n"} 3\n'
        'strongroom_refused_total{reason="x",node="n1"} 4\n'
    )
    assert all(re.fullmatch(r"[a-z_]+", name) for name in metrics.names())


def test_a_name_is_taken_once() -> None:
    metrics = Metrics()
    metrics.gauge("a", "", lambda: 1)
    with pytest.raises(ValueError, match="already"):
        metrics.counter("a", "", lambda: 1)
