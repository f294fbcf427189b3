"""`python -m sim` is `coffee`."""

from sim.cli import main

if __name__ == "__main__":
    main()
