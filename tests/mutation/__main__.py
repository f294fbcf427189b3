"""`python -m tests.mutation`: after `mutmut run`, the rest of the mutants, and what survived without an explanation."""

import sys

from tests.mutation.report import report

if __name__ == "__main__":
    sys.exit(report())
