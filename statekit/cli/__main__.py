"""`python -m statekit.cli` is the command `statekit`."""

from statekit.cli import main

if __name__ == "__main__":
    main()
