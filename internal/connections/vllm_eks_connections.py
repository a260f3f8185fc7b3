"""ASGI middleware of vLLM's API server (vllm serve --middleware)."""


class CloseConnections:
    """Tells the client with each response that the connection ends with it.

    A Service chooses a replica per connection. Without this, a client with a
    connection pool never uses a new replica, and a replica that shuts down
    answers 503 on each connection that the pool still holds to it.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":  # a WebSocket, or the start of the server
            await self.app(scope, receive, send)
            return

        async def send_and_close(message):
            if message["type"] == "http.response.start":
                headers = [h for h in message.get("headers", ()) if h[0].lower() != b"connection"]
                message = {**message, "headers": [*headers, (b"connection", b"close")]}
            await send(message)

        await self.app(scope, receive, send_and_close)
