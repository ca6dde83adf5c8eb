//! Pictures of whole runs and files: which files appear, and what is refused.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::{PictureFormat, PlotArgs, pictures};
use crate::config::Units;
use crate::error::{Error, Result};
use crate::files::run_folder::{HISTORY, STATUS};
use crate::files::{Column, Entry, FieldHead, HistoryWriter, RunFolder, SnapshotHead, SnapshotWriter};
use crate::grid::{Grid, IndexBox, Location};
use crate::plot::Colormap;

/// A grid of `cells`, 3D if it has more than one cell along z.
fn grid(cells: [usize; 3]) -> Grid {
    Grid {
        cells,
        dims: if cells[2] > 1 { 3 } else { 2 },
        spacing: [40.0, 40.0, 20.0],
        origin: [0.0; 3],
        periodic: [false; 3],
    }
}

/// The head of a snapshot of a grid of `cells`.
pub(super) fn snapshot_head(cells: [usize; 3]) -> SnapshotHead {
    SnapshotHead {
        title: "chimney plume".into(),
        kernel: "advection-diffusion".into(),
        config_text: String::new(),
        version: "0.1.0".into(),
        commit: "abc1234".into(),
        date: "2024-02-29T23:59:58Z".into(),
        hosts: "node1".into(),
        n_ranks: 2,
        step: 0,
        time: 0.0,
        dt: 6.0,
        units: Units::Si,
        grid: grid(cells),
    }
}

/// Writes a snapshot with the fields `no2` in the cells and `flux` on the x faces.
fn write_snapshot(path: &Path, cells: [usize; 3], step: u64) {
    write_snapshot_in(Units::Si, path, cells, step);
}

fn write_snapshot_in(units: Units, path: &Path, cells: [usize; 3], step: u64) {
    let head = SnapshotHead {
        step,
        time: 6.0 * step as f64,
        units,
        ..snapshot_head(cells)
    };
    let all = head.grid.all();
    let faces = all.with_range(0, 0, cells[0] as i64 + 1);
    let mut writer = SnapshotWriter::create(path, &head).unwrap();
    for (name, location, global_box) in [("no2", Location::CENTER, all), ("flux", Location::face(0), faces)] {
        let field = FieldHead {
            name: name.into(),
            unit: units.of("ug/m3").into(),
            long_name: "nitrogen dioxide".into(),
            location,
            global_box,
            time_offset: 0.0,
            compression: 0,
        };
        writer.begin_field::<f64>(&field).unwrap();
        writer.write_box(&global_box, &values(&global_box, step)).unwrap();
        writer.end_field().unwrap();
    }
    writer.finish().unwrap();
}

/// Values that vary along every axis and grow with the step.
fn values(region: &IndexBox, step: u64) -> Vec<f64> {
    let cell = |(j, k): (i64, i64)| (region.lo[0]..region.hi[0]).map(move |i| (i + 2 * j + 3 * k) as f64);
    let scale = 1.0 + step as f64;
    region.rows().flat_map(cell).map(|value| value * scale).collect()
}

/// A finished run in `path` with the snapshots of `series`, and a history.
fn write_run(path: &Path, cells: [usize; 3], series: &[(&str, &[u64])]) {
    let mut run = RunFolder::create(path, false).unwrap();
    for (name, steps) in series {
        for step in *steps {
            write_snapshot(&run.snapshot_path(name, *step).unwrap(), cells, *step);
        }
    }
    let column = |(name, unit): (&str, &str)| Column {
        name: name.into(),
        unit: unit.into(),
    };
    let columns = [("step", ""), ("time", "s"), ("no2.total", "kg"), ("no2.min", "ug/m3")].map(column);
    let mut history = HistoryWriter::create(&run.note(HISTORY).unwrap(), "", &columns).unwrap();
    for step in 0..3 {
        let [count, time] = [Entry::Count(step), Entry::Value(6.0 * step as f64)];
        history
            .append(&[count, time, Entry::Value(1.0), Entry::Value(0.0)])
            .unwrap();
    }
    history.finish().unwrap();
}

/// The paths that `args` say were written.
fn drawn(args: &PlotArgs, runs: &Path) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    pictures::draw(args, runs, &mut out)?;
    let text = String::from_utf8(out).expect("paths of the tests are UTF-8");
    Ok(text.lines().map(PathBuf::from).collect())
}

fn of(path: &Path) -> PlotArgs {
    PlotArgs {
        paths: vec![path.to_owned()],
        ..PlotArgs::default()
    }
}

/// The names of the files in `folder`, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_last_snapshot_and_the_history_of_a_run_are_drawn_and_noted_as_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("plume");
    write_run(&run, [6, 4, 1], &[("fields", &[0, 10, 20])]);
    let expected = ["flux_00000020.png", "history.png", "no2_00000020.png"];
    for _ in 0..2 {
        assert_eq!(drawn(&of(&run), folder.path()).unwrap().len(), 3);
        assert_eq!(names(&run.join("plots")), expected);
    }
    drop(RunFolder::create(&run, true).unwrap());
    assert!(!run.join("plots").exists(), "--overwrite deletes what the run noted");
}

