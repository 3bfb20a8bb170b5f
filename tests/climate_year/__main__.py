"""`python -m climate_year`: the table of docs/climate-control.md, or a part of it."""

import argparse
import time

from .places import CONTROLLERS, PLACES
from .simulate import Result, run

HEAD = (
    "| place | controller | in band % | T % | RH % | days in swing | kWh | switched on | doubted |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def line(place: str, name: str, result: Result, doubted: object) -> str:
    """Return one row of the table."""
    hours = result.hours / 100.0
    cells = (
        place,
        name,
        f"{result.in_both / hours:.2f}",
        f"{result.in_t / hours:.2f}",
        f"{result.in_rh / hours:.2f}",
        f"{result.days_in_swing}",
        f"{result.energy:.0f}",
        f"{result.cycles}",
        str(doubted),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run every controller in every place and print as it goes."""
    parser = argparse.ArgumentParser(prog="climate_year", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--first-day", type=int, default=0)
    parser.add_argument("--place", choices=PLACES, action="append")
    parser.add_argument("--controller", choices=CONTROLLERS, action="append")
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.days} days from day {asked.first_day}\n\n{HEAD}", flush=True)
    began = time.monotonic()
    for place in asked.place or PLACES:
        for name in asked.controller or CONTROLLERS:
            control, plan = CONTROLLERS[name]()
            result = run(place, control, plan, asked.seed, asked.first_day, asked.days)
            print(line(place, name, result, getattr(control, "doubted", "")), flush=True)
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
