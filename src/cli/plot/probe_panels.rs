//! Which fields of a probe share a panel: those of one unit.

use crate::files::{ProbeLine, ProbeSeries};
use crate::plot::{LinePanel, LinePlot, Series};

/// Fields that the label of a panel names one by one, at most.
const MOST_NAMED: usize = 3;

/// The plot of `series` over time: the fields `wanted`, or all if none is named.
pub fn line_plot(series: &ProbeSeries, title: &str, wanted: &[String]) -> LinePlot {
    let time = series.history.columns.iter().find(|column| column.name == "time");
    let fields = series.fields().into_iter();
    let is_wanted = |field: &&str| wanted.is_empty() || wanted.iter().any(|name| name == field);
    let lines = fields
        .filter(is_wanted)
        .filter_map(|field| Some((field, series.line(field)?)));
    let mut panels: Vec<LinePanel> = Vec::new();
    for (field, line) in lines {
        let ProbeLine {
            unit, times, values, ..
        } = line;
        let series = Series {
            name: field.to_owned(),
            points: times.into_iter().zip(values).collect(),
            guide: Vec::new(),
        };
        match panels.iter_mut().find(|panel| panel.unit == unit) {
            Some(panel) => panel.series.push(series),
            None => panels.push(LinePanel {
                label: String::new(),
                unit,
                log_y: false,
                series: vec![series],
            }),
        }
    }
    for panel in &mut panels {
        let names: Vec<&str> = panel.series.iter().map(|series| series.name.as_str()).collect();
        panel.label = match names.len() <= MOST_NAMED {
            true => names.join(", "),
            false => format!("{} fields", names.len()),
        };
    }
    LinePlot {
        title: title.to_owned(),
        subtitle: series.about.clone(),
        x_label: "time".into(),
        x_unit: time.map(|column| column.unit.clone()).unwrap_or_default(),
        log_x: false,
        panels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_one_unit_share_a_panel_each_with_its_own_times() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p1.csv");
        let text = "# pulse\n# probe \"p1\" at x = 1 m\n# times: ,,,time,time,time,time-0.5dt\n# units: ,s,s,V/m,V/m,V/m,A/m\n\
                    step,time,time-0.5dt,Ex[3],Ex[4],Ex,Hz[3]\n0,0,-1,1,2,1.5,7\n1,2,1,3,4,3.5,8\n";
        std::fs::write(&path, text.replace(",Ex,", ",Ez[3],")).unwrap();
        let series = ProbeSeries::read(&path).unwrap().unwrap();
        let plot = line_plot(&series, "pulse", &[]);
        let labels: Vec<&str> = plot.panels.iter().map(|panel| panel.label.as_str()).collect();
        assert_eq!(labels, ["Ex, Ez", "Hz"]);
        assert_eq!(plot.panels[1].series[0].points, [(-1.0, 7.0), (1.0, 8.0)]);
        assert_eq!(
            (plot.subtitle.as_str(), plot.x_unit.as_str()),
            ("probe \"p1\" at x = 1 m", "s")
        );
        let one = line_plot(&series, "pulse", &["Ez".into()]);
        assert_eq!(one.panels.len(), 1);
        assert_eq!(one.panels[0].series[0].points, [(0.0, 1.5), (2.0, 3.5)]);
    }
}
