//! Maxwell's equations as a whole: messages carry what the curl needs and nothing else; pulses leave no charge.

use crate::launch::{Launch, Workplace};
use simrun::engine::exchange_needs;
use simrun::files::run_folder::snapshots;
use simrun::files::{ProbeSeries, SnapshotReader};
use simrun::grid::Decomposition;
use simrun::parallel::HaloPlan;
use simrun::simulation::Case;
use std::collections::BTreeMap;

/// A small grid with unequal axes.
fn small(cells: &[usize], boundary: &str) -> String {
    let spacing = &[0.4, 0.3, 0.2][..cells.len()];
    let polarization = match cells.len() {
        2 => "polarization = \"Ez\"",
        _ => "",
    };
    format!(
        r#"
        units = "natural"
        [grid]
        cells = {cells:?}
        spacing = {spacing:?}
        [time]
        steps = 4
        [kernel]
        type = "fdtd"
        {polarization}
        boundary = {boundary}
        "#
    )
}

/// `(stage, from rank, to rank, slot)` and the number of values sent in each step.
type Sent = BTreeMap<(&'static str, usize, usize, String), usize>;

fn sent(case: &Case, topology: [usize; 3]) -> Sent {
    let ranks = topology.iter().product();
    let reach = case.declaration.reach(&case.grid);
    let decomposition = Decomposition::new(&case.grid, ranks, &reach, Some(topology)).expect("tiles thick enough");
    let needs = exchange_needs(&case.declaration, &case.grid);
    assert_eq!(needs.len(), 1, "all steps are alike");
    let mut sent = Sent::new();
    for (need, stage) in needs[0].iter().zip(&case.declaration.phases[0].stages) {
        for rank in 0..ranks {
            let plan = HaloPlan::new(&decomposition, rank, &case.tile(&decomposition, rank), need);
            for link in &plan.links {
                for part in &link.sends {
                    let name = case.declaration.slots[part.slot.0].name.clone();
                    *sent.entry((stage.name, rank, link.rank, name)).or_default() += part.cells.n_cells();
                }
            }
        }
    }
    sent
}

/// Two ranks, cut along `axis`: before H the upper rank sends down the lowest plane of each of `electric`, before E the lower
/// one sends up the highest plane of each of `magnetic`; joined ends are a second such border. `check` prints the sum.
#[track_caller]
fn must_send(text: &str, axis: usize, plane: usize, electric: &[&str], magnetic: &[&str], is_joined: bool) {
    let case = Case::parse("case.toml", text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut topology = [1; 3];
    topology[axis] = 2;
    let mut expected = Sent::new();
    let borders: &[(usize, usize)] = if is_joined { &[(0, 1), (1, 0)] } else { &[(0, 1)] };
    for &(lower, upper) in borders {
        for name in electric {
            expected.insert(("H", upper, lower, name.to_string()), plane);
        }
        for name in magnetic {
            expected.insert(("E", lower, upper, name.to_string()), plane);
        }
    }
    assert_eq!(sent(&case, topology), expected, "axis {axis}\n{text}");

    let values = plane * magnetic.len() + if is_joined { plane * electric.len() } else { 0 };
    let place = Workplace::new();
    place.write("case.toml", text);
    let topology = format!("parallel.topology={:?}", &topology[..case.grid.dims]);
    let arguments = ["check", "case.toml", "--ranks", "2", "--set", &topology];
    let said = place.succeed(&Launch::alone(), &arguments).stdout;
    let words = format!("rank 0 sends to rank 1 {} B\n", 8 * values);
    assert!(said.contains(&words), "`{words}` is missing\n{said}");
}

#[test]
fn messages_carry_the_two_components_that_the_curl_reads_across_the_border() {
    let pec = small(&[12, 7, 10], "{ all = \"pec\" }");
    must_send(&pec, 0, 7 * 10, &["Ey", "Ez"], &["Hy", "Hz"], false);
    must_send(&pec, 1, 12 * 10, &["Ex", "Ez"], &["Hx", "Hz"], false);
    must_send(&pec, 2, 12 * 7, &["Ex", "Ey"], &["Hx", "Hy"], false);
}

#[test]
fn messages_between_magnetic_walls_carry_the_last_nodes() {
    // Planes reach one node further along both axes, whether or not the component has a node there.
    let pmc = small(&[12, 7, 10], "{ all = \"pmc\" }");
    must_send(&pmc, 0, 8 * 11, &["Ey", "Ez"], &["Hy", "Hz"], false);
    must_send(&pmc, 1, 13 * 11, &["Ex", "Ez"], &["Hx", "Hz"], false);
    must_send(&pmc, 2, 13 * 8, &["Ex", "Ey"], &["Hx", "Hy"], false);
}

#[test]
fn messages_within_layers_carry_nothing_of_their_memory() {
    let layers = small(&[12, 7, 10], "{ all = { cpml = 3 } }");
    must_send(&layers, 2, 12 * 7, &["Ex", "Ey"], &["Hx", "Hy"], false);
}

#[test]
fn messages_between_joined_ends_carry_both_borders() {
    let joined = small(
        &[12, 7, 10],
        "{ all = \"pec\", bottom = \"periodic\", top = \"periodic\" }",
    );
    must_send(&joined, 2, 12 * 7, &["Ex", "Ey"], &["Hx", "Hy"], true);
    must_send(&joined, 0, 7 * 10, &["Ey", "Ez"], &["Hy", "Hz"], false);
}

#[test]
fn messages_in_2d_carry_one_component_each_way() {
    let ez = small(&[12, 7], "{ all = \"pec\" }");
    must_send(&ez, 0, 7, &["Ez"], &["Hy"], false);
    must_send(&ez, 1, 12, &["Ez"], &["Hx"], false);
    let hz = ez.replace("\"Ez\"", "\"Hz\"");
    must_send(&hz, 0, 7, &["Ey"], &["Hz"], false);
    must_send(&hz, 1, 12, &["Ex"], &["Hz"], false);
    // A single magnetic wall: planes reach one node further along all axes.
    let magnetic = small(&[12, 7], "{ all = \"pec\", north = \"pmc\" }");
    must_send(&magnetic, 0, 8, &["Ez"], &["Hy"], false);
    must_send(&magnetic, 1, 13, &["Ez"], &["Hx"], false);
}

/// Steps of the run in a closed box: the peak of the pulse, and after its end.
const STEPS: [u64; 2] = [60, 150];
/// The length of a step, of a pulse, and of the way to its peak, which is [`STEPS`]`[0]` steps long.
const DT: f64 = 0.1;
const WIDTH: f64 = 0.65;
const DELAY: f64 = 6.0;

/// A dipole between nodes; a closed box keeps what it gives off, which rings on and on.
fn dipole(steps: u64, dt: f64, boundary: &str, waveform: &str) -> String {
    format!(
        r#"
        units = "natural"
        [grid]
        cells = [24, 23, 22]
        spacing = [{0:?}, {1:?}, {2:?}]
        [time]
        steps = {steps}
        dt = {dt}
        [kernel]
        type = "fdtd"
        boundary = {boundary}
        [[kernel.source]]
        type = "dipole"
        component = "Ez"
        at = [4.77, 3.52, 2.18]
        moment = 1.0
        waveform = {waveform}
        [[snapshot]]
        at_steps = {STEPS:?}
        "#,
        SPACING[0], SPACING[1], SPACING[2],
    )
}

/// Sides of the cells.
const SPACING: [f64; 3] = [0.4, 0.3, 0.2];

/// The charges at the inner nodes, from the divergence of E, by `(i, j, k)`; and the largest |E|.
fn charges(snapshot: &SnapshotReader) -> (Vec<([usize; 3], f64)>, f64) {
    let [ex, ey, ez] = ["Ex", "Ey", "Ez"].map(|name| snapshot.read_field(name).unwrap());
    let volume: f64 = SPACING.iter().product();
    let mut charges = Vec::new();
    for k in 1..22 {
        for j in 1..23 {
            for i in 1..24 {
                let divergence = (ex[[k, j, i]] - ex[[k, j, i - 1]]) / SPACING[0]
                    + (ey[[k, j, i]] - ey[[k, j - 1, i]]) / SPACING[1]
                    + (ez[[k, j, i]] - ez[[k - 1, j, i]]) / SPACING[2];
                charges.push(([i, j, k], volume * divergence));
            }
        }
    }
    let values = ex.iter().chain(&ey).chain(&ez);
    (charges, values.fold(0.0, |most, value| f64::max(most, value.abs())))
}

#[test]
fn a_pulse_leaves_no_charge_behind() {
    let place = Workplace::new();
    let waveform = format!("{{ type = \"gaussian\", width = {WIDTH}, delay = {DELAY} }}");
    place.write("case.toml", &dipole(STEPS[1], DT, "{ all = \"pec\" }", &waveform));
    place.succeed(&Launch::on(2), &["case.toml", "--output", "run"]);
    let files = snapshots(&place.path("run")).unwrap();
    let at = |step: u64| {
        let mut all = files.iter().map(|path| SnapshotReader::open(path).unwrap());
        let found = all.find(|snapshot| snapshot.head().step == step);
        charges(&found.expect("a snapshot"))
    };
    let moment = |charges: &[([usize; 3], f64)]| -> f64 {
        charges
            .iter()
            .map(|([_, _, k], charge)| charge * *k as f64 * SPACING[2])
            .sum()
    };

    // At the peak the charges make the dipole: a moment of 1, in two planes of nodes around the place of the dipole, each
    // with a charge of 1/dz in all.
    let (peak, strongest) = at(STEPS[0]);
    assert!((moment(&peak) - 1.0).abs() < 1e-11, "{}", moment(&peak));
    let sum_of_sizes: f64 = peak.iter().map(|(_, charge)| charge.abs()).sum();
    assert!(sum_of_sizes > 1.0 / SPACING[2], "{sum_of_sizes}");

    // Every step rounds each of the six E around a node by half a unit of the strongest, and no more than that is left: each
    // in its share of the cell's volume, 1/dz at most. (Charges of 1e-13 beside 2 and more at the peak.)
    let (left, _) = at(STEPS[1]);
    let volume: f64 = SPACING.iter().product();
    let rounding = 6.0 * STEPS[1] as f64 * 0.5 * f64::EPSILON * strongest * volume / SPACING[2];
    let most = left.iter().fold(0.0, |most, (_, charge)| f64::max(most, charge.abs()));
    assert!(most < rounding, "a charge of {most:e}, more than {rounding:e}");
    assert!(rounding < 1e-11, "{rounding:e}");
}

/// The last value of Ez beside the dipole, over its largest.
fn what_remains(waveform: &str) -> f64 {
    let place = Workplace::new();
    let layers = "{ all = { cpml = { cells = 8, alpha = 0.1 } } }";
    let probe = "[[probe]]\nname = \"near\"\nat = [4.8, 3.6, 2.3]\nfields = [\"Ez\"]\n";
    let text = dipole(800, DT, layers, waveform);
    place.write("case.toml", &format!("{text}{probe}"));
    place.succeed(&Launch::alone(), &["case.toml", "--output", "run"]);
    let series = ProbeSeries::read(&place.path("run/probes/near.csv"))
        .unwrap()
        .expect("a probe");
    let values = series.line(series.names()[0]).unwrap().values;
    let peak = values.iter().fold(0.0, |most, value| f64::max(most, value.abs()));
    (values[values.len() - 1] / peak).abs()
}

#[test]
fn in_open_space_a_pulse_fades_beside_its_dipole_and_a_moment_that_stays_does_not() {
    // A pulse of three of the longest cells: shorter ones have waves that the lattice hardly moves, which linger.
    let pulse = what_remains("{ type = \"gaussian\", width = 1.2, delay = 11.1 }");
    let step = what_remains("{ type = \"formula\", value = \"0.5 + 0.5*tanh((t - 11.1)/1.2)\" }");
    // A moment that stays has its static field, here the peak. After a pulse there is what layers of 8 cells give back of
    // its slowest part, 1e-8 of the peak in as many steps, and nothing that stays: no charge, as above.
    assert!(step > 0.1, "{step:e}");
    assert!(pulse < 1e-7, "{pulse:e}");
}
