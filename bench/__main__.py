"""`python -m bench [repetitions]`: every measurement of this folder, one after the other."""

import sys

from bench import imports, inprocess, rush, served

if __name__ == "__main__":
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    inprocess.main(repetitions)
    imports.main(lines=100_000)
    served.main(seconds=3)
    sys.exit(rush.main(rush.PEOPLE))
