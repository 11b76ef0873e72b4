"""Run a script without the client's own rate limit: `python run_quickly.py SCRIPT`."""

import runpy
import sys

from lemlist_async import Unlimited
from lemlist_async.limits import choice

choice.own_limiter = lambda *_: Unlimited()
runpy.run_path(sys.argv[1], run_name="__main__")
