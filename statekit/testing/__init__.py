"""What tests of a lifecycle need; ask for the file that you need, as in `from statekit.testing.walk import Walk`.

`walk` leads one machine by hand, `system_walk` a system, with every timer and every answer at hand; `outstanding` is
what they await, `passed` which rows they took. `virtual_time` runs a driver in time that costs nothing.
"""
