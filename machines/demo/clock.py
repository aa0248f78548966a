"""The server's clock: the loop's, scaled and started at zero. It is virtual where the loop's is."""

import anyio


class ServerClock:
    """Seconds of which each takes `scale` seconds of the loop (0.05: twenty times as fast)."""

    def __init__(self, scale: float) -> None:
        """Start when first asked; raises ValueError for a scale that does not move forward."""
        if not scale > 0:
            raise ValueError(f"a clock's scale must be above 0; {scale} is not")
        self.scale = scale
        self._zero_seconds: float | None = None

    def now(self) -> float:
        """Return the seconds since it was first asked; to be called inside the loop."""
        loop_seconds = anyio.current_time()
        if self._zero_seconds is None:
            self._zero_seconds = loop_seconds
        return (loop_seconds - self._zero_seconds) / self.scale

    async def sleep(self, seconds: float) -> None:
        """Sleep so many of these seconds."""
        await anyio.sleep(seconds * self.scale)
