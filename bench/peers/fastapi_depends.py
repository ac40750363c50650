"""What our chain does for a call, in the terms of FastAPI: dependencies for whatever can refuse, and around them request id, statistics
and log. Those as pure ASGI, or as `@app.middleware("http")`, which is how its documentation has it and costs more."""

import asyncio
import json
import logging
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Optional

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fastapi_chain import ADDRESS_LIMIT, PRINCIPAL_LIMIT, QUEUE, RANKS, SLOTS, Gcra, Keys, PathStats, Principal


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"level": record.levelname.lower(), "time": record.created, "event": record.getMessage()}
        return json.dumps(line | record.__dict__.get("fields", {}))


def create_log() -> logging.Logger:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("access")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    return log


class Record:
    """Statistics by path, and a line for each request."""

    def __init__(self) -> None:
        self.log = create_log()
        self.stats: dict[str, PathStats] = {}

    def add(self, scope: Scope, request_id: str, status: int, started: float) -> None:
        state = scope.get("state", {})
        duration_ms = (time.monotonic() - started) * 1000
        self.stats.setdefault(scope["path"], PathStats()).add(status, duration_ms)
        principal: Optional[Principal] = state.get("principal")
        fields = {
            "requestId": request_id,
            "address": scope["client"][0],
            "path": scope["path"],
            "status": status,
            "durationMs": round(duration_ms, 3),
            "queuedMs": round(state.get("queued_ms", 0.0), 3),
            "principal": principal and principal.user_id,
            "key": principal and principal.name,
        }
        self.log.info("request", extra={"fields": fields})


class AccessLog:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.record = Record()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = time.monotonic()
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {})
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self.record.add(scope, request_id, status, started)


def add_access_middleware(app: FastAPI) -> None:
    record = Record()

    @app.middleware("http")
    async def access(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.monotonic()
        request_id = str(uuid.uuid4())
        status = 500
        try:
            response = await call_next(request)
            status = response.status_code
            response.headers["x-request-id"] = request_id
            return response
        finally:
            record.add(request.scope, request_id, status, started)


def take(limit: Gcra, caller: str) -> None:
    wait = limit.take(caller, time.monotonic())
    if wait:
        raise HTTPException(429, "RATE_LIMITED", {"retry-after": str(int(wait) + 1)})


def create_require(state: State) -> Callable[[str], Callable[..., Awaitable[Principal]]]:
    """Answers the dependency that lets callers of a role in."""
    by_address = Gcra(*ADDRESS_LIMIT)
    by_principal = Gcra(*PRINCIPAL_LIMIT)
    keys = Keys(state)
    slots = asyncio.Semaphore(SLOTS)
    waiting = 0

    async def limit_address(request: Request) -> None:
        assert request.client is not None
        take(by_address, request.client.host)

    async def identify(
        request: Request, authorization: str = Header(""), _: None = Depends(limit_address)
    ) -> Principal:
        principal = await keys.find(authorization.encode(), time.monotonic())
        if principal is None:
            raise HTTPException(401, "UNAUTHORIZED")
        request.state.principal = principal
        return principal

    async def take_slot(request: Request) -> AsyncIterator[None]:
        nonlocal waiting
        if slots.locked() and waiting >= QUEUE:
            raise HTTPException(503, "QUEUE_FULL", {"retry-after": "1"})
        started = time.monotonic()
        waiting += 1
        try:
            await slots.acquire()
        finally:
            waiting -= 1
        request.state.queued_ms = (time.monotonic() - started) * 1000
        try:
            yield
        finally:
            slots.release()

    def require(role: str) -> Callable[..., Awaitable[Principal]]:
        async def let_in(principal: Principal = Depends(identify)) -> Principal:
            if RANKS[principal.role] < RANKS[role]:
                raise HTTPException(403, "FORBIDDEN")
            take(by_principal, principal.user_id)
            return principal

        # The slot comes last: whoever is refused never holds one.
        async def let_in_with_slot(
            principal: Principal = Depends(let_in), _: None = Depends(take_slot)
        ) -> Principal:
            return principal

        return let_in_with_slot

    return require
