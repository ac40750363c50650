import os
from urllib.parse import parse_qs, urlsplit

import asyncpg
from fastapi import Depends, FastAPI

from fastapi_chain import Chain
from fastapi_depends import AccessLog, add_access_middleware, create_require
from fastapi_people import router as people
from fastapi_serve import serve

kind = os.environ["PEER"]
app = FastAPI()


async def ping() -> dict[str, bool]:
    return {"done": True}


if kind in ("depends", "middleware"):
    if kind == "depends":
        app.add_middleware(AccessLog)
    else:
        add_access_middleware(app)
    app.get("/ping", dependencies=[Depends(create_require(app.state)("viewer"))])(ping)
else:
    app.get("/ping")(ping)

if kind != "minimal":

    @app.on_event("startup")
    async def open_pool() -> None:
        url = os.environ["PEER_DATABASE_URL"]
        # The folder of a Unix socket, which asyncpg would not look for behind the name of a host.
        host = parse_qs(urlsplit(url).query).get("host", [None])[0]
        app.state.pool = await asyncpg.create_pool(url, host=host, min_size=10, max_size=10)

    @app.on_event("shutdown")
    async def close_pool() -> None:
        await app.state.pool.close()

if kind in ("people", "full"):
    app.include_router(people)
if kind == "full":
    app.add_middleware(Chain, state=app.state)

serve(app)
