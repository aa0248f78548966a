"""The commands: `list`, `show`, `diagram`, `check`, `mutate`, `replay`, `diff`, `demo`.

Exit codes: 0 all is well; 1 something was found (a picture out of date, a machine that does not load); 2 it could not
be done.
"""

import click

from statekit.cli import catalogue
from statekit.cli.check import check
from statekit.cli.diagram import diagram
from statekit.cli.diff import difference
from statekit.cli.listing import listing
from statekit.cli.mutate import mutate
from statekit.cli.replay import replay
from statekit.cli.show import show
from statekit.errors import StatekitError

COULD_NOT = 2
DEMO = "demo"


class Root(click.Group):
    """The root command: turns our errors into one line and exit code 2, and finds `demo` among entry points."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours is told in a line, not as a traceback."""
        try:
            result: object = super().invoke(ctx)
        except StatekitError as error:
            click.echo(f"statekit: {error}", err=True)
            ctx.exit(COULD_NOT)
        return result

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands; `demo` is there if a package offers one."""
        names = super().list_commands(ctx)
        return [*names, DEMO] if catalogue.offers(catalogue.DEMOS) else names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command; the only demo is `demo` itself, several are its subcommands."""
        found = super().get_command(ctx, cmd_name)
        offered = catalogue.offers(catalogue.DEMOS) if found is None and cmd_name == DEMO else ()
        if not offered:
            return found
        if len(offered) == 1:
            return _demo(offered[0])
        return click.Group(DEMO, {offer.name: _demo(offer) for offer in offered}, help="Watch a demo.")


def _demo(offer: catalogue.Offer) -> click.Command:
    """Load a demo; one that does not load becomes a command that says so, so that `--help` works regardless."""
    try:
        found = offer.load()
        if isinstance(found, click.Command):
            return found
        problem = catalogue.CannotLoad(offer.name, offer.value, "it is no click command")
    except catalogue.CannotLoad as error:
        problem = error

    def tell(_: tuple[str, ...]) -> None:
        raise problem

    raw = {"ignore_unknown_options": True}
    arguments: list[click.Parameter] = [click.Argument(["_"], nargs=-1)]
    return click.Command(DEMO, callback=tell, params=arguments, context_settings=raw, help="Not to be had here.")


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="statekit", prog_name="statekit")
def statekit() -> None:
    """Lifecycles that are written as tables: read them, draw them, check them, compare them.

    A lifecycle of your own is named by its file (door.py, door.py:DOOR) or its module (mypackage.door:DOOR).
    """


statekit.add_command(listing)
statekit.add_command(show)
statekit.add_command(diagram)
statekit.add_command(check)
statekit.add_command(difference)
statekit.add_command(mutate)
statekit.add_command(replay)
