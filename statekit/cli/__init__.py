"""The command `statekit`; what it needs beyond the engine is the extra `cli`."""

import sys

NEEDED = ("click", "rich")


def main() -> None:
    """Run the command; without the extra `cli`, print the one line that installs it and exit with 2."""
    try:
        from statekit.cli.command import statekit
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] not in NEEDED:
            raise
        print('statekit: the command needs its extra: pip install "statekit[cli]"', file=sys.stderr)
        sys.exit(2)
    statekit(prog_name="statekit")
