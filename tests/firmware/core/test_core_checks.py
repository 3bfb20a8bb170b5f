"""The node's pure parts on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

HERE = Path(__file__).parent
contract, rules = checks(HERE / "contract_checks.py"), checks(HERE / "rules_checks.py")
config, buzzer = checks(HERE / "config_checks.py"), checks(HERE / "buzzer_checks.py")


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", buzzer.names)
def test_buzzer(interpreter: str, name: str) -> None:
    buzzer(interpreter, name)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", config.names)
def test_config(interpreter: str, name: str) -> None:
    config(interpreter, name)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", contract.names)
def test_contract(interpreter: str, name: str) -> None:
    contract(interpreter, name)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", rules.names)
def test_rules(interpreter: str, name: str) -> None:
    rules(interpreter, name)
