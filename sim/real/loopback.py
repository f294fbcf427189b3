"""Whom we may talk to: this machine, and hosts that somebody has typed. Nothing reaches anybody else by mistake."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from sim.config.errors import ConfigError

HOST = "127.0.0.1"


class Elsewhere(ConfigError):
    """A host that is not this machine, and that nobody has allowed."""

    def __init__(self, where: str, host: str, address: str) -> None:
        super().__init__(f"{where}: {host} is not this machine ({address}): orders and kills must not reach anybody by mistake")
        self.host = host


def check_target(where: str, url: str, allowed: Collection[str]) -> SplitResult:
    """The parts of an address that we may talk to. Raises ConfigError; `where` is the key or option that gave it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f'{where}: not an address: {error} (got "{url}")') from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f'{where}: expected an address like http://127.0.0.1:8000 (got "{url}")')
    if parts.username or parts.password:
        raise ConfigError(f"{where}: an address with a password in it; leave that out")
    if host in allowed:
        return parts
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise ConfigError(f"{where}: {host}: no such host ({error.strerror}); use 127.0.0.1") from None
    others = sorted(one for one in found if not ipaddress.ip_address(one.partition("%")[0]).is_loopback)
    if others:
        raise Elsewhere(where, host, others[0])
    return parts


def check_server(where: str, address: str, port: int) -> None:
    """A server that is no HTTP server may be talked to. `port`: where it listens by default. Raises ConfigError.

    A user and a password may be in its address, and are not repeated.
    """
    try:
        parts = urlsplit(address)
        target = f"http://{parts.hostname}:{parts.port or port}"
    except ValueError as error:
        raise ConfigError(f"{where}: not an address: {error}") from None
    check_target(where, target, ())


def listening(port: int, where: str) -> socket.socket:
    """A socket on this machine; port 0: any that is free. Raises ConfigError if somebody else listens there."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError as error:
        made.close()
        raise ConfigError(f"{where}: cannot be listened on: {error.strerror} (got {port})") from None
    made.listen(1024)
    return made
