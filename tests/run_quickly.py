"""Run a script without the client's own rate limit: `python run_quickly.py SCRIPT`."""

import runpy
import sys

import lemlist_async.client
from lemlist_async import Unlimited

lemlist_async.client.own_limiter = lambda *_: Unlimited()
runpy.run_path(sys.argv[1], run_name="__main__")
