"""Resumption: whether the server may be asked to carry its earlier session on, and when to stop asking.

A session survives a close whose policy keeps it. It is given up after `resumes_max` sockets that opened to resume it
and brought no hello: a server that dies of resuming must not be asked for ever (buape/carbon #364).
"""

from attrs import evolve, frozen


@frozen
class Resumption:
    """What is known of the server's session: whether it offered to carry it on, and the tries that came to nothing."""

    offered: bool = False
    tried: int = 0

    def wanted(self, resumes_max: int) -> bool:
        """Tell whether the next dial should ask for it."""
        return self.offered and self.tried < resumes_max

    def begun(self, resumes_max: int) -> "Resumption":
        """A socket is open, and the session was asked for if it was wanted."""
        return evolve(self, tried=self.tried + 1) if self.wanted(resumes_max) else Resumption()

    def greeted(self, *, resumable: bool) -> "Resumption":
        """The server said hello, be it to the old session or to a fresh one."""
        return Resumption(offered=resumable)

    def lost(self, *, keeps: bool) -> "Resumption":
        """The link is gone, by a close that keeps the session or drops it."""
        return self if keeps else Resumption()
