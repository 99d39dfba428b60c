"""A mail as the fact that somebody asked for help."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from shared.engine.event import Emission
from shared.events.ingest import ReportedIdentity, ReportedParty, ReportedRequest

SOURCE = "/support/email"
_NO_SUBJECT = "(no subject)"
_OLDEST = timedelta(days=3_653)


def written_by(written_at: datetime | None, now: datetime) -> datetime:
    """When a mail was written, by its sender's clock where that may be true: one that is ahead is not believed, and one
    that is ten years behind was never set.
    """
    return written_at if written_at is not None and now - _OLDEST <= written_at <= now else now


def announce_request(
    id_: UUID,
    sender: str,
    name: str | None,
    subject: str | None,
    body: str | None,
    thread: str | None,
    in_reply_to: str | None,
    at: datetime,
) -> Emission:
    """The correlation names the mail: by it the request that comes back is known to be this one."""
    party = ReportedParty(identities=[ReportedIdentity(type="email", value=sender)], name=name)
    data = ReportedRequest(
        party=party,
        channel="email",
        subject=subject or _NO_SUBJECT,
        body=body or "",
        thread=thread,
        in_reply_to=in_reply_to,
    )
    # A sender's mails keep their order; so few digits name nobody.
    key = f"mail-{sha256(sender.encode()).hexdigest()[:5]}"
    return Emission(data, at, id=id_, source=SOURCE, key=key, correlation_id=str(id_))
