"""Who may ask the live page for what: all others are refused, whatever they send."""

import os
from urllib.parse import urlsplit

import pytest

from tests.classroom.live import ask, need_the_extra, served, until

pytestmark = pytest.mark.once

need_the_extra()


@pytest.mark.parametrize("which", ["link", "shared"])
def test_who_does_not_know_the_token_is_refused(live, which):
    link = getattr(live, which)
    token = urlsplit(link).path.strip("/")
    other = urlsplit(live.shared if which == "link" else live.link).path
    paths = [
        "/",
        "//",
        "/events",
        "/run",
        "/page",
        f"/{token[:-1]}/",
        f"/{token}x/",
        f"/{token.swapcase()}/",
        "/%C3%A9/",
        "/%ff/",
        other,
    ]
    paths += [f"/%00{token}/", f"/./{token}/", f"/?{token}", "/favicon.ico", "/robots.txt", f"/x/../{token}/"]
    for path in paths:
        status, body = ask(link, path)
        is_door = which == "shared" and (path in ("/", "/events") or path.startswith("/?"))  # where a code is typed
        assert (status, body.startswith("refused: ")) == (403, True) or (is_door and "<form" in body), path
    assert ask(link)[0] == 200
    assert ask(link, f"/{token}/events")[0] == 200
    assert ask(link, f"/{token}")[0] == 307  # to the page, whose requests go beside it


@pytest.mark.parametrize("which", ["link", "shared"])
@pytest.mark.parametrize(
    "beyond",
    [
        *(
            "../lesson.py",
            "..%2flesson.py",
            "page/..%2f..%2flesson.py",
            "page/",
            "page/x",
            "page/page.html",
            "%2e%2e/",
        ),
        *("events/", "x/", "page/x/"),
    ],
)
def test_no_path_leads_to_a_file(live, which, beyond):
    link = getattr(live, which)
    path = urlsplit(link).path + beyond
    assert ask(link, path)[0] in (403, 404)


@pytest.mark.parametrize("which", ["link", "shared"])
def test_another_host_is_refused(live, which):
    link = getattr(live, which)
    port = urlsplit(link).port
    hosts = [
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        f"127.0.0.1.evil.example:{port}",
        f"user@127.0.0.1:{port}",
        "",
        f"127.1:{port}",
    ]
    for host in hosts:
        assert ask(link, Host=host)[0] in (400, 421), host
    assert ask(link, Host=None)[0] == 400


@pytest.mark.parametrize("which", ["link", "shared"])
def test_another_origin_is_refused(live, which):
    link = getattr(live, which)
    own = "http://" + urlsplit(link).netloc
    for origin in (
        "http://evil.example",
        "null",
        own + ".evil.example",
        own.replace("http", "https"),
        "http://127.0.0.1",
        "",
    ):
        assert ask(link, Origin=origin)[0] == 403, origin
        assert ask(link, urlsplit(link).path + "events", Origin=origin)[0] == 403, origin
    assert ask(link, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403
    assert ask(link, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200  # a link on the school's page
    assert ask(link, Origin=own)[0] == 200


def test_other_methods_are_refused(live):
    own = "http://" + urlsplit(live.link).netloc
    path = urlsplit(live.link).path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "HEAD", "CONNECT", "PROPFIND"):
        assert ask(live.link, method=method, Origin=own)[0] == 405, method
        assert ask(live.shared, method=method, Origin="http://" + urlsplit(live.shared).netloc)[0] == 405, method
    for action in ("run", "stop", "freeze"):
        assert ask(live.link, path + action)[0] == 405
        assert ask(live.link, path + action, "POST")[0] == 403  # nobody but a page has this, and says whence
        assert (
            ask(
                live.shared,
                urlsplit(live.shared).path + action,
                "POST",
                Origin="http://" + urlsplit(live.shared).netloc,
            )[0]
            == 405
        )


def test_a_page_elsewhere_reaches_nothing(browser, live):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto("about:blank")
        outcome = """link => Promise.all([
            fetch(link).then((answer) => answer.text(), () => "refused"),
            fetch(link + "stop", { method: "POST", mode: "no-cors" }).then((answer) => answer.type, () => "refused"),
            new Promise((done) => {
                const events = new EventSource(link + "events");
                events.onerror = () => done("refused");
                events.addEventListener("all", () => done("read"));
            }),
        ])"""
        assert page.evaluate(outcome, live.link) == ["refused"] * 3
        page.set_content(f"<iframe src='{live.link}'></iframe>")
        assert page.frames[1].url != live.link or page.frame_locator("iframe").locator("#source").count() == 0


@pytest.mark.skipif(os.name != "posix", reason="the browser is a command of a POSIX shell")
def test_the_browser_is_opened_with_a_link_that_serves_once(tmp_path, monkeypatch):
    asked = tmp_path / "asked"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nprintf %s \"$1\" > '{asked}.part' && mv '{asked}.part' '{asked}'\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    with served(tmp_path, "print(1)", is_opened=True) as live:
        link = until(lambda: asked.exists() and asked.read_text())
        assert link != live.link  # which would let everybody in who sees the command line
        assert ask(link)[0] == 303
        assert ask(link)[0] == 403
        assert ask(live.link)[0] == 200
