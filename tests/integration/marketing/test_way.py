"""How far a reader has to look: the files that the follow-up of one sale passes."""

from pathlib import Path

from services.marketing.sending.channels.maildir import Maildir
from tests.integration.marketing.running import Marketing
from tests.integration.way import documented, walked
from tests.unit.marketing.facts import DAY, NOW, consent, definition, described, sale


async def test_a_follow_up_passes_as_many_files_as_the_architecture_says(marketing: Marketing, tmp_path: Path) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), consent())
    event = sale("s-1")
    with walked() as followed:
        await marketing.heard(event)
    with walked() as decided:
        assert await marketing.pass_time(NOW + DAY) == 1
    async with marketing.sender(Maildir(tmp_path, 100)) as sender:
        with walked() as sent:
            assert await sender.send_batch() == 1
    for step, way in (("follow_sales", followed), ("decide_messages", decided), ("send_batch", sent)):
        assert way.told == documented(f"marketing `{step}`"), sorted(way.files)
