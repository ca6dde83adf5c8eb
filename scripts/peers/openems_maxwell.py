"""The closed box of box.toml in openEMS, which computes in f32. Called by scripts/compare-peers:

    openems_maxwell.py version
    openems_maxwell.py run N STEPS THREADS             a grid of N lines each way; prints what openEMS prints, its speed too
    openems_maxwell.py values N STEPS THREADS I,J,K .. also prints "value" per edge I,J,K: Ez, in a unit of its own

openEMS has no initial fields: a pulse excites the box, on the edge in the middle, or on the first edge. Exit code 3:
openEMS is not installed.
"""

import os
import sys
import tempfile

try:
    from CSXCAD import ContinuousStructure
    from openEMS import openEMS
except ModuleNotFoundError as error:
    print(error)
    sys.exit(3)

import numpy as np


# A cell has a side of 1 mm, and a step is as long as light needs for half of it.
SIDE = 1e-3
LIGHT = 299792458.0


def run(n, steps, threads, edges=()):
    # No energy is low enough to end the run before its last step.
    solver = openEMS(NrTS=steps, EndCriteria=0)
    # In units of the box and of light, a frequency of 1 and as wide.
    frequency = LIGHT / (SIDE * (n - 1))
    solver.SetGaussExcite(frequency, frequency)
    solver.SetBoundaryCond(["PEC"] * 6)
    solver.SetTimeStep(0.5 * SIDE / LIGHT)
    if edges:
        # Probes are written in every step.
        solver.SetOverSampling(1000)
    structure = ContinuousStructure()
    solver.SetCSX(structure)
    grid = structure.GetGrid()
    grid.SetDeltaUnit(SIDE)
    for axis in "xyz":
        grid.AddLine(axis, np.arange(n, dtype=float))
    i, j, k = edges[0] if edges else [n // 2] * 3
    pulse = structure.AddExcitation("pulse", 0, [0, 0, 1])
    pulse.AddBox([i, j, k], [i, j, k + 1])
    for number, (i, j, k) in enumerate(edges):
        structure.AddProbe(f"edge{number}", 0).AddBox([i, j, k], [i, j, k + 1])
    with tempfile.TemporaryDirectory() as folder:
        solver.Run(folder, cleanup=False, numThreads=threads)
        for number in range(len(edges)):
            with open(os.path.join(folder, f"edge{number}")) as probe:
                print("value", probe.read().split()[-1])


def main(what, *arguments):
    if what == "version":
        openEMS.WelcomeScreen()
    elif what == "run":
        run(*map(int, arguments))
    elif what == "values":
        run(*map(int, arguments[:3]), [tuple(map(int, edge.split(","))) for edge in arguments[3:]])
    else:
        sys.exit(f"no such call: {what}")


main(*sys.argv[1:])
