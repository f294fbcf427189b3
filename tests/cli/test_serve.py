"""`coffee serve` says where its page is, serves it, and ends with Ctrl-C."""

from __future__ import annotations

import re
import signal
import urllib.error
import urllib.request

import pytest

from tests.cli.coffee import coffee, start


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_it_serves_its_page_until_ctrl_c() -> None:
    """At the address that it prints, with the token, and only there; and it leaves no process behind."""
    with start("serve", "tiny.yaml", "naive") as server:
        try:
            assert server.stderr is not None
            line = server.stderr.readline()
            [address] = re.findall(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/", line)
            with urllib.request.urlopen(address) as page:
                assert b"Coffee please" in page.read()
            with pytest.raises(urllib.error.HTTPError, match="403") as refused:
                urllib.request.urlopen(re.sub(r"/[\w-]+/$", "/", address))
            refused.value.close()
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(30) == 130


@pytest.mark.usefixtures("tiny")
def test_what_is_wrong_is_said_before_anything_is_served() -> None:
    """Names, keys, too many designs, and a port that can't be listened on."""
    for arguments, says in (
        (["zebra"], 'unknown scenario "zebra"'),
        (["tiny.yaml", "outbux"], 'did you mean "outbox"?'),
        (["tiny.yaml", "--set", "app.timeuot=3s"], 'did you mean "app.timeout"?'),
        (["tiny.yaml", "naive", "outbox", "inquiry"], "room for two designs"),
        (["tiny.yaml", "--port", "99999"], "--port"),
    ):
        done = coffee("serve", *arguments)
        assert done.exit_code == 2
        assert says in done.stderr
