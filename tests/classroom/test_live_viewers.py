"""Many viewers of the live page at once, and those who hold a connection without using it."""

import asyncio
import contextlib
import socket
import zlib
from urllib.parse import urlsplit

import pytest

from tests.classroom.live import LESSON, followed, in_a_thread, need_the_extra, run_of, save, serving

pytestmark = pytest.mark.once

need_the_extra()

from autograd.classroom.live import server


async def compressed_events(link):
    """The beginning of the stream, as a browser gets it that says it can read gzip."""
    address = urlsplit(link)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    request = f"GET {address.path}events HTTP/1.1\r\nHost: {address.netloc}\r\nAccept-Encoding: gzip, br\r\n\r\n"
    writer.write(request.encode())
    assert b"content-encoding: gzip\r\n" in await reader.readuntil(b"\r\n\r\n")
    body = b""
    while b"data" not in zlib.decompressobj(31).decompress(body):
        size = int(await reader.readline(), 16)  # in chunks, as HTTP has them
        body += (await reader.readexactly(size + 2))[:-2]
    writer.close()
    return body


def test_fifty_viewers_at_once_all_see_the_end_and_a_stalled_one_holds_nobody_up(teacher, live):
    save(teacher, live, LESSON)
    number = run_of(teacher) + 1

    def is_over(sections):
        return (
            sections["state"]["run"] >= number and sections["state"]["state"] == "good"
            if "state" in sections
            else False
        )

    async def watch():
        started = [asyncio.Event() for _ in range(50)]
        viewers = [asyncio.create_task(followed(live.shared, is_over, each)) for each in started]
        address = urlsplit(live.shared)
        with socket.create_connection((address.hostname, address.port)) as stalled:
            stalled.sendall(f"GET {address.path}events HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            await asyncio.wait_for(asyncio.gather(*(each.wait() for each in started)), 60)
            live.save(
                "from autograd import show\n"
                "for i in range(3_000): print(i); show([j * i for j in range(300)], 'curve')\n"
            )
            ends = await asyncio.wait_for(asyncio.gather(*viewers), 120)
        return ends, await compressed_events(live.shared)

    ends, compressed = in_a_thread(watch)
    assert len(ends) == 50
    assert zlib.decompressobj(31).decompress(compressed).startswith(b":\n\nevent: all\ndata: {")
    for sections in ends:
        assert sections["output 0"]["gone"] in (1_000, 1_100)
        (shown,) = sections["panels"]
        assert ">896,701<" in sections[f"panel {shown['number']}"]["svg"]  # the last one, 299 × 2,999


def test_a_connection_on_which_no_request_arrives_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "HURRY", 0.1)

    async def follow(page, address):
        for beginning in (b"", b"GET / HTTP/1.1\r\nHo", b"\n\n\n"):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(beginning)
            with contextlib.suppress(ConnectionError):
                assert (await reader.read())[:12] in (b"", b"HTTP/1.1 400")
            writer.close()
        return True

    assert serving(tmp_path, follow)


def test_a_viewer_who_takes_nothing_in_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "STALLED", 0.2)
    monkeypatch.setattr(server, "HURRY", 0.2)

    async def follow(page, address):
        loop, stage = asyncio.get_running_loop(), page.lesson.stage
        stage.put("panel 1", {"kind": "text", "text": "x" * 20_000_000})  # more than any system takes in advance
        with socket.socket() as stalled:
            stalled.setblocking(False)
            await loop.sock_connect(stalled, address)
            path = urlsplit(page.shared_link).path
            request = f"GET {path}events HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n"
            await loop.sock_sendall(stalled, request.encode())
            counted = []
            while not counted or counted[-1]:
                await asyncio.sleep(0.02)
                name = "viewers"
                if name in stage._sections:
                    counted.append(stage._sections[name])
            return counted

    counted = serving(tmp_path, follow)
    assert counted[0] == 1
    assert counted[-1] == 0


def test_what_is_on_its_way_to_slow_viewers_is_bounded_for_all_together(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MOST_HELD", 10_000_000)

    async def follow(page, address):
        loop, stage = asyncio.get_running_loop(), page.lesson.stage
        path = urlsplit(page.shared_link).path
        events = next(each for each in everything(page) if isinstance(each, server.Events) and each._packs)
        stalled, held = [], []
        for n in range(8):
            stage.put("panel 1", {"kind": "text", "text": str(n) * 4_000_000})
            stage.publish_now()
            stalled.append(socket.socket())
            stalled[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled[-1].setblocking(False)
            await loop.sock_connect(stalled[-1], address)
            request = f"GET {path}events HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n"
            await loop.sock_sendall(stalled[-1], request.encode())
            news = str(n).encode() * 4_000_000
            while not any(news in each for parcel in events._on_its_way.values() for each in parcel):
                await asyncio.sleep(0.01)
            held.append(sum(len(news) for parcel in events._on_its_way.values() for news in parcel))
        while events.n_viewers > 3:  # those before them are given up
            await asyncio.sleep(0.01)
        for each in stalled:
            each.close()
        return held

    assert 4_000_000 < max(serving(tmp_path, follow)) <= 10_000_000


def everything(page):
    """The endpoints of the servers of a page."""
    for each, _ in page._servers:
        app = each.config.app
        while app is not None:
            yield from (route.endpoint for route in getattr(app, "routes", ()))
            app = getattr(app, "_app", None) or getattr(app, "app", None)


def test_one_address_cannot_take_all_places(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MOST_VIEWERS", 6)

    async def follow(page, address):
        path = urlsplit(page.shared_link).path
        said, opened = [], []
        for _ in range(6):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(f"GET {path}events HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n".encode())
            said.append((await reader.readline())[9:12])
            opened.append(writer)
        for writer in opened:
            writer.close()
        return said

    assert serving(tmp_path, follow) == [b"200"] * 4 + [b"503"] * 2
