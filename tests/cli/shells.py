"""Types lines into a real shell on a terminal of its own, and prints all that it says: shells.py PROMPT PROGRAM… < lines

Each line is typed once the shell has said its prompt, with \\t for the key that completes; nothing waits for a time.
"""

import os
import pty
import signal
import sys

# A shell that says something else than its prompt would wait for ever.
signal.alarm(60)
prompt = sys.argv[1].encode()
pid, terminal = pty.fork()
if pid == 0:
    # Not by whoever calls this: a shell that runs in between takes it away.
    os.environ["PS1"] = sys.argv[1]
    os.execvp(sys.argv[2], sys.argv[2:])
said = b""
seen = 0


def read():
    global said
    try:
        more = os.read(terminal, 65536)
    except OSError:
        more = b""
    said += more
    return more


for line in sys.stdin.read().splitlines() + ["exit"]:
    while said.find(prompt, seen) < 0 and read():
        pass
    seen = len(said)
    os.write(terminal, line.replace("\\t", "\t").encode() + b"\n")
while read():
    pass
sys.stdout.buffer.write(said)
os.waitpid(pid, 0)
