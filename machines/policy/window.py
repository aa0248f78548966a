"""Window: the last so many calls, and whether too many of them failed or were slow.

A count of failures in a row never opens for a service that fails every second call (seed defect 63); a window does. It
counts calls, not time: a client makes few of them, and a window of time would be empty when the next one comes.
"""

from typing import ClassVar

from attrs import evolve, field, frozen

from machines.options import number, refuse_less, whole


@frozen
class WindowOptions:
    """The last `calls_max` calls are judged once there are `calls_min`: by the share that failed, or that was slow.

    100 calls and a half are resilience4j's; it judges slow calls by a share of 1 unless told otherwise, so do we.
    """

    lifecycle: ClassVar = "circuit_breaker.window"
    calls_max: int = field(default=100, validator=whole(at_least=1))
    calls_min: int = field(default=20, validator=whole(at_least=1))
    failed_share: float = field(default=0.5, validator=number(above=0, at_most=1))
    slow_share: float = field(default=1.0, validator=number(above=0, at_most=1))

    def __attrs_post_init__(self) -> None:
        """Refuse a minimum that could never be reached."""
        refuse_less(self, "calls_max", "calls_min")


@frozen
class Window:
    """What became of the last calls, the oldest first: a letter each, F failed, S slow, . neither."""

    calls: str = ""

    def with_call(self, options: WindowOptions, *, failed: bool, slow: bool) -> "Window":
        """Add a call, and forget the oldest if there are too many."""
        letter = "F" if failed else "S" if slow else "."
        return evolve(self, calls=(self.calls + letter)[-options.calls_max :])

    def is_bad(self, options: WindowOptions) -> bool:
        """Tell whether enough calls were made, and too many of them failed or were slow."""
        made = len(self.calls)
        if made < options.calls_min:
            return False
        shares = (("F", options.failed_share), ("S", options.slow_share))
        return any(self.calls.count(letter) >= share * made for letter, share in shares)
