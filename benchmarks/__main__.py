"""`python -m benchmarks`: check, measure, and write benchmarks/RESULTS.md; with --quick, measure briefly and print."""

import argparse
import sys
from pathlib import Path

from benchmarks.stopwatch import FULL, QUICK

PEERS = ("automat", "automaton", "pygenfsm", "statemachine", "transitions")
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few rounds, and print the results instead of writing them"
    )
    quick = parser.parse_args().quick
    try:
        from benchmarks.measured import run
        from benchmarks.report import report
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in PEERS:
            raise
        sys.exit(f"{missing.name} is not installed: the peers are the dependency group `bench` of pyproject.toml")
    measured = run(quick=quick, say=lambda what: print(what, "…", file=sys.stderr, flush=True))
    text = report(measured, (QUICK if quick else FULL).rounds)
    if quick:
        print(text)
    else:
        RESULTS.write_text(text, encoding="utf-8")
        print(f"written: {RESULTS.parent.name}/{RESULTS.name}")


if __name__ == "__main__":
    main()
