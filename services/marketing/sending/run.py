"""The sender as a worker of the service."""

from collections.abc import Awaitable, Callable

import asyncpg

from services.marketing.domain.letter import Sender
from services.marketing.sending.maildir import Maildir
from services.marketing.sending.post import Post
from services.marketing.sending.sender import Desk
from services.marketing.sending.smtp import Smtp
from services.marketing.settings import MarketingSettings
from shared.engine.service import Service
from shared.errors import ConfigurationError


def sending(settings: MarketingSettings) -> Callable[[Service], Awaitable[None]]:
    """The worker that sends. When it is started again after an error it is another sender, with another id."""

    async def run(service: Service) -> None:
        post = make_post(settings)
        # Its own connection: the lock lives and dies with it, whatever the pool does.
        lock = await asyncpg.connect(
            service.database.dsn, server_settings={"application_name": "rapport marketing sender"}
        )
        try:
            desk = Desk(service, lock, post, make_sender(settings))
            await desk.open()
            await desk.work()
        finally:
            lock.terminate()
            await post.close()

    return run


def make_post(settings: MarketingSettings) -> Post:
    """The mail server if there is one, else the maildir. Raises ConfigurationError where that cannot be written."""
    if settings.smtp_url is None:
        try:
            return Maildir(settings.maildir, settings.batch, fsync=settings.maildir_fsync)
        except OSError as error:
            raise ConfigurationError(
                f"{settings.maildir} cannot be written ({error.strerror}): set RAPPORT_MARKETING__MAILDIR to a folder"
                " that can be, or RAPPORT_MARKETING__SMTP_URL to a mail server"
            ) from None
    url = settings.smtp_url.get_secret_value()
    return Smtp(url, settings.from_address, settings.smtp_connections, settings.smtp_timeout_s)


def make_sender(settings: MarketingSettings) -> Sender:
    return Sender(settings.from_address, settings.from_name, settings.domain, settings.unsubscribe_url)
