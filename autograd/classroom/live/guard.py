"""Guards the live page: lets in people who have its token or type its code, and refuses all others."""

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping

from starlette.datastructures import QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from autograd.classroom.live.pages import EVERYWHERE, door
from autograd.languages import say

# No two of these letters look alike, or sound alike when they are read aloud
LETTERS = "234679afhkmrtuwxy"
LENGTH = 6
MOST_WRONG = 300  # tries in all: of 24 million codes, as many tries find the right one in 1 of 80,000 lessons
MOST_OF_ONE, MINUTE = 10, 60.0  # wrong tries of an address in so many seconds


class Code:
    """Six letters that the class can type, until there were too many wrong tries.

    changed: is called after another wrong try.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self.renew()

    def renew(self) -> None:
        """Take another code."""
        self.text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        self.n_wrong = 0
        self._of_one: Counter[str] = Counter()
        self._since = time.monotonic()

    @property
    def is_closed(self) -> bool:
        """Whether there were too many wrong tries. Then no code lets anybody in until there is a new one."""
        return self.n_wrong >= MOST_WRONG

    def answer(self, said: str, address: str) -> str:
        """The answer to a try: "right", "wrong", "wait" or "closed"."""
        if time.monotonic() - self._since > MINUTE:
            self._of_one.clear()
            self._since = time.monotonic()
        if self.is_closed:
            return "closed"
        if self._of_one[address] >= MOST_OF_ONE:
            return "wait"
        if secrets.compare_digest(said.strip().lower().encode(), self.text.encode()):
            return "right"
        self._of_one[address] += 1
        self.n_wrong += 1
        self._changed()
        return "closed" if self.is_closed else "wrong"


class Guard:
    """Lets requests through to an app if they have the right address and token, and refuses all others.

    token: the first part of every path but those of pages within the page, whose names are secret themselves.
    methods: what may be asked for, by path. hosts: further names under which the server may be addressed.
    code: leads people who type it to the token; None if there is no code.
    """

    def __init__(
        self, app: ASGIApp, token: str, methods: Mapping[str, str], hosts: tuple[str, ...], code: Code | None = None
    ) -> None:
        self._app, self._token, self._methods, self._hosts, self._code = app, token, methods, set(hosts), code
        self._door = door() if code else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        token, _, rest = path.removeprefix("/").partition("/")
        is_inner = token == "page" and rest != ""
        tried = self._tried(scope) if self._code else None
        answer = self._refusal(scope, None if is_inner or tried is not None else token, rest)
        if answer is None and tried is not None:
            answer = self._opened(tried, (scope.get("client") or ("",))[0], _accepted(scope))
        if answer is None and path == f"/{token}":  # people who type it may leave off the slash
            answer = RedirectResponse(f"{path}/", 307, EVERYWHERE)
        if answer is not None:
            await answer(scope, receive, send)
        else:
            await self._app(scope if is_inner else {**scope, "path": f"/{rest}"}, receive, send)

    def _tried(self, scope: Scope) -> str | None:
        """The code that a request tries; "" if it asks where to type one, None if it is about something else."""
        path = scope["path"]
        if path == "/":
            return QueryParams(scope["query_string"]).get("code", "")[:100]
        return found[1] if (found := re.fullmatch(r"/([A-Za-z0-9]{6})/?", path)) else None

    def _opened(self, tried: str, address: str, accepted: str) -> Response:
        assert self._code is not None
        assert self._door is not None
        what = self._code.answer(tried, address) if tried else "closed" if self._code.is_closed else "empty"
        if what == "right":
            return RedirectResponse(f"/{self._token}/", 303, EVERYWHERE)
        return self._door(what, accepted)

    def _refusal(self, scope: Scope, token: str | None, rest: str) -> Response | None:
        """The answer to a request that is not let through; token: None where none is needed."""
        names = [name for name, _ in scope["headers"]]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "").lower()
        origin = headers.get("origin")
        if names.count(b"host") != 1 or host not in self._own(scope):
            return refused(421, say("this address is not that of the live page"))
        if names.count(b"origin") > 1 or (origin is not None and origin.lower() != f"http://{host}"):
            return refused(403, say("another page must not ask for this"))
        site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode")
        if site not in ("none", "same-origin") and mode != "navigate":
            return refused(403, say("another page must not ask for this"))
        if token is not None and not secrets.compare_digest(token.encode(), self._token.encode()):
            return refused(403, say("the link to this page has a token in it, and this one is not right"))
        method = "GET" if token is None else self._methods.get(rest, "GET")
        if scope["method"] != method:
            return refused(405, say("this answers to {0} alone", method), allow=method)
        if method == "POST" and origin is None:
            return refused(403, say("only the page itself may ask for this"))
        return None

    def _own(self, scope: Scope) -> set[str]:
        """The right Host headers: the numbers of the address that the connection came to, or a known name."""
        address, port = scope["server"]
        address = address.removeprefix("::ffff:")  # an address of IPv4 at a socket for IPv4 and IPv6
        names = {f"[{address}]" if ":" in address else address, *self._hosts}
        return {f"{name}:{port}" for name in names} | (names if port == 80 else set())


def _accepted(scope: Scope) -> str:
    """The languages that the browser asks for."""
    return dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")


def refused(status: int, sentence: str, **headers: str) -> Response:
    """The answer to what is not let through."""
    return PlainTextResponse(
        f"{say('refused')}: {sentence}\n", status, {**EVERYWHERE, **headers, "connection": "close"}
    )
