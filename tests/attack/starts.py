"""What a design may wrongly say that it starts from, and Python files that are no architecture."""

from __future__ import annotations

CLASS = "from sim.config.design import Design\nclass Mine(Design):\n    "
HANDLE = "def handle(self, shop, request):\n        yield shop.compute(request)\n"
UNSAID = "class E(Exception):\n    def __str__(self):\n        raise E\n"
META = "class M(type):\n    def __getattribute__(self, name):\n        raise RuntimeError\n"

CODE = {  # of mine.py, whose Mine is no architecture
    "nothing": "",
    "a syntax error": "class Mine(\n",
    "a NUL": "class Mine: pass\0\n",
    "thousands of brackets": f"{'(' * 5000}{')' * 5000}\n{CLASS}{HANDLE}",
    "an exception": f"raise RuntimeError('boo')\n{CLASS}{HANDLE}",
    "an exit": f"raise SystemExit(0)\n{CLASS}{HANDLE}",
    "the end of the process": f"exit(0)\n{CLASS}{HANDLE}",
    "Ctrl-C": f"raise KeyboardInterrupt\n{CLASS}{HANDLE}",
    "an exception that can't be shown": f"{UNSAID}raise E\n{CLASS}{HANDLE}",
    "no end of itself": f"def f():\n    f()\nf()\n{CLASS}{HANDLE}",
    "a function": "def Mine():\n    pass\n",
    "a number": "Mine = 5\n",
    "another class": "class Mine:\n    pass\n",
    "no story": f"{CLASS}pass\n",
    "a story without a yield": f"{CLASS}def handle(self, shop, request):\n        return 5\n",
    "a story of other arguments": f"{CLASS}def handle(self):\n        yield\n",
    "a story that is a value": f"{CLASS}handle = 5\n",
    "a knob without a type": f"{CLASS}zebra = 5\n    {HANDLE}",
    "a knob of a strange type": f"{CLASS}zebra: object = object()\n    {HANDLE}",
    "a default that is none": f"{CLASS}zebra: int = 'x'\n    {HANDLE}",
    "a metaclass": f"{META}class Mine(metaclass=M):\n    pass\n",
    "Latin-1": b"# caf\xe9\nclass Mine:\n    pass\n".decode("latin-1"),
    "an import of nothing": f"import nothing_like_this\n{CLASS}{HANDLE}",
    "an import of the network": f"import socket\n{CLASS}{HANDLE}",
    "the clock": f"import time\nnow = time.time()\n{CLASS}{HANDLE}",
}

STARTS = (  # lines of mine.yaml
    "from:", "from: ''", "from: ' '", "from: []", "from: {}", "from: 7", "from: nothing", "from: Outbox", "from: outbox.py",
    "from: ../outbox", "from: mine.yaml", "from: ./mine.yaml", "from: other.yaml", "from: /etc/passwd", "from: /dev/zero",
    "from: morning-rush", "from: stripe-v1", "from: 'outbox\\n'", "from: \"outbox\\0\"", "from: outb\u043ex",
    "from: outbox\nfrom: naive", "from: outbox\narchitecture: mine.py:Mine", f"from: {'x' * 5000}",
    f"from: {'../' * 2000}x.yaml",
    "architecture:", "architecture: ''", "architecture: []", "architecture: 7", "architecture: mine.py:", "architecture: :Mine",
    "architecture: mine.py:Mine:Mine", "architecture: mine.py:mine", "architecture: missing.py:Mine", "architecture: os:system",
    "architecture: mine.txt:Mine", "architecture: ..:Mine", "architecture: /dev/zero:Mine", "architecture: pipe.py:Mine",
    "architecture: mine.py:__class__", "architecture: mine.py:Mine.handle", "architecture: \"mine.py\\0:Mine\"",
    f"architecture: {'x' * 5000}.py:Mine", "architecture: mine.yaml:Mine", "architecture: mine.py:Design",
)  # fmt: skip
