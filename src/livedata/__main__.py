"""``python -m livedata``: the same as the command ``livedata``."""

import sys

from livedata.cli import main

if __name__ == "__main__":
    sys.exit(main())
