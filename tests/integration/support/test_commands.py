"""The operators' command that tries rules of the help desk, which asks support over a real socket."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.support.categories import OWN_CATEGORIES, OWN_QUEUES
from services.support.main import routers
from services.support.settings import OWN_PROMISES, Settings
from shared.http.app import build_app
from tests.integration.operating import Operator, operating
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_sla import MINUTE, opened, promised  # noqa: F401  the fixture
from tests.integration.support.test_triage import learning, opened as asked

SPAN = f"--since {NOW - timedelta(days=1):%Y-%m-%d} --until {NOW + timedelta(days=2):%Y-%m-%dT%H:%M:%S}"
WEEK = ", ".join(["[{start: 0, end: 1440}]"] * 7)
SLOWER = f"""
calendars:
  always: {{zone: UTC, closed: [2031-12-24], week: [{WEEK}]}}
policies:
  default: {{calendar: always, targets: {{normal: {{first_response: 120}}}}}}
"""


@pytest.fixture
async def operator(support: Support, dsn: str) -> AsyncIterator[Operator]:
    given = {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    async with operating(build_app(support, Settings.model_validate(given), routers=routers)) as operator:
        yield operator


async def test_policies_and_calendars_are_tried_from_the_file_that_would_promise_them(
    promised: Support,  # noqa: F811  the fixture
    operator: Operator,
    tmp_path: Path,
) -> None:
    await opened(promised)
    await promised.pass_time(NOW + 30 * MINUTE)
    slower, typo, odd, text = (tmp_path / name for name in ("slower.yaml", "typo.yaml", "odd.yaml", "text.yaml"))
    slower.write_text(SLOWER)
    typo.write_text(SLOWER.replace("policies:", "polices:"))
    odd.write_text("policies:\n  default: [")
    text.write_text("slower")
    tried, table, own, *wrong = await operator.run(
        f"rules promises {slower} {SPAN} --json",
        f"rules promises {slower} {SPAN}",
        f"rules promises {OWN_PROMISES} {SPAN} --json",
        f"rules promises {typo} {SPAN}",
        f"rules promises {odd} {SPAN}",
        f"rules promises {text} {SPAN}",
        f"rules promises {tmp_path / 'none.yaml'} {SPAN}",
        f"rules promises {slower} --since 2026-03-02 --until 2026-03-01",
    )
    assert (tried.status, tried.answer["tickets"], tried.answer["changed"]) == (0, 1, 1)
    assert tried.answer["after"]["clocks"] == {"first_response": {"running": 1}}
    assert (table.status, "first_response 1 breached" in table.out) == (0, True), table
    assert (own.status, own.answer["tickets"]) == (0, 1)
    told = (
        "polices is neither policies nor calendars",
        "line 2 is no YAML",
        "by its name",
        "cannot be read",
        "of at most",
    )
    for ran, said in zip(wrong, told, strict=True):
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err


async def test_rules_of_triage_and_routing_are_tried_from_the_files_that_would_decide(
    support: Support, operator: Operator, tmp_path: Path
) -> None:
    await learning(support).step(support)
    await asked(support, "a")
    agents, nameless, queues = (tmp_path / name for name in ("agents.yaml", "nameless.yaml", "queues.yaml"))
    agents.write_text("staff-1: {skills: [orders, 'language:en'], queues: [orders], capacity: {email: 5}}")
    nameless.write_text("- {impact: 3}")
    queues.write_text("- {name: only, skills: [], fallback: nowhere}")
    given, table, anew, *wrong = await operator.run(
        f"rules routing {SPAN} --agents {agents} --json",
        f"rules routing {SPAN} --agents {agents}",
        f"rules routing {SPAN} --categories {OWN_CATEGORIES} --queues {OWN_QUEUES} --asks-model --json",
        f"rules routing {SPAN} --categories {nameless}",
        f"rules routing {SPAN} --categories {agents}",
        f"rules routing {SPAN} --queues {queues}",
    )
    assert (given.status, given.answer["tickets"], given.answer["after"]["by_agent"]) == (0, 1, {"staff-1": 1})
    assert (table.status, "none → staff-1" in table.out) == (0, True), table
    assert (anew.status, anew.answer["tickets"]) == (0, 1)
    for ran, said in zip(wrong, ("category 1 has no name", "it is a list", "nowhere"), strict=True):
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err
