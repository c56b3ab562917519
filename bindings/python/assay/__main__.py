"""`python -m assay`: executes the program of this package."""
import os
import sys

from assay.server import no_program, program


def main():
    path = program()
    # The command that runs this may itself be the `assay` on PATH.
    if path is None or os.path.realpath(path) == os.path.realpath(sys.argv[0]):
        print(no_program(), file=sys.stderr)
        return 3
    os.execv(path, [path, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
