# What a contributor needs. `make help` lists it.
.DEFAULT_GOAL := help
PY := .venv/bin/python
REPORT ?=
export PYTHONPATH := $(CURDIR)/tests

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## set up what running and testing need
	@scripts/setup.sh test

run: ## a living room: emulated nodes, a broker, the gateway, a console (Ctrl-C ends it)
	@scripts/setup.sh run
	@.venv/bin/strongroom demo

lint: setup ## style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

test: lint ## every check but the slow ones
	$(PY) -m pytest -m "not slow"

test-full: lint ## every check, the slow ones too
	$(PY) -m pytest

faults: setup ## 42 fault rounds on each transport
	STRONGROOM_FAULT_ROUNDS=42 $(PY) -m pytest -s tests/faults

climate-year: setup ## a year of a simulated store in five places under several controllers (an hour)
	$(PY) -m climate_year

soak: setup ## a node through 30 virtual days
	$(PY) -m pytest -s -m slow tests/firmware/link/test_soak.py

frozen: setup ## nodes on a heap of 64 KB with their code frozen in, as an ESP32 has it: a build of MicroPython (ten minutes)
	frozen=$$(scripts/micropython-frozen.sh) && STRONGROOM_FROZEN=$$frozen $(PY) -m pytest -s tests/firmware/link/test_small_heap.py

fuzz: setup ## a minute of bad input, 4,000 random lives of a room, 1,000 of hostile acts
	$(PY) -m pytest -s -m slow tests/gateway/ingest tests/gateway/room tests/gateway/api

bench: setup ## figures beside their baselines; REPORT=FILE keeps them as JSON
	$(PY) -m bench $(if $(REPORT),--report $(REPORT))

gate: setup ## the exit gate: 12,000 crossings and a day of stray reads
	$(PY) -m gatesim

.PHONY: help setup run lint test test-full faults climate-year soak frozen fuzz bench gate
