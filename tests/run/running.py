"""A driver that runs for as long as a test looks at it."""

from contextlib import asynccontextmanager

import anyio


@asynccontextmanager
async def running(driver):
    async with anyio.create_task_group() as tasks:
        await tasks.start(driver.run)
        yield driver
        driver.stop()
