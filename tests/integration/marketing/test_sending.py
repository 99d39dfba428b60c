"""Sending: to a real mail server and a real maildir, with senders that are killed on the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.marketing.sending import commands
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.smtp import Smtp
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import MOST_ATTEMPTS, Verdict
from tests.integration.marketing.mail_server import MailServer
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, BOB, CAY, DAY, HOUR, NOW, consent, definition, described, erased, sale

KILLED = -signal.SIGKILL


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
async def cleared(marketing: Marketing) -> Marketing:
    """Two letters that wait for a sender, to Ada and to Bob."""
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.heard(described(BOB, email="bob@example.com", name="Bob Ås"), consent(BOB), sale("s-2", BOB))
    await marketing.pass_time(NOW + DAY)
    return marketing


def smtp(mail: MailServer) -> Smtp:
    return Smtp(mail.url, "shop@shop.example", 2, 5.0)


async def outcomes(marketing: Marketing) -> dict[Any, tuple[str | None, str | None]]:
    rows = await marketing.rows("select party_id, outcome, reason from message")
    return {row["party_id"]: (row["outcome"], row["reason"]) for row in rows}


async def endings(marketing: Marketing) -> list[str]:
    return sorted(
        kind
        for kind, _ in await marketing.published()
        if kind in {"message.sent", "message.unknown", "message.skipped"}
    )


def crash(marketing: Marketing, target: object, point: str) -> int:
    """A sender in a process of its own, killed at the point; its exit status."""
    command = [sys.executable, "-m", "tests.integration.marketing.crash", marketing.dsn, str(target)]
    environment = {**os.environ, "RAPPORT_FAULT": f"{point}:kill@1"}
    return subprocess.run(command, env=environment, check=False, timeout=60).returncode


async def test_letters_reach_a_mail_server_as_they_were_written(cleared: Marketing, mail: MailServer) -> None:
    async with cleared.sender(smtp(mail)) as sender:
        await sender.send_batch()
    assert await outcomes(cleared) == {ADA: ("sent", None), BOB: ("sent", None)}
    letter = next(letter for letter in mail.taken if "bob" in letter["To"])
    assert letter["To"] == "Bob Ås <bob@example.com>"
    assert letter.get_content().splitlines() == ["Hello Bob Ås,", "thank you."]


async def test_refusal_for_good_skips_and_passing_refusal_is_tried_again(cleared: Marketing, mail: MailServer) -> None:
    mail.recipients["ada@example.com"] = "550 no such user"
    mail.texts["bob@example.com"] = "451 later"
    async with cleared.sender(smtp(mail)) as sender:
        await sender.send_batch()
        assert await outcomes(cleared) == {ADA: ("skipped", "refused"), BOB: (None, None)}
        assert await sender.send_batch() == 0

        mail.texts.clear()
        await cleared.wait_no_longer()
        await sender.send_batch()
    assert (await outcomes(cleared))[BOB] == ("sent", None)
    assert len(mail.taken) == 1


async def test_domain_that_has_had_enough_waits_without_an_attempt(cleared: Marketing, mail: MailServer) -> None:
    """However often it is looked at; others are not held up by it, and a kill meanwhile costs it nothing."""
    await cleared.heard(described(CAY, email="cay@elsewhere.example", name="Cay"), consent(CAY), sale("s-3", CAY))
    await cleared.pass_time(NOW + 2 * DAY)
    now, waiting = 0.0, list[Any]()

    class Looking(Smtp):
        """Sees what waits while it sends."""

        async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
            waiting.append(await cleared.rows("select number from dispatch where owner is null"))
            return await super().hand_over(letters)

    async with cleared.sender(
        Looking(mail.url, "shop@shop.example", 2, 5.0, {"example.com": 1}, lambda: now)
    ) as sender:
        assert await sender.send_batch() == 3
        domains = sorted(str(each["To"]).rpartition("@")[2] for each in mail.taken)
        assert (domains, waiting) == (["elsewhere.example>", "example.com>"], [[{"number": 0}]])
        for _ in range(MOST_ATTEMPTS + 1):
            await cleared.wait_no_longer()
            assert await sender.send_batch() == 1
        assert await sender.send_batch() == 0
        assert (len(mail.taken), await cleared.rows("select number from dispatch")) == (2, [{"number": 0}])
        now = 60.0
        await cleared.wait_no_longer()
        await sender.send_batch()
    assert (len(mail.taken), {outcome for outcome, _ in (await outcomes(cleared)).values()}) == (3, {"sent"})


async def test_refused_step_ends_the_enrolment_when_the_next_one_is_due(marketing: Marketing, mail: MailServer) -> None:
    (step,) = definition().document()["steps"]
    await marketing.publish(definition(steps=[step] * 3))
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.heard(described(BOB, email="bob@example.com"), consent(BOB), sale("s-2", BOB))
    mail.recipients["ada@example.com"] = "550 no such user"
    async with marketing.sender(smtp(mail)) as sender:
        for hours in (1, 2, 3):
            await marketing.pass_time(NOW + hours * HOUR)
            await sender.send_batch()
    told = [(kind, data) for kind, data in await marketing.published() if data.get("party_id") == str(ADA)]
    assert [kind for kind, _ in told][-4:] == [
        "message.planned",
        "message.skipped",
        "message.skipped",
        "enrolment.exited",
    ]
    assert (told[-1][1]["reason"], told[-2][1]["reason"], told[-2][1]["step"]) == ("refused", "refused", 2)
    assert len(mail.taken) == 3  # all of Bob's
    assert sum(kind == "enrolment.exited" for kind, _ in await marketing.published()) == 1


@pytest.mark.parametrize("smtputf8", [True, False])
async def test_address_that_the_server_cannot_take_is_refused_and_not_tried_again(
    marketing: Marketing, smtputf8: bool
) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(email="åda@example.com"), consent(), sale("s-1"))
    await marketing.heard(described(BOB, email="bob@exämple.com"), consent(BOB), sale("s-2", BOB))
    await marketing.pass_time(NOW + DAY)
    with MailServer(smtputf8=smtputf8).running() as mail:
        async with marketing.sender(smtp(mail)) as sender:
            assert await sender.send_batch() == 2
            await marketing.wait_no_longer()
            assert await sender.send_batch() == 0
    ada = ("sent", None) if smtputf8 else ("skipped", "refused")
    assert await outcomes(marketing) == {ADA: ada, BOB: ("sent", None)}
    assert len(mail.taken) == 1 + smtputf8


async def test_lost_answer_is_unknown_and_not_sent_again(cleared: Marketing, mail: MailServer) -> None:
    mail.hang_up.add("ada@example.com")
    async with cleared.sender(smtp(mail)) as sender:
        await sender.send_batch()
        await cleared.wait_no_longer()
        assert await sender.send_batch() == 0
    assert await outcomes(cleared) == {ADA: ("unknown", None), BOB: ("sent", None)}
    assert await endings(cleared) == ["message.sent", "message.unknown"]


async def test_letters_wait_while_no_mail_server_answers(cleared: Marketing) -> None:
    nobody = MailServer()
    async with cleared.sender(smtp(nobody)) as sender:
        await sender.send_batch()
        assert await outcomes(cleared) == {ADA: (None, None), BOB: (None, None)}
        with nobody.running():
            await cleared.wait_no_longer()
            await sender.send_batch()
    assert await outcomes(cleared) == {ADA: ("sent", None), BOB: ("sent", None)}


@pytest.mark.parametrize("point", ["marketing.before_send", "marketing.after_send"])
async def test_maildir_tells_after_a_kill_what_was_sent(cleared: Marketing, tmp_path: Path, point: str) -> None:
    assert crash(cleared, tmp_path, point) == KILLED
    written = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "new").iterdir()}
    assert len(written) == (2 if point == "marketing.after_send" else 0)

    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.reconcile()
        await sender.send_batch()
    assert await outcomes(cleared) == {ADA: ("sent", None), BOB: ("sent", None)}
    assert await endings(cleared) == ["message.sent", "message.sent"]
    now = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "new").iterdir()}
    assert len(now) == 2
    assert written.items() <= now.items()


@pytest.mark.parametrize("point", ["marketing.before_send", "marketing.after_send"])
async def test_mail_server_cannot_tell_after_a_kill(cleared: Marketing, mail: MailServer, point: str) -> None:
    assert crash(cleared, mail.url, point) == KILLED
    before = len(mail.taken)
    async with cleared.sender(smtp(mail)) as sender:
        await sender.reconcile()
        await cleared.wait_no_longer()
        assert await sender.send_batch() == 0
    assert await outcomes(cleared) == {ADA: ("unknown", None), BOB: ("unknown", None)}
    assert await endings(cleared) == ["message.unknown", "message.unknown"]
    assert len(mail.taken) == before


async def test_attempt_through_a_mail_server_is_unknown_to_a_maildir(
    cleared: Marketing, mail: MailServer, tmp_path: Path
) -> None:
    assert crash(cleared, mail.url, "marketing.after_send") == KILLED
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.reconcile()
        assert await sender.send_batch() == 0
    assert await outcomes(cleared) == {ADA: ("unknown", None), BOB: ("unknown", None)}


async def test_living_sender_keeps_its_letters(cleared: Marketing, tmp_path: Path) -> None:
    channel = Maildir(tmp_path, 500)
    async with cleared.sender(channel) as busy, cleared.sender(channel) as other:
        async with cleared.transaction() as tx:
            await tx.execute("update dispatch set owner = $1, via = 'maildir', begun_at = now()", busy.owner)
        await other.reconcile()
        assert await other.send_batch() == 0
    assert await cleared.rows("select distinct owner from dispatch") == [{"owner": busy.owner}]


async def test_two_senders_share_the_letters(cleared: Marketing, tmp_path: Path) -> None:
    async with cleared.sender(Maildir(tmp_path, 1)) as one, cleared.sender(Maildir(tmp_path, 500)) as other:
        assert (await one.send_batch(), await other.send_batch(), await one.send_batch()) == (1, 1, 0)
    assert await endings(cleared) == ["message.sent", "message.sent"]


async def test_letters_stay_cleared_while_the_maildir_cannot_be_written(cleared: Marketing, tmp_path: Path) -> None:
    channel = Maildir(tmp_path, 500)
    (tmp_path / "tmp").rmdir()
    async with cleared.sender(channel) as sender:
        with pytest.raises(FileNotFoundError):
            await sender.send_batch()
        (tmp_path / "tmp").mkdir()
        assert await sender.send_batch() == 2
    assert await endings(cleared) == ["message.sent", "message.sent"]


async def test_letter_that_a_person_has_read_counts_as_sent(cleared: Marketing, tmp_path: Path) -> None:
    assert crash(cleared, tmp_path, "marketing.after_send") == KILLED
    for file in (tmp_path / "new").iterdir():
        file.rename(tmp_path / "cur" / f"{file.name}:2,S")
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.reconcile()
        assert await sender.send_batch() == 0
    assert await endings(cleared) == ["message.sent", "message.sent"]


async def test_lost_database_connections_do_not_lose_what_was_sent(cleared: Marketing, mail: MailServer) -> None:
    class CutOff(Smtp):
        """Every connection of the pool is gone when the letters are through."""

        async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
            verdicts = await super().hand_over(letters)
            await cleared.cut_off()
            return verdicts

    async with cleared.sender(CutOff(mail.url, "shop@shop.example", 2, 5.0)) as sender:
        await sender.send_batch()
    assert await outcomes(cleared) == {ADA: ("sent", None), BOB: ("sent", None)}
    assert len(mail.taken) == 2


def letters(folder: Path) -> set[str]:
    """The messages that lie in any folder of the maildir."""
    return {file.name[:36] for file in folder.glob("*/*")}


async def ids(marketing: Marketing) -> dict[UUID, str]:
    return {row["party_id"]: str(row["id"]) for row in await marketing.rows("select party_id, id from message")}


@pytest.mark.parametrize("read", [False, True])
async def test_letters_of_an_erased_party_leave_the_maildir(cleared: Marketing, tmp_path: Path, read: bool) -> None:
    message = await ids(cleared)
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.send_batch()
        if read:
            (tmp_path / "new" / message[ADA]).rename(tmp_path / "cur" / f"{message[ADA]}:2,S")
        (tmp_path / "tmp" / f"{message[ADA]}.1").write_text("a killed sender left it")
        await cleared.heard(erased())
        await sender.remove_erased()
    assert letters(tmp_path) == {message[BOB]}
    assert await cleared.rows("select * from erased_letter") == []
    assert await endings(cleared) == ["message.sent", "message.sent"]


async def test_letter_that_is_being_written_is_removed_once_it_is_settled(cleared: Marketing, tmp_path: Path) -> None:
    class Erased(Maildir):
        """Ada is erased, and whoever removes letters looks for hers, while they are handed over."""

        async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
            await cleared.heard(erased())
            async with cleared.sender(Maildir(tmp_path, 500)) as other:
                await other.remove_erased()
            return await super().hand_over(letters)

    message = await ids(cleared)
    async with cleared.sender(Erased(tmp_path, 500)) as sender:
        await sender.send_batch()
        assert letters(tmp_path) == set(message.values())
        await sender.remove_erased()
    assert letters(tmp_path) == {message[BOB]}


async def test_letter_that_a_stopped_sender_writes_once_more_is_removed_once_more(
    cleared: Marketing, tmp_path: Path
) -> None:
    class Stopped(Maildir):
        """While it stands still, a successor settles its letters, Ada is erased, and her letter removed."""

        async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
            await super().hand_over(letters)
            async with cleared.sender(Maildir(tmp_path, 500)) as successor:
                await cleared.pool.execute("delete from dispatch; update message set outcome = 'sent'")
                await cleared.heard(erased())
                await successor.remove_erased()
            return await super().hand_over(letters)

    message = await ids(cleared)
    async with cleared.sender(Stopped(tmp_path, 500)) as sender:
        await sender.send_batch()
        await sender.remove_erased()
    assert letters(tmp_path) == {message[BOB]}


async def test_removal_that_was_killed_is_done_again(cleared: Marketing, tmp_path: Path) -> None:
    message = await ids(cleared)
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.send_batch()
    await cleared.heard(erased())
    assert crash(cleared, tmp_path, "marketing.after_remove") == KILLED
    assert letters(tmp_path) == {message[BOB]}
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.remove_erased()
    assert await cleared.rows("select * from erased_letter") == []


async def test_letters_stay_marked_while_the_maildir_is_away(cleared: Marketing, tmp_path: Path) -> None:
    channel = Maildir(tmp_path, 500)
    async with cleared.sender(channel) as sender:
        await sender.send_batch()
        await cleared.heard(erased())
        (tmp_path / "tmp").rmdir()
        await sender.remove_erased()
        assert len(await cleared.rows("select * from erased_letter")) == 1
        (tmp_path / "tmp").mkdir()
        await sender.remove_erased()
    assert len(letters(tmp_path)) == 1


async def test_party_that_is_erased_before_its_letter_leaves_gets_none(cleared: Marketing, tmp_path: Path) -> None:
    await cleared.heard(erased())
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        await sender.remove_erased()
        await sender.send_batch()
        await sender.remove_erased()
    assert (await outcomes(cleared))[ADA] == ("skipped", "erased")
    assert letters(tmp_path) == {(await ids(cleared))[BOB]}
    assert await cleared.rows("select * from erased_letter") == []


async def test_no_more_is_decided_than_senders_who_are_at_work_have_soon_sent(
    on_the_wall_clock: Marketing, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketing = on_the_wall_clock
    monkeypatch.setattr(commands, "_ENOUGH", 2)
    await marketing.publish(definition())
    for number, party in enumerate((ADA, BOB, CAY)):
        email = f"{number}@example.com"
        await marketing.heard(described(party, email=email), consent(party), sale(f"s-{number}", party))
        fired = await marketing.pass_time(NOW + DAY + number * HOUR)
        assert fired == (1 if number < 2 else 0), "two letters wait for whoever sends"
    await marketing.pool.execute("update dispatch set next_at = now() - interval '11 seconds'")
    assert await marketing.pass_time(NOW + DAY + 3 * HOUR) == 1, "nobody sends, so nothing is gained by waiting"
    await marketing.heard(sale("s-3"))
    await marketing.wait_no_longer()
    assert await marketing.pass_time(NOW + DAY + 4 * HOUR) == 0
    async with marketing.sender(smtp(mail)) as sender:
        assert await sender.send_batch() == 3
    assert await marketing.pass_time(NOW + DAY + 5 * HOUR) == 1
