"""Asks a service's application for each of its routes, without a token and as a customer: `python -m … SERVICE`.

Prints a JSON line a route and method: method, path, the scope that opens it, and both statuses. No server is started
and nothing is connected.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from shared.http.routes import ServedRoutes
from shared.run.discovery import create_app
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token

AN_ID = "6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11"


async def ask(app: FastAPI) -> None:
    own = token("EdDSA", exp=time.time() + 600, scope="party:own", party_id=AN_ID)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        for route in ServedRoutes(app.routes).all:
            path = re.sub(r"{\w+(:\w+)?}", AN_ID, route.path)
            for method in sorted(route.methods - {"HEAD"}):
                nobody = await http.request(method, path)
                customer = await http.request(method, path, headers={"Authorization": f"Bearer {own}"})
                tell(method, route.path, route.scope, nobody.status_code, customer.status_code)
    for context in iter_route_contexts(list(app.routes)):
        if not context.methods:  # a socket, or files that are served as they lie there
            tell("", context.path_format, None, 0, 0)


def tell(*line: object) -> None:
    print(json.dumps(line))  # noqa: T201  the answer


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "jwks.json")
        keys.write_text(jwks("EdDSA"))
        os.environ.update(
            RAPPORT_AUTH__MODE="jwt",
            RAPPORT_AUTH__ISSUER=ISSUER,
            RAPPORT_AUTH__AUDIENCE=AUDIENCE,
            RAPPORT_AUTH__JWKS=str(keys),
            RAPPORT_CONTACTS__PSEUDONYM_KEY="of-a-test-and-long-enough-for-a-key",
        )
        asyncio.run(ask(create_app(sys.argv[1])))
