"""`statekit demo`: one session's bad day on a real loopback WebSocket, told as it happens."""

import json
import sys

import anyio
import click
from attrs import asdict
from rich.console import Console

try:
    from machines.demo.front import LoopbackFront
    from machines.demo.server import DemoServer, ServerOptions
    from machines.demo.story import BESIDE, Report, Story, Told
    from machines.demo.timeline import Timeline, summary
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f'{missing}: pip install "statekit[demo]"', name=missing.name) from missing

SCALE = 0.15
"""The one factor by which every delay of the demo, the server's and the clients', is shortened."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the timeline.")
@click.option("--seed", default=1, show_default=True, help="Decides the faults' order, their victims, the typing.")
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 1.0),
    default=SCALE,
    show_default=True,
    help="The factor that shortens every delay; 1 is real time.",
)
def demo(*, as_json: bool, seed: int, scale: float) -> None:
    """Watch two clients edit two documents through sixteen faults on a real loopback WebSocket.

    Exits with 1 if anything was lost or doubled, or a fault did not happen.
    """
    console = Console(quiet=as_json, highlight=False)
    console.print("[bold]Two clients, two documents, sixteen faults, a real WebSocket.[/]")
    console.print(f"Every delay is shortened to {scale:g} of what it is; the times are those of the clients.\n")
    timeline = Timeline(console)
    report = anyio.run(_play, seed, scale, timeline)
    if report is None:
        click.echo(f"the story hangs: a fault did not strike, or was not recovered from (seed {seed})", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        console.print()
        console.print(summary(report, scale))
    sys.exit(0 if report.good else 1)


async def _play(seed: int, scale: float, timeline: Timeline) -> Report | None:
    options = ServerOptions(scale=scale, others={BESIDE: ""})
    async with DemoServer(options) as server, LoopbackFront(server) as front:
        began = server.clock.now()

        def tell(told: Told) -> None:
            timeline.tell(Told(told.at_seconds - began, told.who, told.what))

        try:
            return await Story(server, front, seed, tell).play()
        except TimeoutError:  # caught in here, where the server's task group has not wrapped it
            return None
