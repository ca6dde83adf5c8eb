//! What is said about a wind before it blows.

use super::divergence::Divergence;
use crate::kernels::Remark;

/// Share of the gradients above which divergence is worth a warning. A wind that is free of divergence, sampled at the
/// centres of faces d apart, has a discrete one of up to `(k d)^2/24` of its gradients at wave number k: 1e-2 at 13 cells
/// per wave. What has more does converge, or is poorly resolved.
const SMALL: f64 = 1e-2;

const HOUR: f64 = 3600.0;

/// The remark on a wind that is not uniform; `span` is the length of the run, s.
pub(super) fn on_divergence(found: &Divergence, span: Option<f64>) -> Option<Remark> {
    let Divergence { largest, gradient, .. } = *found;
    if found.is_uniform() {
        return None;
    }
    if found.is_rounding() {
        return Some(Remark {
            text: format!("the wind is free of discrete divergence (largest {largest:.1e} 1/s)"),
            is_warning: false,
        });
    }
    let (period, when) = match span {
        Some(span) if span < HOUR => (span, format!("the {span} s of the run")),
        _ => (HOUR, "an hour".to_string()),
    };
    let mut text = format!(
        "the wind's discrete divergence is at most {largest:.1e} 1/s, {} of its gradients: where it converges a \
         uniform field would grow {} in {when}",
        percent(largest / gradient),
        growth(largest * period)
    );
    let is_warning = largest > SMALL * gradient;
    if is_warning {
        text += ".\n  If the wind is not meant to converge: in 2D give `kernel.stream_function` instead of `wind`; in 3D look \
                 for a component that is missing, or take smaller cells.";
    }
    Some(Remark { text, is_warning })
}

/// By how much a field grows at a rate of one for a time of `exponent`.
fn growth(exponent: f64) -> String {
    let factor = exponent.exp();
    if factor < 2.0 {
        // Not `factor - 1`, which loses the digits of small numbers.
        format!("by up to {}", percent(exponent.exp_m1()))
    } else if factor < 1e6 {
        format!("by a factor of up to {factor:.1}")
    } else {
        "beyond all bounds".to_string()
    }
}

/// A share in percent, with at least two digits.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    let digits = if value > 0.0 {
        (1.0 - value.log10().floor()).clamp(0.0, 12.0) as usize
    } else {
        0
    };
    format!("{value:.digits$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(largest: f64, gradient: f64, span: Option<f64>) -> Remark {
        on_divergence(
            &Divergence {
                largest,
                gradient,
                rounding: 1e-12,
            },
            span,
        )
        .expect("the wind is not uniform")
    }

    #[test]
    fn a_uniform_wind_needs_no_remark() {
        let still = Divergence {
            largest: 0.0,
            gradient: 0.0,
            rounding: 0.0,
        };
        assert_eq!(on_divergence(&still, None), None);
    }

    #[test]
    fn rounding_is_no_divergence() {
        let free = remark(3e-17, 2e-4, Some(1e5));
        assert_eq!(
            free.text,
            "the wind is free of discrete divergence (largest 3.0e-17 1/s)"
        );
        assert!(!free.is_warning);
    }

    #[test]
    fn a_small_divergence_is_told_with_what_it_does() {
        // exp(3600 * 3e-7) - 1 = 0.1081 %, in 10 minutes 0.0180 %.
        let small = remark(3e-7, 1e-4, None);
        assert!(!small.is_warning);
        let told = "at most 3.0e-7 1/s, 0.30 % of its gradients: where it converges a uniform field would grow by up to 0.11 % \
                    in an hour";
        assert!(small.text.ends_with(told), "{}", small.text);
        let short = remark(3e-7, 1e-4, Some(600.0));
        assert!(
            short.text.ends_with("0.018 % in the 600 s of the run"),
            "{}",
            short.text
        );
    }

    #[test]
    fn a_large_divergence_is_a_warning_with_the_remedy() {
        let warned = |largest, told: &str| {
            let large = remark(largest, 2.0 * largest, Some(1e6));
            assert!(
                large.is_warning && large.text.contains("50 % of its gradients"),
                "{}",
                large.text
            );
            assert!(large.text.contains("`kernel.stream_function`"), "{}", large.text);
            assert!(large.text.contains(told), "{}", large.text);
        };
        // exp(3600 * 1e-4) = 1.4333, exp(3.6) = 36.598.
        warned(1e-4, "by up to 43 % in an hour");
        warned(1e-3, "by a factor of up to 36.6 in an hour");
        warned(1.0, "beyond all bounds");
    }

    #[test]
    fn a_warning_begins_at_thirteen_cells_per_wave() {
        for (cells_per_wave, is_warning) in [(12.0, true), (14.0, false)] {
            let kd = 2.0 * std::f64::consts::PI / cells_per_wave;
            assert_eq!(remark(kd * kd / 24.0, 1.0, None).is_warning, is_warning);
        }
    }
}
