"""The heat equation of heat.toml in Devito. Called by scripts/compare-peers:

    devito_heat.py version
    devito_heat.py tune N PRECISION                      finds the fastest loops; prints them as "settings"
    devito_heat.py run N PRECISION STEPS SETTINGS        prints "rate", updates per second of the loops of Devito alone
    devito_heat.py values N PRECISION STEPS I,J,K ...    prints "value" per cell, after STEPS steps

Exit code 3: Devito is not installed. The number of threads is that of OMP_NUM_THREADS.
"""

import json
import os
import sys

try:
    import devito
except ModuleNotFoundError as error:
    print(error)
    sys.exit(3)

import numpy as np
from devito import Eq, Grid, Operator, TimeFunction, solve

# Variants of its "advanced" optimisation that suit one sweep over two arrays. The tile sizes of each are then tuned.
VARIANTS = [{}, {"blockinner": True}, {"blocklevels": 2}]
TUNING = "aggressive"


def build(n, precision, variant):
    """The field at the start, outside of the box 1, and the operator that advances it."""
    dtype = {"f64": np.float64, "f32": np.float32}[precision]
    grid = Grid(shape=(n, n, n), extent=((n - 1) / n,) * 3, dtype=dtype)
    u = TimeFunction(name="u", grid=grid, time_order=1, space_order=2)
    x = (np.arange(n) + 0.5) / n - 0.5
    bell = np.exp(-x * x / 0.003)
    u.data_with_halo[:] = 1
    u.data[:] = 1 + bell[:, None, None] * bell[None, :, None] * bell[None, None, :]
    step = Eq(u.forward, solve(Eq(u.dt, u.laplace), u.forward))
    return u, Operator(step, opt=("advanced", {"openmp": True, **variant}))


def advance(operator, n, steps, **arguments):
    """Advances `steps` steps; returns the seconds that the loops took."""
    summary = operator.apply(time_m=0, time_M=steps - 1, dt=0.1 / n**2, **arguments)
    return sum(entry.time for entry in summary.values())


def tune(n, precision):
    best = None
    for variant in VARIANTS:
        _, operator = build(n, precision, variant)
        advance(operator, n, 4, autotune=TUNING)
        sizes = {name: int(size) for name, size in operator._state["autotuning"][-1]["tuned"].items()}
        # The median of three: one disturbance shall not choose.
        seconds = sorted(advance(operator, n, 8, **sizes) for _ in range(3))[1]
        if best is None or seconds < best[0]:
            best = (seconds, variant, sizes)
    print("settings", json.dumps([best[1], best[2]], separators=(",", ":")))
    print("rate", n**3 * 8 / best[0])


def run(n, precision, steps, settings):
    variant, sizes = json.loads(settings)
    _, operator = build(n, precision, variant)
    advance(operator, n, 4, **sizes)
    print("rate", n**3 * steps / advance(operator, n, steps, **sizes))


def values(n, precision, steps, cells):
    u, operator = build(n, precision, {})
    advance(operator, n, steps)
    for cell in cells:
        i, j, k = map(int, cell.split(","))
        print("value", repr(float(u.data[steps % 2, i, j, k])))


def main(what, *arguments):
    devito.configuration["log-level"] = "ERROR"
    devito.configuration["language"] = "openmp"
    if what == "version":
        print("version", devito.__version__)
        print("threads", os.environ.get("OMP_NUM_THREADS", "as Devito chooses"))
        return
    n, precision = int(arguments[0]), arguments[1]
    if what == "tune":
        tune(n, precision)
    elif what == "run":
        run(n, precision, int(arguments[2]), arguments[3])
    elif what == "values":
        values(n, precision, int(arguments[2]), arguments[3:])
    else:
        sys.exit(f"no such call: {what}")


main(*sys.argv[1:])
