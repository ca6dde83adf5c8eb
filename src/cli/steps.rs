//! Steps on the command line: `100..110`, `100..`, `..110`.

use std::ops::Range;
use std::str::FromStr;

/// Steps from one number up to, but not including, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    first: u64,
    end: u64,
}

impl Steps {
    /// The numbers of the steps.
    pub fn range(self) -> Range<u64> {
        self.first..self.end
    }
}

impl Default for Steps {
    /// All steps.
    fn default() -> Steps {
        Steps {
            first: 0,
            end: u64::MAX,
        }
    }
}

impl FromStr for Steps {
    type Err = String;

    fn from_str(text: &str) -> Result<Steps, String> {
        let wrong = || "give steps as A..B, such as 100..110 for the ten steps from 100 to 109".to_owned();
        let (first, end) = text.split_once("..").ok_or_else(wrong)?;
        let number = |text: &str, unless_given| match text.trim() {
            "" => Ok(unless_given),
            digits => digits.parse::<u64>().map_err(|_| wrong()),
        };
        let steps = Steps {
            first: number(first, 0)?,
            end: number(end, u64::MAX)?,
        };
        match steps.first < steps.end {
            true => Ok(steps),
            false => Err(format!(
                "{text} are no steps: the second number has to be the larger one"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_two_ends_of_which_each_may_be_left_out() {
        let range = |text: &str| text.parse::<Steps>().map(Steps::range);
        assert_eq!(range("100..110"), Ok(100..110));
        assert_eq!(range("5.."), Ok(5..u64::MAX));
        assert_eq!(range("..7"), Ok(0..7));
        assert_eq!(Steps::default().range(), 0..u64::MAX);
        for wrong in ["7", "a..b", "7..7", "9..3", "1..=3"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
