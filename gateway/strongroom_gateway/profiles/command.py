"""`strongroom profile`: see the built-in climate profiles, copy one, check one of the site's own."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..config_check import ConfigProblemsError
from ..i18n import DEFAULT, LANGUAGES, text
from . import Limits, Profile, Store, Swing, built_in, load_profile, swings, written


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("profile", help="climate limits: show, copy, check")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    acts.add_parser("list", help="name the built-in profiles").set_defaults(run=run_list)
    show = acts.add_parser("show", help="print a profile, to copy and edit")
    show.add_argument("name", metavar="NAME")
    show.set_defaults(run=run_show)
    check = acts.add_parser("check", help="say what is wrong with a profile, or what it sets")
    check.add_argument("name", metavar="FILE")
    check.add_argument("--language", choices=LANGUAGES, default=DEFAULT)
    check.set_defaults(run=run_check)


def run_list(_: argparse.Namespace) -> int:
    """Print one name a line."""
    for name in built_in():
        print(f"{name}\t{load_profile(name, Path()).title}")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print the file as it is."""
    print(written(arguments.name, Path()), end="")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Print what is wrong with line and reason and return 1, or what the profile sets."""
    language: str = arguments.language
    try:
        profile = load_profile(arguments.name, Path())
    except ConfigProblemsError as bad:
        for problem in bad.problems:
            print(problem.say(language), file=sys.stderr)
        return 1
    print(text("config.profile_good", {"title": profile.title}, language))
    for name, store in profile.stores.items():
        print(_line(profile, name, store, language))
    return 0


def _line(profile: Profile, name: str, store: Store, language: str) -> str:
    called = store.name.get(language, name)
    parts = [_band(store.temperature, "°C"), _band(store.humidity, "%RH")]
    swing = swings(profile, name)
    if swing is not None:
        parts += [_swing(swing.temperature, "K", language), _swing(swing.humidity, "%RH", language)]
    return f"{name} ({called}): {', '.join(parts)}"


def _band(limits: Limits, unit: str) -> str:
    if limits.low is None:
        return f"≤{limits.high:g} {unit}"
    if limits.high is None:
        return f"≥{limits.low:g} {unit}"
    return f"{limits.low:g}–{limits.high:g} {unit}"


def _swing(swing: Swing, unit: str, language: str) -> str:
    key = f"{swing.measure} {swing.window}"
    params = {"limit": f"{swing.limit:g}", "unit": unit}
    return text(_DEFINITIONS[key], params, language)


_DEFINITIONS = {
    "plus-minus calendar-day": "config.swing_pm_day",
    "plus-minus rolling": "config.swing_pm_rolling",
    "peak-to-peak calendar-day": "config.swing_pp_day",
    "peak-to-peak rolling": "config.swing_pp_rolling",
}
