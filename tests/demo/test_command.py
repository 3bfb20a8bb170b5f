"""`strongroom demo` refuses what it cannot do before it starts anything."""

import pytest
from strongroom_gateway.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "99999"], "argument --port: 99999 is not between 0 and 65535"),
        (["--port", "-1"], "argument --port: -1 is not between 0 and 65535"),
        (["--seconds", "nan"], "argument --seconds: nan is no time to run for"),
        (["--seconds", "0"], "argument --seconds: 0 is no time to run for"),
        (["--seconds", "inf"], "argument --seconds: inf is no time to run for"),
        (["--seconds", "soon"], "argument --seconds: invalid seconds value: 'soon'"),
    ],
)
def test_a_number_that_cannot_be_is_named(words, said, capsys) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["demo", *words])
    assert refused.value.code == 2
    assert said in capsys.readouterr().err
