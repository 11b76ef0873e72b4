"""The main job from beginning to end, without an account: `make demo`.

It starts a loopback lemlist with the real rate limit, imports `contacts.csv` into a list, imports it again to show that
nothing is sent for what has not changed, and syncs the list with a shorter file.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lemlist_async.sandbox import Sandbox, sandbox_thread

CONTACTS = Path(__file__).with_name("contacts.csv")


def prepare(sandbox: Sandbox) -> None:
    """Give the team the fields and some of the companies that the file names."""
    sandbox.state.add_field("plan", "Plan")
    sandbox.state.add_field("signedUp", "Signed Up", "date")
    for domain in ("jinghe-logistics.example", "polderpunt.example", "siamspice.example"):
        sandbox.state.add_company(domain=domain, name=domain.partition(".")[0].title())


def lemlist(sandbox: Sandbox, *arguments: str) -> None:
    """Run the `lemlist-async` command against the sandbox, and show the line that a shell would show."""
    print(f"\n$ lemlist-async {' '.join(arguments)}", flush=True)
    environment = os.environ | {"LEMLIST_API_KEY": sandbox.api_key, "LEMLIST_BASE_URL": sandbox.url}
    command = [sys.executable, "-m", "lemlist_async", *arguments, "--progress"]
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603 - our own command
    if done.returncode not in {0, 3}:  # 3: done, with rejected rows
        sys.exit(done.returncode)


def main() -> None:
    """Import, import again, and sync."""
    with sandbox_thread() as sandbox, tempfile.TemporaryDirectory() as folder:
        prepare(sandbox)
        everyone, fewer = Path(folder, "contacts.csv"), Path(folder, "fewer.csv")
        lines = CONTACTS.read_text(encoding="utf-8").splitlines(keepends=True)
        everyone.write_text("".join(lines), encoding="utf-8")
        fewer.write_text("".join(lines[:51]), encoding="utf-8")

        lemlist(sandbox, "contacts", "import", str(everyone), "--list", "Newsletter")
        lemlist(sandbox, "contacts", "import", str(everyone), "--list", "Newsletter")
        lemlist(sandbox, "lists", "sync", "Newsletter", str(fewer), "--dry-run")
        lemlist(sandbox, "lists", "sync", "Newsletter", str(fewer), "--max-removals", "none")
        print(f"\n{len(sandbox.received)} requests, {sandbox.count(status=429)} of them refused with 429.")


if __name__ == "__main__":
    main()
