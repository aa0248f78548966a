"""What tests of a lifecycle need: time that costs nothing, faults, strategies, coverage."""
