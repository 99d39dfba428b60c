"""How far a reader has to look: the files that the follow-up of one sale passes."""

from datetime import timedelta
from pathlib import Path

from services.marketing.sending.channels.maildir import Maildir
from tests.integration.marketing.running import Marketing
from tests.integration.way import Way, documented, walked
from tests.unit.marketing.facts import DAY, NOW, consent, definition, described, sale


async def test_a_follow_up_passes_as_many_files_as_the_architecture_says(marketing: Marketing, tmp_path: Path) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), consent())
    async with marketing.sender(Maildir(tmp_path, 100)) as sender:

        async def follow(sale_id: str, after: timedelta) -> list[Way]:
            event = sale(sale_id, at=NOW + after)
            with walked() as followed:
                await marketing.heard(event)
            with walked() as decided:
                assert await marketing.pass_time(NOW + after + DAY) == 1
            with walked() as sent:
                assert await sender.send_batch() == 1
            return [followed, decided, sent]

        for number in range(2):  # what is read once is kept, and a second sale is another than the first
            await follow(f"s-{number}", number * 60 * DAY)
        ways = await follow("s-2", 120 * DAY)
    for step, way in zip(("follow_sales", "decide_messages", "send_batch"), ways, strict=True):
        assert way.told == documented(f"marketing `{step}`"), sorted(way.files)