#[test]
fn the_latest_run_is_drawn_without_an_argument() {
    let folder = tempfile::tempdir().unwrap();
    let error = drawn(&PlotArgs::default(), folder.path()).unwrap_err();
    assert!(
        matches!(&error, Error::Io(text) if text.contains("there is none yet")),
        "{error}"
    );
    let run = folder.path().join("plume");
    write_run(&run, [6, 4, 1], &[("fields", &[0])]);
    std::fs::write(run.join(STATUS), "{}").unwrap();
    let paths = drawn(&PlotArgs::default(), folder.path()).unwrap();
    assert_eq!(paths.last().unwrap(), &run.join("plots/history.png"));
}

#[test]
fn all_snapshots_of_every_series_have_a_picture_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("plume");
    write_run(&run, [6, 4, 1], &[("coarse", &[0, 10]), ("fine", &[10])]);
    let output = folder.path().join("new/pictures");
    let args = PlotArgs {
        all: true,
        fields: vec!["no2".into()],
        format: PictureFormat::Svg,
        output: Some(output.clone()),
        ..of(&run)
    };
    drawn(&args, folder.path()).unwrap();
    let expected = [
        "coarse_no2_00000000.svg",
        "coarse_no2_00000010.svg",
        "fine_no2_00000010.svg",
        "history.svg",
    ];
    assert_eq!(names(&output), expected);
    assert!(!run.join("plots").exists());
    // The values grow from 1 to 11 times 11: both pictures of the series have the ticks of the larger.
    let ticks_to = |name: &str, text: &str| std::fs::read_to_string(output.join(name)).unwrap().contains(text);
    assert!(ticks_to("coarse_no2_00000000.svg", "\n120\n") && ticks_to("coarse_no2_00000010.svg", "\n120\n"));
}

#[test]
fn grids_of_every_number_of_axes_are_drawn_beside_their_file() {
    for cells in [
        [6, 4, 1],
        [6, 1, 1],
        [1, 4, 1],
        [1, 1, 1],
        [6, 4, 3],
        [6, 1, 3],
        [1, 4, 3],
        [1, 1, 3],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.h5");
        write_snapshot(&file, cells, 7);
        drawn(&of(&file), folder.path()).unwrap();
        assert_eq!(
            names(folder.path()),
            ["a.h5", "flux_00000007.png", "no2_00000007.png"],
            "{cells:?}"
        );
    }
}

#[test]
fn a_plane_is_drawn_where_it_was_asked_for_and_refused_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let (deep, flat) = (folder.path().join("deep.h5"), folder.path().join("flat.h5"));
    write_snapshot(&deep, [6, 4, 3], 7);
    write_snapshot(&flat, [6, 4, 1], 7);
    let at = |path: &Path, plane: &str| {
        let args = PlotArgs {
            plane: Some(plane.parse().unwrap()),
            format: PictureFormat::Svg,
            ..of(path)
        };
        drawn(&args, folder.path())
    };
    let paths = at(&deep, "z=33").unwrap();
    assert_eq!(paths[1], folder.path().join("no2_z33_00000007.svg"));
    let picture = std::fs::read_to_string(&paths[1]).unwrap();
    assert!(
        picture.contains("no2 at z = 30 m, t = 42 s, step 7"),
        "the plane drawn is the nearest"
    );
    let error = at(&deep, "z=61").unwrap_err();
    assert!(
        matches!(&error, Error::Config(text) if text.contains("from 0 to 60 m")),
        "{error}"
    );
    let error = at(&flat, "z=0").unwrap_err();
    assert!(
        matches!(&error, Error::Config(text) if text.contains("leave --plane out")),
        "{error}"
    );
}

#[test]
fn an_unknown_field_is_refused_before_anything_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("plume");
    write_run(&run, [6, 4, 1], &[("fields", &[0])]);
    let args = PlotArgs {
        fields: vec!["no2".into(), "flx".into()],
        ..of(&run)
    };
    let error = drawn(&args, folder.path()).unwrap_err();
    let said = "has no such field: it has flux, no2; did you mean 'flux'?";
    assert!(matches!(&error, Error::Config(text) if text.ends_with(said)), "{error}");
    assert!(!run.join("plots").exists());
}

#[test]
fn what_cannot_be_drawn_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: PathBuf| match drawn(&of(&path), folder.path()).unwrap_err() {
        Error::Io(text) if text.contains(&path.display().to_string()) => text,
        error => panic!("{error:?}"),
    };
    refused(folder.path().join("missing.h5"));
    let text = folder.path().join("text.h5");
    std::fs::write(&text, "not HDF5").unwrap();
    assert!(refused(text).contains("snapshot"));
    let empty = folder.path().join("empty");
    drop(RunFolder::create(&empty, false).unwrap());
    assert!(refused(empty).contains("neither snapshots nor a history.csv"));
    let history = folder.path().join("history.csv");
    std::fs::write(&history, "step,time\n").unwrap();
    assert!(refused(history).contains("no rows yet"));
}

