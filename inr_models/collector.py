"""Let Python's garbage collector do less. By default it takes a third of the time of imports."""

import atexit
import gc


def collect_less() -> None:
    """Look for garbage less often in this process, and not once more when it ends.

    Imports create hundreds of thousands of objects that stay, as do the rows and keys of a command.
    Looking through them at the end takes up to a second.
    """
    gc.set_threshold(50_000)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
