"""`python -m bench`: all benches, or the named ones, in full or in short; figures as text, and as JSON on request."""

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import alarm_latency, desk_answer, history_size, ledger_size, register_size, throughput


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        default=["throughput", "latency", "starts", "append", "register", "history", "answer"],
    )
    parser.add_argument("--short", action="store_true", help="a minute instead of half an hour")
    parser.add_argument("--report", type=Path, help="write the figures here as JSON")
    asked = parser.parse_args()
    figures: dict[str, Any] = {"python": sys.version.split()[0], "machine": platform.machine()}
    print(
        f"CPython {figures['python']}, {figures['machine']}; medians, with the lowest and highest"
    )
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as folder:
        for name in asked.names:
            print(f"== {name}", flush=True)
            figures[name] = _run(name, Path(folder) / name, asked.short)
    if asked.report:
        asked.report.write_text(json.dumps(figures, indent=1))


def _run(name: str, folder: Path, short: bool) -> dict[str, Any]:
    match name:
        case "throughput":
            return throughput.run(
                folder, rounds=1 if short else 5, count=20_000 if short else 100_000
            )
        case "latency":
            return alarm_latency.run(folder, seconds=5 if short else 60)
        case "starts":
            return ledger_size.starts(
                folder, 20_000 if short else 1_000_000, rounds=2 if short else 5
            )
        case "append":
            return ledger_size.run(
                folder, 50_000 if short else 10_000_000, rounds=50 if short else 300
            )
        case "answer":
            return desk_answer.run(folder, taps=10 if short else 200)
        case "register":
            return register_size.run(folder, 20_000 if short else 600_000, 20 if short else 200)
        case "history":
            return history_size.run(folder, 1 if short else 10, 20, rounds=5 if short else 30)
    raise SystemExit(
        f"no bench is called {name}: throughput, latency, starts, append, register, history, answer"
    )


if __name__ == "__main__":
    main()
