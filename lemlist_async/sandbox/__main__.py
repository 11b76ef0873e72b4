"""`python -m lemlist_async.sandbox`: a loopback lemlist for trying things, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from math import inf

from lemlist_async.sandbox.quota import Quota
from lemlist_async.sandbox.server import Sandbox

_LAST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = _parser().parse_args(arguments)
    if options.log:
        logging.basicConfig(format="%(asctime)s.%(msecs)03d %(message)s", datefmt="%H:%M:%S")
        logging.getLogger("lemlist_async.sandbox").setLevel(logging.INFO)
    asyncio.run(_serve(_sandbox(options), options.faults))


async def _serve(sandbox: Sandbox, faults: float) -> None:
    sandbox.faults.randomly(faults)
    try:
        await sandbox.start()
    except OSError as error:
        sys.exit(f"port {sandbox.port} cannot be used ({error.strerror}); try --port 0 for any free one")
    try:
        stopped = _stop_signal()
        _say(
            f"lemlist sandbox on {sandbox.url}, key {sandbox.api_key}; Ctrl-C stops it",
            f"export LEMLIST_API_KEY={sandbox.api_key}",
            f"export LEMLIST_BASE_URL={sandbox.url}",
            f"its page: {sandbox.url.removesuffix('api')}",
        )
        if not ip_address(sandbox.host).is_loopback:
            sys.stderr.write(f"warning: anyone who reaches port {sandbox.port} of this machine can use this sandbox\n")
        await stopped.wait()
    finally:
        await sandbox.stop()


def _sandbox(options: argparse.Namespace) -> Sandbox:
    quota = None if options.no_quota else Quota(kind="fixed" if options.fixed_window else "sliding")
    sandbox = Sandbox(
        api_key=options.api_key,
        quota=quota,
        latency=options.latency,
        host=options.host,
        port=options.port,
        keep_bodies=False,
    )
    for name in options.field or ("plan", "signedUp"):
        sandbox.state.add_field(name)
    sandbox.state.add_contacts(options.contacts)
    return sandbox


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lemlist_async.sandbox", description=__doc__)
    parser.add_argument(
        "--host", type=_address, default="127.0.0.1", help="0.0.0.0 in a container (default: 127.0.0.1)"
    )
    parser.add_argument("--port", type=_port, default=8787, help="0 for any free port (default: 8787)")
    parser.add_argument("--api-key", default="sandbox-key", metavar="KEY", help="the API key that is accepted")
    parser.add_argument("--latency", type=_seconds, default=(0.0, 0.0), metavar="0.02-0.08", help="in seconds")
    parser.add_argument("--no-quota", action="store_true", help="no rate limit")
    parser.add_argument("--fixed-window", action="store_true", help="a fixed window, not a sliding one")
    parser.add_argument("--faults", type=_share, default=0.0, metavar="SHARE", help="0.05: one in twenty fails")
    parser.add_argument("--contacts", type=_count, default=0, metavar="N", help="begin with N contacts")
    parser.add_argument("--field", action="append", metavar="NAME", help="a custom field (default: plan, signedUp)")
    parser.add_argument("--log", action="store_true", help="a line for each request, to stderr")
    return parser


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError("an IP address, such as 127.0.0.1") from None


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"a port from 0 to {_LAST_PORT}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a whole number from 0")
    return int(text)


def _share(text: str) -> float:
    share = _number(text)
    if share > 1:
        raise argparse.ArgumentTypeError("a share from 0 to 1")
    return share


def _seconds(text: str) -> tuple[float, float]:
    least, _, most = text.partition("-")
    return _number(least), _number(most or least)


def _number(text: str) -> float:
    with suppress(ValueError):
        if 0 <= (number := float(text)) < inf:
            return number
    raise argparse.ArgumentTypeError("a number from 0, such as 0.05")


def _stop_signal() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set; `loop.add_signal_handler` would not work on Windows."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
