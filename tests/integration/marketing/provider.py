"""A real provider of messages behind Standard Webhooks, which can be told how to answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from deploy.embedded.ports import free_port
from services.marketing.settings import SendingProvider

SECRET = "whsec_c2VjcmV0IG9mIGFuIGludmVudGVkIHByb3ZpZGVy"


def provider_at(url: str, timeout_s: float = 5.0) -> SendingProvider:
    return SendingProvider(url=url, secret=SecretStr(SECRET), system="chat", connections=2, timeout_s=timeout_s)


class Provider:
    """Answers 202, or in turn with `answers`: a status, with headers too, or `hang` or `abort`. `calls` are what it was
    asked, each with the id under which it was; a call that nobody of ours signed is answered 401.
    """

    def __init__(self) -> None:
        self.port = free_port(set())
        self.answers: list[Any] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.elsewhere = 0
        self._over = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            return web.Response(status=401)
        self.calls.append((request.headers["webhook-id"], json.loads(body)))
        answer = self.answers.pop(0) if self.answers else 202
        if answer == "hang":
            await self._over.wait()
        if answer == "abort":
            assert request.transport is not None
            request.transport.abort()
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        return web.Response(status=status if isinstance(status, int) else 202, headers=headers)

    async def _answer_elsewhere(self, request: web.Request) -> web.StreamResponse:
        del request
        self.elsewhere += 1
        return web.Response(status=200)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Provider"]:
        app = web.Application()
        app.add_routes([web.post("/send", self._answer), web.route("*", "/elsewhere", self._answer_elsewhere)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield self
        finally:
            self._over.set()
            await runner.cleanup()
