"""A real SMTP server (aiosmtpd) that can be told how to behave towards a recipient."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.embedded.ports import free_port


class MailServer:
    """Takes letters; with `smtputf8` also to addresses beyond ASCII. `recipients` and `texts` are answers by recipient;
    `hang_up` breaks off after the text came.
    """

    def __init__(self, *, smtputf8: bool = False) -> None:
        self.smtputf8 = smtputf8
        self.port = free_port(set())
        self.taken: list[EmailMessage] = []
        self.recipients: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.hang_up: set[str] = set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(  # noqa: N802  the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address not in self.recipients:
            envelope.rcpt_tos.append(address)
        return self.recipients.get(address, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        (recipient,) = envelope.rcpt_tos
        if recipient in self.hang_up:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        answer = self.texts.get(recipient, "250 OK")
        if answer.startswith("250"):
            self.taken.append(read(envelope.content))
        return answer

    @contextmanager
    def running(self) -> Iterator["MailServer"]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=self.smtputf8)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


def read(content: Any) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message
