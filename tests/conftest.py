"""Settings of the whole test suite, and the notes on agreement that a run leaves behind.

Property tests draw the same examples every time. Comparisons with other programs bring
`tests/reference/agreement.json` up to date, of which the validation page is made.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.reference.agreement import AGREEMENT, kept, refreshed, write

settings.register_profile(
    "metaonc",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("metaonc")

RAN: set[str] = set()  # files of tests that were collected
PARTIAL: set[str] = set()  # test functions of which some cases were left out, or failed


def function(item: pytest.Item) -> str:
    """The test function of an item: its id without the case."""
    return item.nodeid.split("[")[0]


def pytest_deselected(items: list[pytest.Item]) -> None:
    PARTIAL.update(map(function, items))


def pytest_collection_finish(session: pytest.Session) -> None:
    RAN.update(item.nodeid.split("::")[0] for item in session.items)
    if any("::" in argument for argument in session.config.args):  # single tests by name
        PARTIAL.update(kept())
        PARTIAL.update(map(function, session.items))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        PARTIAL.add(report.nodeid.split("[")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of pytest-xdist noted."""
    output = getattr(node, "workeroutput", {})
    AGREEMENT.merge(output.get("agreement", {}))
    PARTIAL.update(output.get("partial", ()))
    RAN.update(output.get("ran", ()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output.update(agreement=AGREEMENT.notes, partial=sorted(PARTIAL), ran=sorted(RAN))
    elif AGREEMENT.notes and ran_to_the_end(session, exitstatus):
        changed = write(refreshed(kept(), AGREEMENT.notes, PARTIAL, RAN))
        if changed and (reporter := session.config.pluginmanager.get_plugin("terminalreporter")):
            reporter.write_line("\ntests/reference/agreement.json was brought up to date")


def ran_to_the_end(session: pytest.Session, exitstatus: int) -> bool:
    """Whether every collected test ran."""
    failed = exitstatus == pytest.ExitCode.TESTS_FAILED and not session.config.option.maxfail
    return failed or exitstatus == pytest.ExitCode.OK
