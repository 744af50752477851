"""`make soak`: every trial that takes minutes, one after another, and how each ended.

Options go to the books: `python -m tests.soak --kills 200 --seed 7`.
"""

import subprocess
import sys
import time

# Module, what it shows, and the minutes after which it has failed.
TRIALS = (
    ("books", "nothing lost, nothing twice, whoever is killed when", 40),
    ("thrice", "1,000 messages three times each are 1,000 turns", 10),
    ("broadcast", "one message to 20,000: all accounted for, nobody gets two", 40),
    ("pacing", "3,000 sends at 30 a second, replies first", 6),
    ("fuzz", "20,000 mutated webhook bodies", 15),
)


def attempt(module: str, minutes: int, options: list[str]) -> str:
    """How a trial ended; it prints its own figures."""
    print(f"\n== {module}", flush=True)
    command = [sys.executable, "-m", f"tests.soak.{module}", *options]
    process = subprocess.Popen(command)
    try:
        code = process.wait(60 * minutes)
    except subprocess.TimeoutExpired:
        # Asked, not killed: it ends the processes that it started.
        process.terminate()
        process.wait()
        return f"took longer than {minutes} minutes"
    return "passed" if code == 0 else f"FAILED ({code})"


def main(options: list[str]) -> int:
    """Run them all; 1 if one did not pass."""
    ends = []
    for module, what, minutes in TRIALS:
        begin = time.monotonic()
        end = attempt(module, minutes, options if module == "books" else [])
        ends.append((module, what, end, time.monotonic() - begin))
    print("\n== Soak")
    for module, what, end, seconds in ends:
        print(f"{module:<8} {end:<10} {seconds:6.0f} s  {what}")
    return int(any(end != "passed" for _, _, end, _ in ends))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
