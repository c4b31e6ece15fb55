"""The REST API on aiohttp: log-in, faults, rate-limit headers, record."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.simulator.errors import ApiError, rate_limited, route_not_found, unauthorized
from bot.simulator.faults import RestFault
from bot.simulator.platform import Platform
from bot.simulator.rate_limits import Counted
from bot.simulator.record import RestCall
from bot.simulator.rest import bodies
from bot.simulator.rest.calls import Call, Endpoint, Reply

PREFIX = "/api/v10"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _HungUp(Exception):
    """A fault closes the connection without a response."""


@dataclass(frozen=True)
class RestServer:
    """Adds the API's routes to an application."""

    platform: Platform
    routes: Sequence[tuple[str, str, Endpoint]]  # method, path, endpoint

    def add_to(self, app: web.Application) -> None:
        """Register every route, and Discord's 404 for the rest of the API's paths."""
        for method, path, endpoint in self.routes:
            app.router.add_route(method, PREFIX + path, self._handler(path, endpoint))
        app.router.add_route("*", PREFIX + "/{tail:.*}", self._handler("", _nowhere))

    def _handler(self, route: str, endpoint: Endpoint) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, route, endpoint)

        return handle

    async def _serve(
        self, request: web.Request, route: str, endpoint: Endpoint
    ) -> web.StreamResponse:
        begun = time.perf_counter()
        call = RestCall(
            method=request.method,
            path=_masked(request),
            route=route,
            query=dict(request.query),
            started=self.platform.clock(),
            content_type=request.content_type if request.body_exists else "",
        )
        if self.platform.rate_limits.banned:
            call.status, call.by_fault = 429, True  # not the API's answer, but its proxy's
            self.platform.record.add(call)
            return _ban(self.platform.limits.ban_life)
        counted = self.platform.faults.counted(call.method, call.path)
        if counted is None:
            params = request.match_info
            counted = self.platform.rate_limits.count(call.method, route, params)
        try:
            reply = await self._reply(request, call, endpoint, counted)
        except ApiError as error:
            reply = Reply(error.status, error.body())
        except _HungUp:
            reply = Reply(0)
        call.status, call.answer = reply.status, reply.body
        self.platform.rate_limits.answered(reply.status)
        call.seconds = time.perf_counter() - begun
        self.platform.record.add(call)
        if reply.status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)  # the connection is closed; it is not sent
        return _response(call, reply, counted)

    async def _reply(
        self,
        request: web.Request,
        call: RestCall,
        endpoint: Endpoint,
        counted: Counted,
    ) -> Reply:
        # The body is read first: a response to a half-sent upload breaks the pipe.
        body = await bodies.read(request)
        call.body = (body.payload or body.items) if request.body_exists else None
        call.files = [
            (f"files[{number}]", file.filename, len(file.content))
            for number, file in sorted(body.files.items())
        ]
        # A file takes its time even where it is refused in the end.
        await asyncio.sleep(
            sum(size for *_, size in call.files) / self.platform.limits.upload_speed
        )
        faults = [f for f in self.platform.faults.rest if f.strikes(call.method, call.path)]
        call.by_fault = bool(faults)
        for fault in faults:
            await asyncio.sleep(fault.delay)
            if not fault.after:
                await _strike(fault)
        self._check_login(request, call)
        if counted.remaining < 0:
            raise rate_limited(round(counted.reset, 3), is_global=counted.is_global)
        reply = await endpoint(Call(self.platform, request.match_info, request.query, body))
        for fault in faults:
            await _strike(fault)
        return reply

    def _check_login(self, request: web.Request, call: RestCall) -> None:
        """An interaction's routes are authorised by its own token, all others by the bot's."""
        if call.route.startswith(("/webhooks/", "/interactions/")) or call.route == "/gateway":
            return
        if request.headers.get("Authorization") != f"Bot {self.platform.world.token}":
            raise unauthorized()


async def _strike(fault: RestFault) -> None:
    if fault.held is not None:
        await fault.held.wait()
    if fault.hang_up:
        raise _HungUp
    if fault.error is not None:
        raise fault.error


def _masked(request: web.Request) -> str:
    """The path below the API's prefix with the interaction's token hidden."""
    path = request.path.removeprefix(PREFIX)
    for name in ("interaction_token", "webhook_token"):
        if name in request.match_info:
            path = path.replace(request.match_info[name], "{token}")
    return path


def _ban(seconds: float) -> web.Response:
    """What the proxy in front of Discord answers to a banned address: no JSON, and no Via."""
    return web.Response(
        status=429,
        text="<html><body>error code: 1015</body></html>",
        content_type="text/html",
        headers={"Retry-After": f"{seconds:.0f}"},
    )


def _response(call: RestCall, reply: Reply, counted: Counted) -> web.Response:
    bucket = hashlib.sha256(f"{call.method} {call.route}".encode()).hexdigest()[:32]
    headers = {
        # Without Via discord.py takes a 429 for a ban by the proxy in front of Discord.
        "Via": "1.1 google",
        "X-RateLimit-Bucket": bucket,
        "X-RateLimit-Limit": str(counted.limit),
        "X-RateLimit-Remaining": str(max(counted.remaining, 0)),
        "X-RateLimit-Reset": f"{time.time() + counted.reset:.3f}",
        "X-RateLimit-Reset-After": f"{counted.reset:.3f}",
    }
    if reply.status == 429:
        headers["Retry-After"] = str(reply.body["retry_after"])
        headers["X-RateLimit-Scope"] = "global" if reply.body.get("global") else "user"
        if reply.body.get("global"):
            headers["X-RateLimit-Global"] = "true"
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    # Libraries compare the content type with "application/json" exactly.
    content = json.dumps(reply.body).encode()
    return web.Response(
        status=reply.status, body=content, headers=headers, content_type="application/json"
    )


async def _nowhere(call: Call) -> Reply:
    raise route_not_found()
