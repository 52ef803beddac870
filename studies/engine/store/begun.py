"""Say which fits each of several drivers has begun, so that they do not do the same fit.

Drivers of one results folder may run on machines that do not know of each other. They share the
folder alone.
"""

import contextlib
import json
from collections.abc import Collection

from studies.engine.store.store import Store

BEGUN = "_begun"


class BegunFits:
    """Keeps the fits that a driver has begun, in a file that other drivers read.

    Args:
        store: The results.
        writer: The driver's name. No other driver has it.
    """

    def __init__(self, store: Store, writer: str) -> None:
        self.store, self.writer = store, writer
        self.keys: set[str] = set()

    def begin_alone(self, keys: Collection[str]) -> None:
        """Note fits while there is no other driver, who would have to know."""
        self.keys.update(keys)

    def begin(self, keys: Collection[str], *, may_wait: bool) -> set[str]:
        """Note fits and tell other drivers. Return those that another driver has begun.

        If two drivers begin a fit at the same moment, the one whose name comes first keeps it.

        Args:
            keys: The keys of the fits.
            may_wait: Whether to leave out what others have begun. If not, nothing is left out.
        """
        begun_elsewhere = set[str]()
        if may_wait:
            for of_driver in self._others().values():
                begun_elsewhere |= of_driver.intersection(keys)
        self.keys.update(set(keys) - begun_elsewhere)
        self._tell()
        if may_wait:
            for writer, of_driver in self._others().items():
                if writer < self.writer:
                    begun_elsewhere |= of_driver.intersection(keys)
            self.keys -= begun_elsewhere
        return begun_elsewhere

    def end(self, key: str) -> None:
        """Note that a fit has ended. The others find its row."""
        self.keys.discard(key)

    def _tell(self) -> None:
        content = json.dumps(sorted(self.keys)).encode()
        self.store.write_bytes(f"{BEGUN}/{self.writer}.json", content)

    def _others(self) -> dict[str, set[str]]:
        """Return {writer: keys of the fits that it has begun} of the other drivers."""
        keys = {}
        for name in self.store.names(BEGUN):
            content = self.store.read_bytes(f"{BEGUN}/{name}")
            if name != f"{self.writer}.json" and content:
                with contextlib.suppress(ValueError):  # a file that is being replaced
                    keys[name.removesuffix(".json")] = set(json.loads(content))
        return keys


def forget_begun(store: Store) -> None:
    """Remove the files of all drivers, also of killed ones.

    A driver that still runs writes its file again when it begins its next fit.
    """
    for name in store.names(BEGUN):
        store.delete(f"{BEGUN}/{name}")
