"""The servers of the live page: the teacher's, for this machine alone, and the one for the class."""

import asyncio
import contextlib
import os
import re
import secrets
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import segno
import uvicorn
import watchfiles
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from autograd.classroom.live.guard import Code, Guard, refused
from autograd.classroom.live.lesson import Lesson
from autograd.classroom.live.modules import Modules, stamp
from autograd.classroom.live.pages import EVERYWHERE, inner_page, page
from autograd.classroom.live.stage import CLASS, HEAD_OF_PACKED, NOTES, TEACHER, Stage, packed

MOST_VIEWERS = 300  # at the same time; each has a connection
MOST_CONNECTIONS = 400  # to each server; a process may have some thousand files open
PART_OF_ONE = 2 / 3  # of these places for one address: no address takes all, and a school may have only one
MOST_HELD = 32 << 20  # bytes of events on their way to all slow viewers together
PIECE = 1 << 16  # bytes handed to a connection at once; it keeps them until the viewer takes them
STALLED = 20.0  # seconds after which a viewer who takes nothing is disconnected
HEARTBEAT = 15.0  # seconds after which a silent connection gets a sign of life
HURRY = 10.0  # seconds for a request to arrive
LOOK = 0.1  # seconds between two looks at the modules of the lesson
MOMENT = 0.4  # seconds for a file to come back, because editors may delete a file and write it anew


