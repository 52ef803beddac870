"""Say something when this process ends without a chance to say it itself."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

# It ignores what a terminal or a batch system sends to the whole group, and waits for the end of
# its input, which comes with the end of this process. A byte before that means all is well.
_PROGRAM = """
import signal, sys
for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
if not sys.stdin.buffer.read():
    print(sys.argv[1], file=sys.stderr)
"""


@contextlib.contextmanager
def last_words(sentence: str) -> Iterator[None]:
    """Print a sentence to standard error if this process is ended from outside in the block.

    Ray's library ends the process of a driver whose node it has lost, and the kernel kills
    processes when memory is short. No Python code runs in the process then, so another one speaks.
    """
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, sentence]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as speaker:
        assert speaker.stdin is not None
        try:
            yield
        finally:
            with contextlib.suppress(BrokenPipeError):  # somebody has killed it
                speaker.stdin.write(b".")
                speaker.stdin.flush()
