"""The README's code is run as it stands there."""

from pathlib import Path

import pytest
from sybil import Document
from sybil.parsers.markdown import PythonCodeBlockParser

from machines.demo.front import LoopbackFront
from machines.demo.server import DemoServer, ServerOptions

README = Path(__file__).parent.parent / "README.md"


def readme() -> Document:
    return Document.parse(str(README), PythonCodeBlockParser())


@pytest.mark.net
async def test_the_embedding_code_of_the_readme_edits_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    document = readme()
    next(
        example for example in document.examples() if "class" not in example.parsed and "Client(" in example.parsed
    ).evaluate()
    async with DemoServer(ServerOptions(content="world")) as server, LoopbackFront(server) as front:

        async def fetch_token() -> str:
            return server.tokens.issue("reader", 60.0).token

        await document.namespace["edit"](front.url("reader", "").partition("?")[0], fetch_token)
        assert server.document.text.content == "hello world"
    said = capsys.readouterr().out
    assert said.startswith("acknowledged hello world\nconnected\n")
    assert "heartbeat is LISTENING, awaits after ping_delay in" in said


def test_the_pure_code_of_the_readme_holds() -> None:
    document = readme()
    pure = [example for example in document.examples() if "assert" in example.parsed]
    assert len(pure) == 2
    for example in pure:
        example.evaluate()


async def test_the_lamp_of_the_readme_runs_under_a_driver(capsys: pytest.CaptureFixture[str]) -> None:
    document = readme()
    for example in document.examples():
        if "LAMP" in example.parsed:
            example.evaluate()
    assert await document.namespace["light_up"]() == [True]
    assert capsys.readouterr().out.startswith("OFF → ON\nlamp is ON, awaits after 1 min in ")


def test_the_readme_is_finished() -> None:
    assert "COUNT_" not in README.read_text()


def test_the_table_in_the_readme_is_the_one_that_runs() -> None:
    shown = README.read_text().partition("TABLE = (")[2].partition("\n)\n")[0]
    written = (README.parent / "machines/heartbeat.py").read_text().partition("TABLE = (")[2].partition("\n)\n")[0]

    def rows(text: str) -> list[str]:
        return [line.partition("#")[0].strip() for line in text.splitlines() if line.partition("#")[0].strip()]

    def squeezed(text: str) -> str:
        return "".join("".join(rows(text)).split())

    plain = [part.partition("because=")[0] for part in squeezed(written).split("),")]
    assert [part.partition("because=")[0] for part in squeezed(shown).split("),")] == plain