class Events:
    """The stream of what is new on the stage, for any number of viewers. A slow viewer misses what is between.

    audience: who they are. packs: whether it is compressed for those who accept that. That helps when fifty share one
        wireless network.
    """

    def __init__(
        self,
        stage: Stage,
        audience: int = TEACHER,
        changed: Callable[[int], None] = lambda n: None,
        packs: bool = False,
    ) -> None:
        self._stage, self._audience, self._changed, self._packs = stage, audience, changed, packs
        self._addresses: Counter[str] = Counter()  # of the viewers
        self._on_its_way: dict[asyncio.Task[None], list[bytes]] = {}  # the slowest first

    @property
    def n_viewers(self) -> int:
        """The number of viewers."""
        return self._addresses.total()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        address = (scope.get("client") or ("",))[0]
        if self.n_viewers >= MOST_VIEWERS or self._addresses[address] >= MOST_VIEWERS * PART_OF_ONE:
            await refused(503, f"{self.n_viewers} viewers are here already")(scope, receive, send)
            return
        self._count(address, 1)
        gone = asyncio.create_task(_until_gone(receive))
        is_packed = self._packs and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        try:
            headers = {**EVERYWHERE, "content-type": "text/event-stream; charset=utf-8", "vary": "accept-encoding"}
            headers |= {"content-encoding": "gzip"} if is_packed else {}
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": 200, "headers": raw})
            await self._follow(gone, send, is_packed)
        except TimeoutError:
            pass
        finally:
            gone.cancel()
            self._count(address, -1)

    async def _follow(self, gone: "asyncio.Task[None]", send: Send, is_packed: bool) -> None:
        silence = packed(b":\n\n") if is_packed else b":\n\n"
        version, parcel = 0, [HEAD_OF_PACKED + silence if is_packed else silence]
        while not gone.done():
            await self._send(parcel, send)
            more = asyncio.create_task(self._stage.changed(version))
            await asyncio.wait({gone, more}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
            if more.done():
                version, news = self._stage.since(version, is_packed, self._audience)
                parcel = [news]
                del news
            else:
                more.cancel()
                parcel = [silence]

    async def _send(self, parcel: list[bytes], send: Send) -> None:
        """Send an event, and empty its parcel, so that no traceback keeps it alive.

        TimeoutError if the viewer does not take it, or if too much is on its way and this event is the oldest.
        """
        task = asyncio.create_task(_in_pieces(parcel, send))
        self._on_its_way[task] = parcel
        try:
            while self._is_too_much():
                slowest = next(iter(self._on_its_way))
                self._on_its_way.pop(slowest).clear()
                slowest.cancel()
            await asyncio.wait({task})
            if task.cancelled() or not parcel:
                raise TimeoutError
            task.result()
        finally:
            self._on_its_way.pop(task, None)
            parcel.clear()
            task.cancel()

    def _is_too_much(self) -> bool:
        different = {id(news): len(news) for parcel in self._on_its_way.values() for news in parcel}
        return len(different) > 1 and sum(different.values()) > MOST_HELD

    def _count(self, address: str, n: int) -> None:
        self._addresses[address] += n
        self._addresses += Counter()  # forgets those of whom none is left
        self._changed(self.n_viewers)


async def _in_pieces(parcel: list[bytes], send: Send) -> None:
    start = 0
    while parcel and start < len(parcel[0]):
        part: Message = {"type": "http.response.body", "body": parcel[0][start : start + PIECE], "more_body": True}
        await asyncio.wait_for(send(part), STALLED)
        start += PIECE


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Impatient(H11Protocol):
    """HTTP that closes connections without a request, because there are only a few connections."""

    def connection_made(self, transport: Any) -> None:
        """Note a new connection."""
        self._is_lost = False
        super().connection_made(transport)
        hosts = [(getattr(each, "client", None) or [""])[0] for each in self.connections]
        of_this = hosts.count((self.client or [""])[0])
        if len(self.connections) > MOST_CONNECTIONS or of_this > MOST_CONNECTIONS * PART_OF_ONE:
            transport.abort()
            return
        self.loop.call_later(HURRY, self._hurry, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that a connection is gone."""
        self._is_lost = True
        super().connection_lost(exc)

    def _hurry(self, before: Any) -> None:
        """Abort a connection on which nothing was answered since the last look, or that cannot be closed."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if self._is_lost:
            return
        if (is_idle and self.cycle is before) or self.transport.is_closing():
            self.transport.abort()
        else:
            self.loop.call_later(HURRY, self._hurry, self.cycle)


class Server(uvicorn.Server):
    """A server that shares an event loop, and leaves the signals to the program."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Impatient,
                ws="none",
                lifespan="off",
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def doing(action: Callable[[Mapping[str, str]], None]) -> Callable[[Request], Response]:
    """The endpoint of an action. It takes what is behind the question mark, and answers nothing."""

    def answer(request: Request) -> Response:
        action(request.query_params)
        return Response(status_code=204, headers=EVERYWHERE)

    return answer


def _number(parameters: Mapping[str, str], name: str) -> int:
    """A number in a request; 0 if it is none."""
    text = parameters.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else 0


class Folder:
    """A folder that is watched. OSError if there is none. While it is open, we can tell another folder of its name from
    it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1 if os.name == "nt" else os.open(path, os.O_RDONLY)

    def is_there(self) -> bool:
        """Whether it is still the one of this name."""
        try:
            found = os.stat(self._path)
            return self._descriptor < 0 or os.path.samestat(found, os.fstat(self._descriptor))
        except OSError:
            return False

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class Live:
    """The live page of a lesson: two servers, the watcher of the file, and the publisher.

    own, shared: where the servers listen. host: the name or number of this machine in the links for the class.
    """

    def __init__(self, lesson: Lesson, own: socket.socket, shared: socket.socket | None = None, host: str = "") -> None:
        self.lesson = lesson
        self._token, self._key, self._shared_token = (secrets.token_urlsafe(24) for _ in range(3))
        self._code = Code(self._invite)
        self.link = _link("127.0.0.1", own, self._token)
        self.shared_link = _link(host, shared, self._shared_token) if shared else ""
        self._servers = [(Server(self._own_app()), own)]
        if shared is not None:
            self._servers.append((Server(self._shared_app(host)), shared))
            self._picture = segno.make(self.shared_link).svg_data_uri(scale=10, border=2)
            self._invite()

    @property
    def first_link(self) -> str:
        """A link to the page that works once, because other users can read the command line of a browser."""
        return f"{self.link.split(self._token)[0]}{self._key}/"

    def _own_app(self) -> ASGIApp:
        stage = self.lesson.stage
        routes = [
            Route("/", page("teacher")),
            Route("/events", Events(stage)),
            Route("/notes", page("notes")),
            Route("/notes-events", Events(stage, NOTES)),
            Route("/page/{name}", inner_page(self.lesson)),
        ]
        actions = self._actions()
        routes += [Route(f"/{name}", doing(action), methods=["POST"]) for name, action in actions.items()]
        guard = Guard(_app(routes), self._token, dict.fromkeys(actions, "POST"), ("localhost",))

        async def once(scope: Scope, receive: Receive, send: Send) -> None:
            if (
                self._key
                and scope["type"] == "http"
                and secrets.compare_digest(scope["path"].encode(), f"/{self._key}/".encode())
            ):
                self._key = ""
                await RedirectResponse(self.link, 303, EVERYWHERE)(scope, receive, send)
            else:
                await guard(scope, receive, send)

        return once

    def _actions(self) -> Mapping[str, Callable[[Mapping[str, str]], None]]:
        """What the teacher's page may ask for."""
        lesson, stage = self.lesson, self.lesson.stage
        return {
            "run": lambda _: lesson.run(),
            "again": lambda _: lesson.again(),
            "stop": lambda _: lesson.stop(),
            "next": lambda _: lesson.step(1),
            "back": lambda _: lesson.step(-1),
            "go": lambda asked: lesson.go(_number(asked, "cell")),
            "answer": lambda asked: lesson.answer(asked.get("text", "")),
            "freeze": lambda _: stage.freeze(not stage.is_frozen),  # as it is now, and not as the page has it yet
            "alone": lambda asked: lesson.show_alone(asked.get("panel", ""), asked.get("by", "")),
            "read": lambda asked: lesson.read(_number(asked, "share"), asked.get("by", "")),
            "place": lambda asked: lesson.place(_number(asked, "panel"), asked.get("at", ""), asked.get("by", "")),
            **({"code": lambda _: self._renew()} if self.shared_link else {}),
        }

    def _shared_app(self, host: str) -> ASGIApp:
        stage = self.lesson.stage
        routes = [
            Route("/", page("viewer")),
            Route("/events", Events(stage, CLASS, lambda n: stage.put("viewers", n), packs=True)),
            Route("/page/{name}", inner_page(self.lesson)),
        ]
        app = GZipMiddleware(_app(routes))
        return Guard(app, self._shared_token, {}, (_in_link(host).lower(),), self._code)

    def _renew(self) -> None:
        self._code.renew()
        self._invite()

    def _invite(self) -> None:
        """Give the teacher's page the link for the class, its QR code, and the short address for people who type it."""
        invitation = {
            "link": self.shared_link,
            "picture": self._picture,
            "short": self.short_link,
            "wrong": self._code.n_wrong,
            "closed": self._code.is_closed,
        }
        self.lesson.stage.put("own invitation", invitation)

    @property
    def short_link(self) -> str:
        """An address for the class that is short enough to type; "" if the class does not follow."""
        return f"{self.shared_link.split(self._shared_token)[0]}{self._code.text}" if self.shared_link else ""

    def run(self) -> None:
        """Serve and follow the file until it is interrupted, or its terminal is closed."""
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(self._serve_until_told())

    async def _serve_until_told(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        for name in ("SIGTERM", "SIGHUP"):  # end as Ctrl-C does, and take along what the lesson has started
            with contextlib.suppress(NotImplementedError, AttributeError):  # not on Windows
                asyncio.get_running_loop().add_signal_handler(getattr(signal, name), task.cancel)
        await self._serve()

    async def _serve(self) -> None:
        tasks = [asyncio.create_task(server.serve(sockets=[sock])) for server, sock in self._servers]
        tasks.append(asyncio.create_task(self.lesson.stage.publish()))
        tasks += [asyncio.create_task(self._watch()), asyncio.create_task(self._watch_modules())]
        try:
            await asyncio.gather(*tasks)
        finally:
            self.lesson.close()
            for server, _ in self._servers:
                server.force_exit = server.should_exit = True
            for task in tasks:
                task.cancel()

    async def _watch(self) -> None:
        """Run the lesson, and again whenever it was saved."""
        path = self.lesson.path

        def concerns(_: watchfiles.Change, changed: str) -> bool:
            return Path(changed) == path

        how: dict[str, Any] = {"watch_filter": concerns, "debounce": 100, "step": 30, "recursive": False}
        while True:
            with contextlib.suppress(OSError, RuntimeError), Folder(path.parent) as folder:
                await self._follow()
                seen = self.lesson.stamp
                async for changes in watchfiles.awatch(path.parent, rust_timeout=500, yield_on_timeout=True, **how):
                    found = stamp(path)
                    was_missed = found == seen != self.lesson.stamp  # saved before the watcher began, or not told of
                    if changes or was_missed:
                        await self._follow()
                    seen = found
                    if not folder.is_there():
                        break
            await asyncio.sleep(0.2)

    async def _follow(self) -> None:
        """Run what was saved. Editors that save may delete a file and write it anew."""
        until = asyncio.get_running_loop().time() + MOMENT
        while not self.lesson.path.exists() and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(self.lesson.follow)

    async def _watch_modules(self) -> None:
        """Run the lesson whenever a module was saved that it imports from its folder, or from below."""
        modules = Modules()
        while True:
            await asyncio.sleep(LOOK)
            if await asyncio.to_thread(modules.were_saved, self.lesson.modules, self.lesson.started):
                await asyncio.to_thread(self.lesson.run)


def _app(routes: list[Route]) -> Starlette:
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False  # it does not know of the token in the path
    return app


def _link(host: str, sock: socket.socket, token: str) -> str:
    return f"http://{_in_link(host)}:{sock.getsockname()[1]}/{token}/"


def _in_link(host: str) -> str:
    return f"[{host}]" if ":" in host else host
