import json
import os
import socket
import sys

import uvicorn
from fastapi import FastAPI


class Announced(uvicorn.Server):
    """Tells whoever started it where it listens, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if sockets is None or not self.started:
            return
        port = sockets[0].getsockname()[1]
        message = {"type": "ready", "url": f"http://127.0.0.1:{port}"}
        os.write(int(os.environ["NODE_CHANNEL_FD"]), json.dumps(message).encode() + b"\n")


def serve(app: FastAPI) -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="on", access_log=False, log_level="warning")
    server = Announced(config)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)
