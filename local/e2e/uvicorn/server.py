"""Serves as vLLM does: Starlette's middleware and uvicorn on a socket of its own.

server.py PARSER [MIDDLEWARE...] prints its port and serves until it is killed.
"""
import asyncio
import importlib
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

parser, *middlewares = sys.argv[1:]


async def answer(request):
    return JSONResponse({"asked": (await request.body()).decode()}, headers={"Connection": "keep-alive"})


async def stream(_):
    async def events():
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.01)
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def fail(_):
    raise RuntimeError("an exception that no handler expects")


app = Starlette(routes=[
    Route("/answer", answer, methods=["POST"]),
    Route("/stream", stream, methods=["POST"]),
    Route("/fail", fail, methods=["POST"]),
])
for name in middlewares:
    module, _, attribute = name.rpartition(".")
    app.add_middleware(getattr(importlib.import_module(module), attribute))

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, http=parser, log_level="critical", timeout_keep_alive=60)
uvicorn.Server(config).run(sockets=[listener])
