"""Stand in for a process of Ray that one study on one machine does not need.

    python -I -S stand_in.py PORT_FILE ...

Ray starts an agent for its dashboard, and one that prepares environments for workers. It waits
until each has written its ports into files, and ends when one of them ends. Both take seconds of
CPU. This program, which imports nothing of Ray, keeps Ray waiting for no longer than it takes to
write the files. `ray_private.start_bare` puts it in their place.
"""

import sys
from pathlib import Path

NOBODY_LISTENS = "1"
"""A port that only the system's own services may open, so that nobody can wait there for Ray."""


def main() -> None:
    """Write the port into each file, then wait for the end of the process that started this."""
    # Ray adds flags to the command.
    for file in [word for word in sys.argv[1:] if not word.startswith("--")]:
        partial = Path(f"{file}.partial")
        partial.write_text(NOBODY_LISTENS)
        partial.replace(file)
    sys.stdin.read()


if __name__ == "__main__":
    main()
