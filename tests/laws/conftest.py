"""What the laws that ask an independent engine share: the count of what was asked."""

from collections import Counter

import pytest

from tests.laws.oracle import VERDICTS


@pytest.fixture(scope="module")
def tally(request):
    """Count what was compared, and say it when all is done."""
    compared = Counter()
    yield compared
    verdicts = ", ".join(f"{compared[each]:,} {each}" for each in VERDICTS)
    total = sum(compared[each] for each in VERDICTS)
    plugins = request.config.pluginmanager
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        plugins.getplugin("terminalreporter").write_line(
            f"\nan independent engine was asked about {total:,} events: {verdicts}"
        )
