"""`make bench`: what a parse, a turn and a start cost here, each also as a ratio to plain work.

Everything is measured in one run on one machine; the ratio's unit is the time that this same
process needs to normalise a sentence, so that runs on different machines can be compared.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

import psutil

from bot.app import Service, start
from bot.clock import LOCAL
from bot.services.search import search_workshops
from bot.settings import Settings
from intents.examples import read_examples
from intents.normalise import tokenise
from intents.subjects import find_subjects
from storage.queries.catalogue import titles
from tests.bench_understanding import measure_model, measure_understanding
from tests.conftest import NOW
from tests.process import free_port
from tests.support import fill_in_enrollment, write
from tests.test_search import SEARCHES, search_for

SENTENCE = "buenas tardes veci quisiera saber qué talleres de cocina hay los sábados en el sur"
DEVELOPMENT = Path(__file__).parent / "sentences" / "development.yml"
CONVERSATION = (
    "hola", "¿qué casas hay en la Manuela Sáenz?", "cocina los sábados en el sur", "1",
    "cuánto cuesta", "qué hay este fin de semana", "cuándo pagan el bono", "gracias",
)  # fmt: skip


def unit() -> float:
    """Seconds to normalise one sentence: the yardstick."""
    rounds = []
    for _ in range(15):
        begin = time.perf_counter()
        for _ in range(200):
            tokenise(SENTENCE)
        rounds.append((time.perf_counter() - begin) / 200)
    return median(rounds)


def show(name: str, seconds: list[float], yardstick: float) -> None:
    """Median and 99th percentile in ms, and the median as a ratio."""
    cuts = quantiles(seconds, n=100)
    print(
        f"{name:<42} p50 {cuts[49] * 1e3:8.2f} ms  p99 {cuts[98] * 1e3:8.2f} ms"
        f"  {cuts[49] / yardstick:8.0f} units"
    )


async def timed(action: Callable[[], Awaitable[object]]) -> float:
    """Seconds that it takes."""
    begin = time.perf_counter()
    await action()
    return time.perf_counter() - begin


async def converse(service: Service, rounds: int, sender: str) -> list[float]:
    """Seconds of each turn of a conversation repeated."""
    return [
        await timed(lambda said=said: write(service, said, sender))  # type: ignore[misc]
        for _ in range(rounds)
        for said in CONVERSATION
    ]


async def measure_turns(service: Service, yardstick: float) -> None:
    """Turns alone and with 32 conversations at once; an enrolment with all its answers."""
    await converse(service, 2, "warm-up")
    show("turn, one conversation", await converse(service, 25, "one"), yardstick)
    begin = time.perf_counter()
    alone = await converse(service, 10, "throughput")
    rate = len(alone) / (time.perf_counter() - begin)
    print(f"{'turns a second, one conversation':<42} {rate:8.0f}")
    begin = time.perf_counter()
    together = await asyncio.gather(*(converse(service, 4, f"many-{n}") for n in range(32)))
    count = sum(len(t) for t in together)
    print(f"{'turns a second, 32 conversations':<42} {count / (time.perf_counter() - begin):8.0f}")
    show("turn, 32 conversations", [s for t in together for s in t], yardstick)
    forms = [
        await timed(lambda n=n: fill_in_enrollment(service, 1, f"form-{n}", n + 1)) / 7  # type: ignore[misc]
        for n in range(20)
    ]
    show("turn of the enrolment form", forms, yardstick)


def measure_parse(service: Service, yardstick: float) -> None:
    """One parse, over the sentences."""
    today = NOW.astimezone(LOCAL).date()
    seconds = []
    for text, _ in read_examples(DEVELOPMENT):
        begin = time.perf_counter()
        service.turns.interpreter.parse(text, today)
        seconds.append(time.perf_counter() - begin)
    show(f"parse, {len(seconds)} sentences", seconds, yardstick)


async def measure_search(service: Service, yardstick: float) -> float:
    """Workshop searches as people write them, read and answered from 2,400; the median in ms."""
    seconds = []
    for case in SEARCHES * 3:
        search = await search_for(service, case["say"])
        async with service.database.read() as session:
            await session.connection()
            begin = time.perf_counter()
            find_subjects(case["say"], tokenise(case["say"]), await titles(session))
            await search_workshops(session, search, NOW.astimezone(LOCAL).date())
            seconds.append(time.perf_counter() - begin)
    show(f"search, {len(SEARCHES)} sentences", seconds, yardstick)
    return median(seconds) * 1e3


def measure_process(folder: Path) -> None:
    """Start and memory of the real process, its second start."""
    port = free_port()
    environment = {**os.environ, "SOMOS_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "bot", "run", "--demo", "--port", str(port)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        import httpx

        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                httpx.get(f"{url}/readyz").raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.02)
        print(f"{'second start until ready':<42} {time.perf_counter() - begin:8.2f} s")
        asked = [{"sender": uuid4().hex, "message": m} for m in CONVERSATION * 20]
        with httpx.Client() as client:
            for body in asked:
                client.post(f"{url}/webhooks/rest/webhook", json=body).raise_for_status()
        memory = psutil.Process(process.pid).memory_info().rss / 2**20
        print(f"{'memory of the serving process':<42} {memory:8.0f} MB after {len(asked)} turns")
    finally:
        process.terminate()
        process.wait(timeout=20)


async def main() -> None:
    """Measure on SQLite, with demonstration data."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(database_url="", data_dir=folder, now=None)
        measure_model(settings)
        service = await start(settings, demo=True)
        yardstick = unit()
        print(f"{'unit: normalise one sentence':<42} {yardstick * 1e6:8.1f} µs")
        await measure_understanding(service)
        measure_parse(service, yardstick)
        await measure_search(service, yardstick)
        await measure_turns(service, yardstick)
        await service.database.close()
        measure_process(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(json.dumps({"python": sys.version.split()[0], "bench_peak_mb": round(peak)}))


if __name__ == "__main__":
    asyncio.run(main())
