"""Why a ticket was given to somebody, as a restore finds it."""

import httpx
from pydantic import TypeAdapter

from services.support.handlers.recovery import take_back_tickets
from shared.events.tickets import TicketAssigned
from shared.ids import derived_id
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_routing import agent, answers, opened, said


async def test_reasons_come_back_after_a_restore_as_codes_and_old_ones_as_text(
    http: httpx.AsyncClient, support: Support
) -> None:
    await agent(http, "staff-1")
    path = await opened(support)
    before = await answers(http, path)
    (event,) = [data for kind, data in await support.published() if kind == "ticket.assigned"]
    shown = []
    for data in (event, {name: value for name, value in event.items() if name != "because"}):
        await support.pool.execute("delete from assignment_step")
        await support.pool.execute("update assignment set why = '{}', because = '[]'")
        value = TypeAdapter(TicketAssigned).validate_python(data)
        async with support.transaction() as tx:
            await take_back_tickets([said("crm.ticket.assigned.v1", value, NOW, str(derived_id("assigned")))], tx)
        shown.append(await answers(http, path))
    assert [each["why"] for each in shown] == [before["why"]] * 2
    assert [each["because"] for each in shown] == [before["because"], []]
    assert [each["steps"][0]["because"] for each in shown] == [before["because"], []]
