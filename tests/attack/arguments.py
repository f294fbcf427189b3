"""Each command with what it needs, and each of its options with values that can't be meant."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, ...]] = {
    "serve": ("serve", "tiny.yaml", "naive"),
    "play": ("play", "tiny.yaml", "naive"),
    "provider": ("provider",),
    "rehearse": ("rehearse", "shop.yaml"),
    "twin": ("twin", "tiny.yaml", "naive"),
    "show": ("show", "outbox"),
    "windows": ("windows", "naive", "--window", "w1", "--no-report"),
    "explain": ("explain", "tiny.yaml", "naive"),
    "run": ("run", "tiny.yaml", "naive"),
    "compare": ("compare", "tiny.yaml", "naive"),
    "check": ("check", "tiny.yaml", "naive"),
    "size": ("size", "tiny.yaml", "naive"),
    "sweep": ("sweep", "tiny.yaml", "naive"),
    "sensitivity": ("sensitivity", "tiny.yaml", "naive"),
    "optimise": ("optimise", "tiny.yaml", "-s", "space.yaml"),
    "cells": ("cells", "tiny.yaml", "naive"),
    "lint": ("lint", "naive"),
    "hunt": ("hunt", "naive"),
    "every": ("every", "naive", "-m", "0"),
    "validity": ("validity", "mm1"),
    "fit": ("fit", "calls.csv"),
    "new": ("new", "new.yaml"),
    "schema": ("schema",),
    "results": ("results", "kept.sqlite"),
    "kata": ("kata",),
    "kata start": ("kata", "start"),
    "kata run": ("kata", "run", "mine"),
    "kata hint": ("kata", "hint", "mine"),
    "kata check": ("kata", "check", "mine"),
    "kata debrief": ("kata", "debrief", "mine"),
    "kata grade": ("kata", "grade", "class"),
}

WHOLE = ("", " ", "x", "1.5", "1e3", "-1", "nan", "\uff19", "\u0663", "1_0", "0x10", "--1", "1 2", "\u00bd", "9" * 200)
COUNT = (*WHOLE, "0")
PATHS = ("", "/dev/full/x", "/proc/nowhere/x", "\0", "x" * 5000)
WORDS = ("", " ", "zebra", "-", "=", "\0", "a=b=c", "\u202e", "x" * 5000)
SETTINGS = (
    "", "=", "x", "x=", "=x", "zebra=1", "app=1", "app.timeout", "app.timeout=", "app.timeout=5", "app.timeout=-1s",
    "app.timeout=1e400s", "app..timeout=1s", ".app.timeout=1s", "app.timeout.=1s", "app[0]=1", "faults[0].for=1s",
    "faults[x]=1",
    "faults[99999999999999999999]=1", "name=x", "from=outbox", "app={", "app=&a [*a]", "app=!!python/name:os", "app.retry={}",
    "app.timeout=1s\nname: y", "\0=1", f"{'a.' * 3000}b=1", "customers.after_patience.leave=x", "prices=zebra",
    "clock={}\n---\n",
)  # fmt: skip
VARIED = (
    "", "=", "x", "zebra=1,2", "app.timeout=", "app.timeout=,", "app.timeout=1s,,2s", "app.timeout=1s..2s",
    "app.timeout=2s..1s:0",
    "app.timeout=1s..2s:-3", "app.timeout=1s..2s:x", "app.timeout=1s..2s:99999999999", "app.timeout=1s..2s:1.5",
    "app.timeout=log:0s..2s:3", "app.timeout=log:-1s..2s:3", "app.timeout=1s..1e308s:3", "app.timeout=log:1e-300s..1e300s:5",
    "app.timeout=nan..2s:3", "app.key=none..purchase:3", "checkout.workers=1.5..2:3", "app.timeout=1s..2min:3:4", "\0=1,2",
    "app.timeout=1s..5%:3", "app.timeout=[1s,2s", "app.timeout={1s}", "app.timeout=\u0661s,2s",
)  # fmt: skip
LIMITS = ("", "=", "x", "zebra=1", "ack_latency_p95", "ack_latency_p95=", "ack_latency_p95=1", "ack_latency_p95=-1s",
          "ack_latency_p95=nan", "ack_latency_p95=1e400s", "double_charge_rate=150%", "double_charge_rate=0.5", "=1s",
          "\0=1")  # fmt: skip
RATES = ("", ",", "x", "5", "-5/s", "0/s", "1e400/s", "5/s,", "5/s,x", "nan/s", "5/s;6/s", "\u0665/s", "5s")
TIMES = ("", ",", "x", "5", "-5s", "1e400s", "5s,", "5s,x", "nan", "5s;6s", "\u0665s", "5/s")
SHARES = ("", "x", "0", "0%", "-5%", "150%", "5", "0.05", "nan", "nan%", "1e400%", "5%%", "\uff15%")
FLOATS = ("", "x", "nan", "-1", "0", "1s", "0x1", "1,5", "\uff11")
ENGINES = ("", "x", "dask", "dask:", "Local", "dask:tcp://", "dask:tcp://localhost:99999", "\0", "local,serial")

OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "play": {"--set": SETTINGS, "-n": COUNT, "--seed": WHOLE, "-j": COUNT, "-o": (*PATHS, "x.txt", "tiny.yaml", "class")},
    "serve": {"--set": SETTINGS, "-n": COUNT, "--seed": WHOLE, "--port": (*WHOLE, "65536")},
    "provider": {"--port": (*WHOLE, "65536"), "--scenario": WORDS, "--preset": WORDS, "--late": TIMES, "--webhooks": WORDS,
                 "--secret": (), "--metadata": (), "--allow-host": (), "--seed": WHOLE},
    "rehearse": {"--every": (*WHOLE, "4"), "--rush": (*TIMES, "0s", "2h"), "--rate": (), "--scenario": WORDS, "--seed": WHOLE,
                 "--most": COUNT, "--allow-host": (), "--keep": PATHS[1:], "-o": (*PATHS, "x.txt", "tiny.yaml", "class")},
    "twin": {"--speed": (*FLOATS, "0.05", "1001", "1e1", "inf"), "--seed": WHOLE, "--margin": SHARES, "--database": WORDS,
             "--broker": WORDS, "-o": (*PATHS, "tiny.yaml", "class")},
    "show": {"--svg": PATHS, "--png": PATHS},
    "windows": {"-w": (*WORDS, "w0", "w99", "W"), "-n": COUNT, "--seed": WHOLE, "-j": COUNT,
                "--engine": ENGINES, "-o": ()},
    "explain": {"--violation": WORDS, "--purchase": (*WHOLE, "99999999"), "--seed": WHOLE, "-o": PATHS},
    "run": {"--set": SETTINGS, "-n": COUNT, "--until-precision": SHARES, "--cells": COUNT, "--seed": WHOLE,
            "-j": COUNT, "--engine": ENGINES, "-o": PATHS},
    "compare": {"--set": SETTINGS, "-n": COUNT, "--until-precision": SHARES, "--cells": COUNT, "--seed": WHOLE, "-j": COUNT,
                "--engine": ENGINES, "-o": PATHS, "--peak": RATES},
    "check": {"--every": WHOLE, "-n": COUNT, "--until-precision": SHARES, "--seconds": FLOATS, "--seed": WHOLE, "-j": COUNT,
              "--engine": ENGINES},
    "size": {"--objective": LIMITS, "--peak": RATES, "--brownout": TIMES, "-n": COUNT, "--fresh": WHOLE, "--seed": WHOLE,
             "-j": COUNT, "--engine": ENGINES, "--write": PATHS, "-o": PATHS},
    "sweep": {"-v": VARIED, "-m": WORDS, "-n": COUNT, "--seed": WHOLE, "-j": COUNT, "--engine": ENGINES,
              "--results": PATHS, "-o": PATHS},
    "sensitivity": {"-i": ("", "=", "zebra", "app.timeout=", "app.timeout=1s", "app.timeout=2s..1s", "app.timeout=1s..nan",
                           "app.key=none..purchase", "name", "\0"), "-m": WORDS, "--method": WORDS, "--samples": COUNT,
                    "-n": COUNT, "--seed": WHOLE, "-j": COUNT, "--engine": ENGINES, "-o": PATHS},
    "optimise": {"-s": (*PATHS, "zebra", "tiny.yaml"), "-m": WORDS, "--subject-to": LIMITS, "-n": COUNT,
                 "--trials": COUNT, "--seed": WHOLE, "-j": COUNT, "--engine": ENGINES, "-o": PATHS,
                 "-w": ("", "\0", "x" * 5000)},
    "cells": {"--cells": ("", ",", "x", "0", "1.5", "-2", "2,", "2,,4", "2,x", "\u0662", "9" * 30, "2..8"), "-n": COUNT,
              "--seed": WHOLE, "-j": COUNT, "--engine": ENGINES},
    "lint": {"--set": SETTINGS},
    "every": {"-m": (*WHOLE, "7"), "--purchases": COUNT, "-k": WORDS, "-p": WORDS, "-j": COUNT, "-s": FLOATS,
              "-o": (*PATHS, "tiny.yaml"), "--verify": (*PATHS, "x.txt", "tiny.yaml")},
    "hunt": {"-p": WORDS, "-s": FLOATS, "--worlds": COUNT, "--seed": WHOLE, "-o": (*PATHS, "x.txt", "tiny.yaml")},
    "validity": {"-j": COUNT, "--files": PATHS[1:], "--page": PATHS, "--assumption": WORDS},
    "new": {"--from": (*WORDS, *PATHS)},
    "results": {"--csv": PATHS, "--parquet": PATHS, "--prune": (*WORDS, "scenario", "scenario=", "OLD", "design=")},
    "kata": {"--exercise": WORDS},
    "kata start": {"--exercise": WORDS},
    "kata run": {"-p": (*WORDS, "faster", "zebra=better", "double_charge_rate=", "=better"), "--why": ()},
    "kata hint": {"--strength": (*WHOLE, "0", "4")},
    "kata check": {"--seed": WHOLE, "--exercise": WORDS},
    "fit": {
        "--out-scenario": PATHS, "--out-design": PATHS, "--from": WORDS, "--kind": WORDS, "--provider": (),
        "--column": ("", "=", "x", "x=y", "start", "start=", "=start", "start=zebra"),
    },
    "kata debrief": {"--why": ()},
    "kata grade": {"--timeout": (*TIMES, "0s"), "--seed": WHOLE, "-j": COUNT, "--exercise": WORDS},
}  # fmt: skip

STRANGE = (  # whole command lines
    ("",), (" ",), ("zebra",), ("--zebra",), ("-",), ("--",), ("\0",), ("run",), ("run", "tiny.yaml"), ("run", "tiny.yaml", ""),
    ("run", "", "naive"), ("run", "naive", "tiny.yaml"), ("run", "tiny.yaml", "naive", "outbox"), ("run", "..", "naive"),
    ("run", "/", "naive"), ("run", "\0.yaml", "naive"), ("run", "x" * 5000, "naive"), ("run", f"{'x' * 5000}.yaml", "naive"),
    ("run", f"{'../' * 3000}x.yaml", "naive"), ("run", "tiny.yaml", "naive", "--zebra"), ("run", "tiny.yaml", "naive", "-n"),
    ("run", "tiny.yaml", "naive", "--json=1"), ("run", "tiny.yaml", "naive", "-n", "1", "-n"), ("show", "tiny"), ("show", "-1"),
    ("show", "outbox", "--svg"), ("sweep", "tiny.yaml", "--zip", "naive"), ("schema", "zebra"), ("schema", ""), ("new", ""),
    ("new", "x.yaml"), ("new", "x.txt", "--from", "outbox"), ("new", "/proc/nowhere/x.yaml", "--from", "outbox"),
    ("new", "tiny.yaml", "--from", "outbox"), ("new", ".", "--from", "outbox"), ("results", ""), ("results", "."),
    ("results", "tiny.yaml"), ("results", "/dev/null"), ("validity", "zebra"), ("kata", "zebra"),
    ("kata", "run", "/proc/nowhere"),
    ("kata", "run", "\0"), ("kata", "undo", "class"), ("kata", "grade", "/proc/nowhere"), ("kata", "grade", "tiny.yaml"),
    ("kata", "grade", "\0"), ("kata", "start", "tiny.yaml"), ("kata", "start", "\0"), ("kata", "start", "x" * 5000),
    ("kata", "check", "tiny.yaml"), ("optimise", "tiny.yaml"), ("compare", "tiny.yaml", "naive", "zebra"),
    ("windows", "zebra"), ("explain", "tiny.yaml", "zebra"),
    ("serve", "zebra"), ("serve", "tiny.yaml", "zebra"), ("serve", "tiny.yaml", "naive", "outbox", "inquiry"),
)  # fmt: skip


def command_lines() -> list[tuple[tuple[str, ...], str]]:
    """Arguments, and the option that the error must name ("": none)."""
    found = [
        ((*COMMANDS[name], option, value), option)
        for name, options in OPTIONS.items()
        for option, values in options.items()
        for value in values
    ]
    return found + [(line, "") for line in STRANGE]
