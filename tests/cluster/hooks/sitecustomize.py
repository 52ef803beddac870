"""Loaded by every Python of a host before anything else: fits tell that they begin, and some die.

In the folder of faults, `begun` gets a line for each fit that begins: `host key`. A fit whose key
or signal is in `crash` ends its process; the first whose key is in `hoard` takes 3 GB. A fit waits
until each host in `awaited` has begun one: all fits together take six seconds, and a host whose
worker starts later would get none. And where the clock is wrong, sleep works all the same.
"""

import contextlib
import importlib.abc
import importlib.machinery
import os
import select
import socket
import sys
import time
from pathlib import Path

FAULTS = Path("/mnt/shared/faults")
MOST_SECONDS = 120
MODULE = "studies.engine.cluster.recorder"


def keys(name):
    with contextlib.suppress(FileNotFoundError):
        return (FAULTS / name).read_text().split()
    return []


def wait_for_hosts():
    # From the study's submission on, so that a host that never begins delays it only once.
    ends = (FAULTS / "awaited").stat().st_mtime + MOST_SECONDS
    while set(keys("awaited")) - set(keys("begun")) and time.time() < ends:
        time.sleep(0.1)


def harm(module):
    load = module.RemoteCheckpoints.load

    def begin(self, indices):
        state = load(self, indices)
        for key in (self.keys[i].split()[0] for i in indices):
            with contextlib.suppress(FileNotFoundError), (FAULTS / "begun").open("a") as file:
                file.write(f"{socket.gethostname()} {key}\n")
            wait_for_hosts()
            if any(word == key or word in self.kind for word in keys("crash")):
                os.abort()
            if key in keys("hoard"):
                (FAULTS / "hoard").unlink()
                hoarded = [os.urandom(1 << 20) * 16 for _ in range(200)]
                sys.exit(f"{len(hoarded)} pieces of memory were to be had")
        return state

    module.RemoteCheckpoints.load = begin


class Finder(importlib.abc.MetaPathFinder):
    """Finds the one module, to change it when it has been loaded."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_harm(module):
                load(module)
                harm(module)

            spec.loader.exec_module = load_and_harm
        return spec


sys.meta_path.insert(0, Finder())

if "FAKETIME" in os.environ:
    # libfaketime refuses clock_nanosleep up to a time of the steady clock, which is Python's sleep.
    time.sleep = lambda seconds: select.select((), (), (), seconds) and None
