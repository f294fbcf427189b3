"""The same results wherever the work is done, and although workers are killed in the middle of it."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import sim.experiment.cluster
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.documents.comparison import document
from sim.experiment.batches import AHEAD, Lost
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.engines import Engine
from sim.experiment.workers import crew
from tests.cli.coffee import SCENARIO, coffee, start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
MORNINGS = 24


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engines") / "tiny.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def digest(world: Path, *, engine: Engine, jobs: int | None = 2, progress: Callable[[int, int], None] | None = None) -> str:
    """Of all that a comparison tells."""
    scenario = load_scenario(str(world))
    designs = ["naive", "outbox"]
    made = document(compare(scenario, designs, Effort(MORNINGS, jobs=jobs, engine=engine), progress=progress))
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()


@pytest.fixture(scope="module")
def expected(world: Path) -> str:
    return digest(world, engine="serial")


def once(act: Callable[[], None], *, after: int) -> Callable[[int, int], None]:
    """Progress that does something when so much is done."""

    def progress(done: int, of: int) -> None:
        if done == after < of:
            act()

    return progress


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_processes(jobs: int, world: Path, expected: str) -> None:
    """Any number of processes gives the digest of none."""
    assert digest(world, engine="local", jobs=jobs) == expected


def test_any_executor(world: Path, expected: str) -> None:
    """An executor of the standard library does the work, and is left open."""
    with ThreadPoolExecutor(2) as threads:
        assert digest(world, engine=threads) == expected
        assert threads.submit(int).result() == 0


@pytest.mark.slow
def test_a_killed_process(world: Path, expected: str) -> None:
    """What a killed process had under way is done by others."""
    killed: list[int] = []

    def kill() -> None:
        worker = multiprocessing.active_children()[0]
        assert worker.pid
        killed.append(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)

    assert digest(world, engine="local", progress=once(kill, after=3)) == expected
    assert len(killed) == 1


def test_what_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C with work under way ends the processes, and Python's own thread that minds them doesn't trip over it."""
    tripped: list[object] = []
    monkeypatch.setattr(threading, "excepthook", tripped.append)
    end = ProcessPoolExecutor.shutdown

    def end_later(pool: ProcessPoolExecutor, **how: bool) -> None:
        time.sleep(0.3)  # long enough for that thread to see that a process is gone
        end(pool, **how)

    monkeypatch.setattr(ProcessPoolExecutor, "shutdown", end_later)
    with pytest.raises(KeyboardInterrupt):
        interrupted_work()
    assert tripped == []


def interrupted_work() -> None:
    with crew(2) as workers:
        for _ in workers.results(time.sleep, ((number, (0.05,)) for number in range(40))):
            raise KeyboardInterrupt


