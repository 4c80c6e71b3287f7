"""python -m autograd live lesson.py: a page on this machine that follows a Python file as it is edited."""

import contextlib
import socket
import sys
import threading
import webbrowser
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autograd.languages import say

if TYPE_CHECKING:
    import segno

STARTER = '''\
"""Change a number and save: the page follows."""

from autograd import Value, explain, show

a = Value(2.0)
b = Value(-3.0)
c = Value(6.5)
loss = (a * b + c).tanh()
loss.backward()
print(f"the loss is {loss.data:.4f}")

show(loss)

# downhill: against the gradient
losses = []
for step in range(60):
    loss = (a * b + c).tanh()
    for x in (a, b, c):
        x.grad = 0.0
    loss.backward()
    for x in (a, b, c):
        x.data -= 0.02 * x.grad
    losses.append(loss.data)
    show(losses)

# the chain rule, step by step, with the new numbers
loss = (a * b + c).tanh()
show(explain(loss))
'''
EPILOG = """\
A plain file runs from the beginning at each save, in its own process. In it, show(x) from autograd puts x on the page:
a graph, a network, an explanation, a curve, a table or a plot. If the file does not exist, a small lesson is made.

Only this machine can open the page. With --share the class can follow on their own devices. They see what the page
shows, and cannot change anything. Anybody with the link can read the page. It is not encrypted: others in the same
network can read it, too.

A file with cells, which begin with # %%, is shown cell by cell. A cell runs when you come to it. A cell that you change
runs again, and so do the cells after it that have run. # %% [markdown] begins a text. # %% [markdown] tags=["notes"]
begins a note for you alone.

keys on the page: PageDown and PageUp go to the next cell and back, o shows all headings, n shows your notes in a window
of their own. f freezes the page, s stops the program, r runs it again, 1 to 9 show one panel alone, b hides the source,
+ and - change the size, d switches between light and dark, q shows the address for the class, ? shows all keys.

examples:
  python -m autograd live lesson.py
  python -m autograd live lesson.py --share
"""
INSTALL = 'python -m pip install "chalkgrad[live]"'
EASY_PORT = 8000
EVERYWHERE = ("0.0.0.0", "::")  # these mean all addresses of this machine


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes to its parser."""
    parser.add_argument("file", metavar="FILE", help="the lesson, a .py file; made if it does not exist")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="the port of the page (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the link")
    parser.add_argument("--share", action="store_true", help="let the class follow; print the link and its QR code")
    parser.add_argument(
        "--address", metavar="ADDRESS", help="share at this address (default: this machine's address in its network)"
    )
    parser.add_argument(
        "--share-port", type=_port, default=None, metavar="N", help="share at this port (default: 8000, or a free one)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"a port is a number from 0 to 65535, got {text!r}")
    return int(text)


def live(arguments: Namespace) -> None:
    """Serve the page until it is interrupted. RuntimeError with a sentence where that cannot be."""
    if sys.platform == "emscripten":
        raise RuntimeError(
            say("the live page needs a server, and Python in a browser has none; use show(x) in a notebook instead")
        )
    path = Path(arguments.file.strip())
    is_new = _prepare(path)
    try:
        import segno

        from autograd.classroom.live.lesson import Lesson
        from autograd.classroom.live.server import Live
    except ModuleNotFoundError as error:
        raise RuntimeError(say("the live page needs {0}, which is not installed: {1}", error.name, INSTALL)) from None
    is_shared = arguments.share or arguments.address is not None
    address = (arguments.address or _own_address()) if is_shared else ""
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(_listening("127.0.0.1", arguments.port))
        shared = stack.enter_context(_shared(address, arguments.share_port)) if is_shared else None
        page = Live(Lesson(path.resolve()), own, shared, _own_address() if address in EVERYWHERE else address)
        if is_new:
            print(say("made {0}, a small lesson to start with", path))
        print(say("{0} is on the page at {1}", path, page.link))
        if page.shared_link:
            print(say("for the class: {0}", page.shared_link))
            print(say("or, to be typed: {0}", page.short_link))
            _print_code(segno.make(page.shared_link))
        print(say("Ctrl-C ends it"), flush=True)
        if not arguments.no_browser:
            threading.Thread(target=webbrowser.open, args=[page.first_link], daemon=True).start()
        page.run()


def _prepare(path: Path) -> bool:
    """Whether the file had to be made."""
    if path.suffix != ".py":
        raise RuntimeError(say("a lesson is a Python file, such as lesson.py, got {0}", repr(str(path))))
    if path.is_dir():
        raise RuntimeError(say("{0} is a folder; a lesson is a Python file", path))
    if not path.parent.is_dir():
        raise RuntimeError(say("there is no folder {0}", path.parent))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
        return True
    except FileExistsError:
        return False


def _shared(address: str, port: int | None) -> socket.socket:
    """A socket for the class. If you name no port, it is one that is quick to type, if that is free."""
    if port is not None:
        return _listening(address, port)
    try:
        return _listening(address, EASY_PORT)
    except RuntimeError:
        return _listening(address, 0)


def _listening(address: str, port: int) -> socket.socket:
    """A socket that listens at an address of this machine."""
    try:
        family, _, _, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let two programs listen at the same port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(place)
            sock.listen(256)
        except OSError:
            sock.close()
            raise
        return sock
    except OSError as error:
        raise RuntimeError(say("cannot listen at {0}, port {1}: {2}", address, port, error.strerror)) from None


def _own_address() -> str:
    """The address of this machine in its network. Finding it sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # an address that nobody has, by RFC 5737
        except OSError:
            raise RuntimeError(say("this machine is in no network; write --address to say where to share")) from None
        return str(sock.getsockname()[0])


def _print_code(code: "segno.QRCode") -> None:
    try:
        code.terminal(compact=True)
    except UnicodeEncodeError:  # the page has it too
        print(say("(this terminal cannot show the QR code; press q on the page to see it)"))
