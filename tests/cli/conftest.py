"""Runs commands in this process, and scripts in another."""

import subprocess
import sys

import pytest
from attrs import evolve
from click.testing import CliRunner

from statekit.cli import catalogue, exploring
from statekit.cli.catalogue import Offer
from statekit.cli.command import statekit


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("STATEKIT_DOT", raising=False)

    def run(*arguments):
        return CliRunner().invoke(statekit, list(arguments))

    return run


@pytest.fixture
def script(tmp_path):
    """Run a script in a process of its own, inside a folder of its own."""

    def script(text):
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return script


@pytest.fixture
def offered(monkeypatch):
    """Offer other entry points than those that are installed."""

    def offered(**groups):
        def offers(*wanted):
            return tuple(
                Offer(name, value, group=f"statekit.{group}")
                for group in groups
                if f"statekit.{group}" in wanted
                for name, value in groups[group].items()
            )

        monkeypatch.setattr(catalogue, "offers", offers)

    return offered


@pytest.fixture
def explored(monkeypatch):
    """Let every exploration come to this, and note what was explored."""
    asked = []

    def explored(result):
        def explore(model, thresholds="default", *, progress=None):
            asked.append((model.name, thresholds, model))
            if isinstance(result, Exception):
                raise result
            return evolve(result, subject=model.name, thresholds=thresholds)

        monkeypatch.setattr(exploring, "explore", explore)
        return asked

    return explored


@pytest.fixture
def here(offered):
    """Offer the lamp, its system, and the breaker's model, from where these stand."""

    def here(**groups):
        return offered(
            **{group: {name: f"tests.cli.checked:{at}" for name, at in each.items()} for group, each in groups.items()}
        )

    return here