#[test]
fn a_history_alone_is_drawn_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    std::fs::write(&path, "# units: ,s,kg\nstep,time,no2.total\n0,0.0,1.0\n1,6.0,2.0\n").unwrap();
    assert_eq!(
        drawn(&of(&path), folder.path()).unwrap(),
        [folder.path().join("history.png")]
    );
}

#[test]
fn the_probes_of_a_run_are_drawn_and_can_be_drawn_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("plume");
    write_run(&run, [6, 4, 1], &[]);
    let series = RunFolder::open(&run).unwrap().note("probes/mast.csv").unwrap();
    let text = "# probe \"mast\" at x = 1 m\n# times: ,,time\n# units: ,s,K\nstep,time,heat[2 3]\n0,0,1\n1,2,3\n";
    std::fs::write(&series, text).unwrap();
    drawn(&of(&run), folder.path()).unwrap();
    assert_eq!(names(&run.join("plots")), ["history.png", "probe_mast.png"]);
    drawn(&of(&series), folder.path()).unwrap();
    assert_eq!(names(&run.join("probes")), ["mast.csv", "probe_mast.png"]);
    let unknown = PlotArgs {
        fields: vec!["haet".into()],
        ..of(&series)
    };
    let error = drawn(&unknown, folder.path()).unwrap_err().to_string();
    assert!(error.contains("it has heat"), "{error}");
}

#[test]
fn a_second_picture_of_the_same_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a.h5", "b.h5"].map(|name| folder.path().join(name));
    write_snapshot(&a, [6, 4, 1], 7);
    write_snapshot(&b, [6, 4, 1], 7);
    let args = PlotArgs {
        paths: vec![a, b],
        ..PlotArgs::default()
    };
    let error = drawn(&args, folder.path()).unwrap_err();
    assert!(
        matches!(&error, Error::Config(text) if text.contains("flux_00000007.png; draw the files one by one")),
        "{error}"
    );
}

#[test]
fn a_run_without_its_list_of_files_is_drawn_elsewhere_only() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("copied");
    std::fs::create_dir_all(run.join("snapshots")).unwrap();
    write_snapshot(&run.join("snapshots/fields_00000007.h5"), [6, 4, 1], 7);
    let error = drawn(&of(&run), folder.path()).unwrap_err();
    assert!(
        matches!(&error, Error::Io(text) if text.ends_with("with --output DIR")),
        "{error}"
    );
    let args = PlotArgs {
        output: Some(folder.path().join("pictures")),
        ..of(&run)
    };
    assert_eq!(drawn(&args, folder.path()).unwrap().len(), 2);
}

#[test]
fn options_are_read_as_they_are_documented() {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        plot: PlotArgs,
    }
    let parsed = |text: &str| {
        Line::try_parse_from(text.split(' '))
            .map(|line| line.plot)
            .map_err(|e| e.to_string())
    };
    let args = parsed("plot --log run --range -3,0.5 --plane x=-2 --colormap magma --format svg --field a --field b");
    let args = args.unwrap();
    assert_eq!(
        (args.log, args.range, args.colormap),
        (Some(true), Some((-3.0, 0.5)), Some(Colormap::Magma))
    );
    assert_eq!(
        (args.fields, args.paths),
        (vec!["a".into(), "b".into()], vec![PathBuf::from("run")])
    );
    assert_eq!(
        (args.format, args.plane.map(|plane| plane.axis)),
        (PictureFormat::Svg, Some(0))
    );
    assert_eq!(parsed("plot --log=false").unwrap().log, Some(false));
    assert!(parsed("plot --colormap virids").unwrap_err().contains("'viridis'"));
    assert!(parsed("plot --plane w=1").unwrap_err().contains("such as z=120"));
}

#[test]
fn a_picture_in_natural_units_has_none_on_its_axes() {
    let folder = tempfile::tempdir().unwrap();
    let svg = |units: Units, cells: [usize; 3]| {
        let path = folder.path().join("fields_00000010.h5");
        write_snapshot_in(units, &path, cells, 10);
        let args = PlotArgs {
            format: PictureFormat::Svg,
            fields: vec!["no2".into()],
            ..of(&path)
        };
        let [picture] = &drawn(&args, folder.path()).unwrap()[..] else {
            panic!("one field is drawn")
        };
        std::fs::read_to_string(picture).unwrap()
    };
    for cells in [[6, 1, 1], [6, 4, 1], [6, 4, 5]] {
        let si = svg(Units::Si, cells);
        assert!(si.contains("x (m)") && si.contains("t = 60 s, step 10"), "{cells:?}");
        let natural = svg(Units::Natural, cells);
        assert!(
            !natural.contains("(m)") && natural.contains("t = 60, step 10"),
            "{cells:?}"
        );
        assert_eq!(natural.contains("plane at z = 50"), cells[2] > 1);
        assert!(!natural.contains("plane at z = 50 m"));
    }
}
