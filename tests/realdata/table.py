"""Where we stand: a table of what becomes of every file of the real data.

``python -m tests.realdata.table OUT.md`` takes the folder that LIMN_TEST_DATA names in, into a
database and a store of its own that are removed afterwards, and writes outcome, code and reason of
each file, the grids it lies in, and whether its decoded pixels are those that the manifest names.
The table quotes headers of real images: it is written where you say, never into the repository.
"""

import logging
import os
import sys
import warnings
from pathlib import Path

import tests.database  # noqa: F401  starts a server and names it

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
warnings.simplefilter("ignore")

import django
from django.core.management import call_command

django.setup()

from tests.conftest import real_data_folder
from tests.realdata.lines import lines_of, summary_of, take_everything_in, write_table, wrong_in


def main() -> int:
    """Take everything in and write the table; 1 where a line is wrong."""
    data = real_data_folder()
    if data is None or len(sys.argv) != 2:
        print(
            "Say where to write the table; LIMN_TEST_DATA must name a folder with a manifest.csv."
        )
        return 2
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    lines = lines_of(take_everything_in(data), data)
    write_table(lines, Path(sys.argv[1]))
    wrong = wrong_in(lines)
    print("\n".join(summary_of(lines)))
    for line in wrong:
        print("WRONG", line.name, line.outcome, line.code, line.pixels)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
