"""Runs a command on a pseudo-terminal as a person would: SCRIPT COMMAND... . Each line of SCRIPT is `what to wait for<TAB>what to type`; `^C` and `^D`
are the keys. Prints what stood on the screen and exits as the command did."""
import os
import pty
import select
import signal
import sys
import time

script = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])]
child, screen = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen, from_here = b"", 0


def look(seconds):
    global seen
    ready, _, _ = select.select([screen], [], [], seconds)
    if not ready:
        return True
    try:
        more = os.read(screen, 4096)
    except OSError:
        return False
    seen += more
    return bool(more)


end = time.monotonic() + 20
for wait, keys in script:
    while wait.encode() not in seen[from_here:]:
        if not look(1) or time.monotonic() > end:
            sys.stdout.write(seen.decode(errors="replace"))
            sys.exit(f"`{wait}` never came")
    from_here = len(seen)
    os.write(screen, {"^C": b"\x03", "^D": b"\x04"}.get(keys, keys.encode() + b"\n"))
while look(1) and time.monotonic() < end:
    pass
_, status = os.waitpid(child, 0)
sys.stdout.write(seen.decode(errors="replace").replace("\r\n", "\n"))
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