def deadly(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def deadly_work(*, engine: Engine, done: list[int]) -> None:
    """Forty tasks of which the thirteenth kills; those that are `done`."""
    with crew(2, engine) as workers:
        done.extend(key for key, _ in workers.results(deadly, ((number, (number,)) for number in range(40))))


def test_what_kills_its_process() -> None:
    """What kills whoever works on it is found among all others and named, soon; nothing is told twice."""
    done: list[int] = []
    begin = time.monotonic()
    with pytest.raises(Lost, match="seed 13"):
        deadly_work(engine="local", done=done)
    assert set(range(13)) <= set(done) <= set(range(40)) - {13}
    assert len(done) == len(set(done))
    assert time.monotonic() - begin < 20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers in processes of their own, which have time to begin again on a slow machine."""
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    patient = {"distributed.deploy.lost-worker-timeout": "2 minutes"}
    with (
        dask.config.set(patient),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as started,
    ):
        yield started


@pytest.mark.slow
def test_a_cluster(world: Path, expected: str, cluster: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Dask's workers give the same digest, although one of them is killed in the middle; nothing is printed."""
    engine = f"dask:{cluster.scheduler_address}"
    assert digest(world, engine=engine) == expected
    assert capfd.readouterr() == ("", "")
    killed: list[int] = []

    def kill() -> None:
        killed.append(next(iter(cluster.workers.values())).pid)
        os.kill(killed[0], signal.SIGKILL)

    assert digest(world, engine=engine, progress=once(kill, after=3)) == expected
    assert len(killed) == 1
    assert capfd.readouterr().out == ""


@pytest.mark.slow
def test_ctrl_c_on_a_cluster(world: Path, cluster: Any) -> None:
    """The finished mornings are printed, what is under way is cancelled, and the cluster is still there."""
    engine = f"dask:{cluster.scheduler_address}"
    process = start("check", str(world), "outbox", "-n", "50000", "--engine", engine, "--json")
    deadline = time.monotonic() + 240
    before = set(cluster.scheduler.tasks)
    seen: set[str] = set()
    while len(seen) <= AHEAD * 2:  # the first round for two workers; one more is handed out when a result has been taken
        seen |= set(cluster.scheduler.tasks) - before
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 130
    document = json.loads(out)
    assert 1 <= document["mornings"] < 50000
    *_, said = err.splitlines()  # nobody knows beforehand how many workers a cluster will have
    assert said == f"interrupted after {document['mornings']:,} of 50,000 mornings; the numbers are of these"
    while cluster.scheduler.tasks:
        assert time.monotonic() < deadline + 60
        time.sleep(0.05)
    with crew(None, engine) as workers:
        assert dict(workers.results(abs, [(1, (-1,))])) == {1: 1}


@pytest.mark.deep
def test_what_kills_the_workers_of_a_cluster(cluster: Any) -> None:
    """Dask gives such work up after some deaths, and accuses its neighbours too; only the one to blame is named."""
    with pytest.raises(Lost, match="seed 13"):
        deadly_work(engine=f"dask:{cluster.scheduler_address}", done=[])
    cluster.wait_for_workers(2)


def background(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    silent = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", module, *arguments], stdin=silent, stdout=silent, stderr=silent)


def wait_for(address: str) -> None:
    """A scheduler, and a worker of it: on a busy machine it takes longer than anybody is kept waiting."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    deadline = time.monotonic() + 240
    while True:
        try:
            socket.create_connection((host, int(port))).close()
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    with pytest.importorskip("distributed").Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=120)


@pytest.mark.parametrize("engine", ["local", "serial", pytest.param("dask", marks=pytest.mark.slow)])
def test_how_many_work_at_a_time(engine: str, request: pytest.FixtureRequest) -> None:
    """On whichever machines: of a cluster, what it has, and not this machine's processors or what was asked for."""
    if engine == "dask":
        cluster = request.getfixturevalue("cluster")
        engine, deadline = f"dask:{cluster.scheduler_address}", time.monotonic() + 120
        while len(cluster.scheduler.workers) != 2:  # one that another test has killed is on its way back
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with crew(7, engine) as workers:
        assert workers.at_a_time == {"local": 7, "serial": 1}.get(engine, 2)


@pytest.mark.slow
def test_workers_that_do_not_come_back(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler without workers is an error in one line, and not waited for."""
    monkeypatch.setattr(sim.experiment.cluster, "ALONE_S", 0.0)
    with crew(2, f"dask:{cluster.scheduler_address}") as workers:
        results = workers.results(time.sleep, ((number, (0.1,)) for number in range(10_000)))
        next(results)
        cluster.scale(0)
        with pytest.raises(Lost, match=r"has had no workers for 0 s, .* started with: dask worker tcp://"):
            list(results)
    cluster.scale(2)
    cluster.wait_for_workers(2)


@pytest.mark.slow
def test_a_scheduler_that_hangs_up_while_a_result_is_on_its_way(cluster: Any) -> None:
    """The same error in one line, though Dask raises another one then."""
    from distributed.comm import CommClosedError

    address = cluster.scheduler_address
    with pytest.raises(Lost, match=f"the Dask scheduler at {address} went away"), sim.experiment.cluster.cluster(address):
        raise CommClosedError("in <TCP (closed)>: Connection reset by peer")


@pytest.mark.deep
def test_a_scheduler_that_goes_away(world: Path) -> None:
    """A scheduler that is killed in the middle is an error in one line, soon."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler = background("distributed.cli.dask_scheduler", "--port", address.rpartition(":")[2], "--no-dashboard")
    worker = background("distributed.cli.dask_worker", address, "--nthreads=1", "--no-dashboard")
    try:
        wait_for(address)
        with pytest.raises(Lost, match=f"the Dask scheduler at {address} went away"):
            digest(world, engine=f"dask:{address}", progress=once(scheduler.kill, after=3))
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(30)


@pytest.mark.slow
def test_no_workers(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that has no workers is told how to get some."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("sim.experiment.cluster.WORKERS_S", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=":0") as empty,
        pytest.raises(ConfigError, match=f"at {empty.scheduler_address} has no workers; start some with: dask worker "),
    ):
        digest(world, engine=f"dask:{empty.scheduler_address}")


@pytest.mark.slow
def test_other_versions(world: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has another version than this process, or no such package, is refused."""
    engine = f"dask:{cluster.scheduler_address}"
    monkeypatch.setattr("sim.version.VERSION", "0.0.7")
    with pytest.raises(ConfigError, match=r"coffee-please is 0\.0\.7 here and [1-9.0]+ at the Dask worker tcp://"):
        digest(world, engine=engine)


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("lokal", 'expected local, serial or dask:tcp://HOST:PORT (got "lokal"); did you mean "local"?'),
        ("dask", 'expected the address of a Dask scheduler, dask:tcp://HOST:PORT (got "dask")'),
        ("dask:http://here:80", 'expected the address of a Dask scheduler, dask:tcp://HOST:PORT (got "dask:http://here:80")'),
    ],
)  # fmt: skip
def test_no_such_engine(engine: str, message: str, world: Path) -> None:
    """A wrong name is an error that says what there is."""
    done = coffee("check", str(world), "outbox", "--engine", engine)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"error: --engine: {message}\n")


@pytest.mark.slow
def test_no_scheduler(world: Path) -> None:
    """Where nobody answers, or somebody who is silent, that is said within five seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (1, silent.getsockname()[1]):
            begin = time.monotonic()
            done = coffee("check", str(world), "outbox", "--engine", f"dask:tcp://127.0.0.1:{port}")
            told = f"error: --engine: no Dask scheduler answers at tcp://127.0.0.1:{port}; start one with: dask scheduler\n"
            assert (done.exit_code, done.stdout, done.stderr) == (2, "", told)
            assert time.monotonic() - begin < 5


def test_without_the_extra(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Dask it is said how to install it."""
    monkeypatch.setattr("sim.experiment.cluster.find_spec", lambda name: None)
    done = coffee("check", str(world), "outbox", "--engine", "dask:tcp://127.0.0.1:1")
    assert done.exit_code == 2
    assert "pip install '.[distributed]'" in done.stderr


@pytest.mark.slow
def test_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """The example for Python in docs/cluster.md runs, and gives what the same comparison gives without it."""
    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(example, {"__name__": "__main__"})
    serial = compare("morning-rush", ["naive", "outbox"], Effort(2, engine="serial"))
    assert capsys.readouterr().out == f"{serial.results['naive'].metrics['double_charge_rate']}\n"
