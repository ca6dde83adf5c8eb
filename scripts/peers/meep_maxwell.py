"""The problems of box.toml, absorber.toml and metal.toml in Meep. Called by scripts/compare-peers, under mpirun:

    meep_maxwell.py version
    meep_maxwell.py tune PROBLEM N                  finds the fastest tiles of its loops; prints them as "settings"
    meep_maxwell.py run PROBLEM N STEPS SETTINGS    prints "rate", updates per second of its steps
    meep_maxwell.py values PROBLEM N STEPS I,J,K .. prints "value" per edge I,J,K: Ez after STEPS steps from rest, with a
                                                    dipole along z on the first edge

Exit code 3: Meep is not installed.
"""

import math
import sys
import time

try:
    import meep as mp
except ModuleNotFoundError as error:
    print(error)
    sys.exit(3)

# Cells below which its loops over D and B, and over E and H, are no longer divided into tiles; 0: never divided.
TILES = [(0, 0), (8192, 8192), (65536, 65536)]
WARM_UP = 3


def build(problem, n, tiles, sources=()):
    """The box, of side 1 and centred at zero; without sources, with the fields of the start."""
    metal = mp.Medium(epsilon=1, E_susceptibilities=[mp.DrudeSusceptibility(frequency=10, gamma=1, sigma=1)])
    simulation = mp.Simulation(
        cell_size=mp.Vector3(1, 1, 1),
        resolution=n,
        boundary_layers=[] if problem == "box" else [mp.PML(10 / n)],
        geometry=[mp.Sphere(radius=0.25, material=metal)] if problem == "metal" else [],
        sources=list(sources),
        eps_averaging=False,
        Courant=0.5,
        loop_tile_base_db=tiles[0],
        loop_tile_base_eh=tiles[1],
    )
    simulation.init_sim()
    if not sources:
        # E follows from D.
        simulation.fields.initialize_field(mp.Dz, lambda r: math.exp(-(r.x**2 + r.y**2 + r.z**2) / 0.03))
    return simulation


def advance(simulation, steps):
    """Advances `steps` steps; returns the seconds that the slowest process took."""
    mp.all_wait()
    start = time.perf_counter()
    for _ in range(steps):
        simulation.fields.step()
    mp.all_wait()
    return mp.max_to_all(time.perf_counter() - start)


def say(*words):
    if mp.am_master():
        print(*words, flush=True)


def tune(problem, n):
    best = None
    for tiles in TILES:
        simulation = build(problem, n, tiles)
        advance(simulation, WARM_UP)
        seconds = sorted(advance(simulation, 4) for _ in range(3))[1]
        if best is None or seconds < best[0]:
            best = (seconds, tiles)
        simulation.reset_meep()
    say("settings", "{},{}".format(*best[1]))
    say("rate", n**3 * 4 / best[0])


def run(problem, n, steps, settings):
    simulation = build(problem, n, tuple(map(int, settings.split(","))))
    advance(simulation, WARM_UP)
    say("rate", n**3 * steps / advance(simulation, steps))


def values(problem, n, steps, edges):
    places = []
    for edge in edges:
        i, j, k = map(int, edge.split(","))
        places.append(mp.Vector3(i / n - 0.5, j / n - 0.5, (k + 0.5) / n - 0.5))
    current = mp.CustomSource(src_func=lambda t: math.sin(20 * t) ** 2, is_integrated=False)
    simulation = build(problem, n, TILES[0], [mp.Source(current, component=mp.Ez, center=places[0])])
    advance(simulation, steps)
    for at in places:
        say("value", repr(simulation.get_field_point(mp.Ez, at).real))


def main(what, *arguments):
    mp.verbosity(0)
    if what == "version":
        say("version", mp.__version__)
        say("precision", "f32" if mp.is_single_precision() else "f64")
        say("processes", mp.count_processors())
        return
    problem, n = arguments[0], int(arguments[1])
    if what == "tune":
        tune(problem, n)
    elif what == "run":
        run(problem, n, int(arguments[2]), arguments[3])
    elif what == "values":
        values(problem, n, int(arguments[2]), arguments[3:])
    else:
        sys.exit(f"no such call: {what}")


main(*sys.argv[1:])
