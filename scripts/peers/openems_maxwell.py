"""The closed box of box.toml in openEMS, which computes in f32. Called by scripts/compare-peers:

    openems_maxwell.py version
    openems_maxwell.py run N STEPS THREADS      a grid of N lines each way; prints what openEMS prints, its speed too

openEMS has no initial fields: a short pulse at the centre excites the box. Exit code 3: openEMS is not installed.
"""

import sys
import tempfile

try:
    from CSXCAD import ContinuousStructure
    from openEMS import openEMS
except ModuleNotFoundError as error:
    print(error)
    sys.exit(3)

import numpy as np


def run(n, steps, threads):
    # No energy is low enough to end the run before its last step.
    solver = openEMS(NrTS=steps, EndCriteria=0)
    solver.SetGaussExcite(1e10, 5e9)
    solver.SetBoundaryCond(["PEC"] * 6)
    structure = ContinuousStructure()
    solver.SetCSX(structure)
    grid = structure.GetGrid()
    grid.SetDeltaUnit(1e-3)
    for axis in "xyz":
        grid.AddLine(axis, np.arange(n, dtype=float))
    middle = n // 2
    pulse = structure.AddExcitation("pulse", 0, [0, 0, 1])
    pulse.AddBox([middle] * 3, [middle, middle, middle + 1])
    with tempfile.TemporaryDirectory() as folder:
        solver.Run(folder, cleanup=False, numThreads=threads)


def main(what, *arguments):
    if what == "version":
        openEMS.WelcomeScreen()
    elif what == "run":
        run(*map(int, arguments))
    else:
        sys.exit(f"no such call: {what}")


main(*sys.argv[1:])
