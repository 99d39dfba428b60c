"""The peer of the 360 view: one FastAPI route over asyncpg with the same statement, and nothing around it.

`python -m bench.bare_route PORT`, with the database's address in `BENCH_DSN`.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from starlette.responses import Response

from bench.setting import settle_collector
from services.contacts.overview.store import LINES, SQL as OVERVIEW
from services.contacts.timeline.store import SQL as TIMELINE

_AS_CONTACTS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
"""The statement is planned as contacts has it: what is compared is what stands around it."""


def create_app(dsn: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=2, max_size=10, server_settings=_AS_CONTACTS) as pool:
            months = await pool.fetchrow(TIMELINE["find_months_in_use"])
            assert months is not None
            app.state.pool, app.state.bounds = pool, (months["first"], months["until"])
            settle_collector()
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/v1/parties/{party_id}")
    async def read_party(request: Request, party_id: UUID) -> Response:
        state = request.app.state
        async with state.pool.acquire() as connection:
            row = await connection.fetchrow(OVERVIEW["load_view"], [party_id], *state.bounds, LINES)
        if row is None:
            raise HTTPException(404)
        return Response(row["body"], media_type="application/json", headers={"ETag": f'"{row["version"]}"'})

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(os.environ["BENCH_DSN"]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
    )
