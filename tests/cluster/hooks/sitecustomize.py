"""Loaded by every Python of a host before anything else: fits tell that they begin, and some die.

In the folder of faults, `begun` gets a line for each fit that begins: `host key`. A fit whose key
or signal is in `crash` ends its process; the first whose key is in `hoard` takes 3 GB. And where
the clock is wrong, sleep works all the same.
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
MODULE = "studies.engine.cluster.recorder"


def keys(name):
    with contextlib.suppress(FileNotFoundError):
        return (FAULTS / name).read_text().split()
    return []


def harm(module):
    load = module.RemoteCheckpoints.load

    def begin(self, indices):
        state = load(self, indices)
        for key in (self.keys[i].split()[0] for i in indices):
            with contextlib.suppress(FileNotFoundError), (FAULTS / "begun").open("a") as file:
                file.write(f"{socket.gethostname()} {key}\n")
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
