"""What is claimed of each lifecycle, a file each: named pure functions, shown or refuted by `statekit check`."""
