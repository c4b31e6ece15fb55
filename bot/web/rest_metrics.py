"""Metrics of the requests to Discord's REST API, from aiohttp's client tracing."""

import json
import time
from types import SimpleNamespace

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Histogram


class RestMetrics:
    """Counts the requests to the API at `api_base`. `trace` is for discord.py's `http_trace`."""

    def __init__(self, registry: CollectorRegistry, api_base: str) -> None:
        self._api_base = api_base
        self._seconds = Histogram(
            "muralscape_rest_seconds",
            "Seconds from a request to the headers of its answer",
            ["method"],
            registry=registry,
        )
        self._edits = Counter(
            "muralscape_message_edits", "Edits of messages that Discord took", registry=registry
        )
        # The code is Discord's JSON error code, such as 50027 for an expired token, or empty.
        self._errors = Counter(
            "muralscape_rest_errors",
            "Requests that Discord refused, or that never arrived (status network)",
            ["status", "code"],
            registry=registry,
        )

    @property
    def trace(self) -> aiohttp.TraceConfig:
        """The trace that records every request."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._begun)
        trace.on_request_end.append(self._answered)
        trace.on_response_chunk_received.append(self._read)
        trace.on_request_exception.append(self._broken)
        return trace

    async def _begun(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        about: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.ours = str(about.url).startswith(self._api_base)  # not the gateway
        context.begun, context.refused = time.monotonic(), None

    async def _answered(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        about: aiohttp.TraceRequestEndParams,
    ) -> None:
        if not context.ours:
            return
        self._seconds.labels(about.method).observe(time.monotonic() - context.begun)
        if about.response.status >= 400:
            context.refused = str(about.response.status)
        elif about.method == "PATCH" and "/messages/" in about.url.path:
            self._edits.inc()

    async def _read(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        about: aiohttp.TraceResponseChunkReceivedParams,
    ) -> None:
        """Count an error by the body of the answer, which aiohttp reports once, when complete."""
        if context.refused is not None:
            self._errors.labels(context.refused, _code(about.chunk)).inc()
            context.refused = None

    async def _broken(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        __: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        if context.ours:
            self._errors.labels("network", "").inc()


def _code(body: bytes) -> str:
    try:
        return str(int(json.loads(body)["code"]))
    except (ValueError, KeyError, TypeError):
        return ""
