"""A process that speaks for a class and says what it likes: `python -m tests.kata.apart.liar DESIGN LIE CODE S READ WRITE`.

LIE is run at each request of a customer, with `message` (what is to be told), `say`, `call` and `step`; if it begins with
"late:", at the end of the morning instead.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from sim.kata.apart.pipe import Pipe


def main(design: str, lie: str, reads: int, writes: int) -> None:
    pipe = Pipe(reads, writes)

    def said(*words: Any) -> Any:
        pipe.send([*words])
        while (message := pipe.receive()) == ["where", message[-1]]:
            pipe.send(["value", 7])
        return message

    def call(name: str, *arguments: Any, **named: Any) -> Any:
        return said("call", "checkout", name, [*arguments], named)[1]

    def step(name: str, *arguments: Any, **named: Any) -> Any:
        return said("step", "checkout", name, [*arguments], named)[2]

    while True:
        message = pipe.receive()
        match message[0]:
            case "load":
                pipe.send(["design", json.loads(design)])
            case "tell" | "over" if lie.startswith("late:") == (message[0] == "over"):
                names = {"say": said, "call": call, "step": step, "message": message, "os": os, "writes": writes}
                exec(lie.removeprefix("late:"), names)
            case "tell":
                pipe.send(["end", [502, None, False]])
            case _:
                pipe.send(["done"])


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[-2:]))
