"""The Prometheus text format, against its rules for escaping and numbers."""

from strongroom_gateway.api.exposition import Family, render


def test_lines():
    families = [
        Family("x_total", "counter", "Two\nlines \\ here", [({}, 3.0)]),
        Family(
            "y", "gauge", 'Says "so"', [({"b": 'a"b\\c\nd', "a": "z"}, 0.25), ({"a": "q"}, 1e15)]
        ),
        Family("empty", "gauge", "None", []),
    ]
    assert render(families) == (
        "# HELP x_total Two\\nlines \\\\ here\n"
        "# TYPE x_total counter\n"
        "x_total 3\n"
        '# HELP y Says "so"\n'
        "# TYPE y gauge\n"
        'y{a="z",b="a\\"b\\\\c\\nd"} 0.25\n'
        'y{a="q"} 1000000000000000\n'
        "# HELP empty None\n"
        "# TYPE empty gauge\n"
    )
