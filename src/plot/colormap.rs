//! The colour maps: perceptually uniform ones for quantities, one with a neutral middle for signed ones, and gray.

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// A map from the fraction of a range to a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colormap {
    /// Viridis, by S. van der Walt and N. Smith (2015): dark blue to yellow.
    #[default]
    Viridis,
    /// Plasma, of the same authors: blue to yellow.
    Plasma,
    /// Inferno, of the same authors: black to pale yellow.
    Inferno,
    /// Magma, of the same authors: black to pale pink.
    Magma,
    /// Blue to red through light gray, for quantities with two signs (K. Moreland, Diverging Color Maps for Scientific
    /// Visualization, 2009, table of 33 colours).
    Coolwarm,
    /// Black to white.
    Gray,
}

impl Colormap {
    /// All maps, in the order in which they are documented.
    pub const ALL: [Colormap; 6] = [
        Colormap::Viridis,
        Colormap::Plasma,
        Colormap::Inferno,
        Colormap::Magma,
        Colormap::Coolwarm,
        Colormap::Gray,
    ];

    /// The name by which a user chooses the map.
    pub fn name(self) -> &'static str {
        match self {
            Colormap::Viridis => "viridis",
            Colormap::Plasma => "plasma",
            Colormap::Inferno => "inferno",
            Colormap::Magma => "magma",
            Colormap::Coolwarm => "coolwarm",
            Colormap::Gray => "gray",
        }
    }

    /// The map called `name`.
    pub fn from_name(name: &str) -> Option<Colormap> {
        Colormap::ALL.into_iter().find(|map| map.name() == name)
    }

    /// Whether the middle of the map means zero.
    pub fn is_diverging(self) -> bool {
        self == Colormap::Coolwarm
    }

    /// The colour at `fraction` of the range; fractions outside [0, 1] get the colour of the nearer end.
    pub fn at(self, fraction: f64) -> Rgb {
        let fraction = fraction.clamp(0.0, 1.0);
        let gradient = |gradient: colorous::Gradient| gradient.eval_continuous(fraction).as_array();
        match self {
            Colormap::Viridis => gradient(colorous::VIRIDIS),
            Colormap::Plasma => gradient(colorous::PLASMA),
            Colormap::Inferno => gradient(colorous::INFERNO),
            Colormap::Magma => gradient(colorous::MAGMA),
            Colormap::Coolwarm => interpolate(&COOLWARM, fraction),
            Colormap::Gray => [(255.0 * fraction).round() as u8; 3],
        }
    }

    /// A colour that the map does not contain, for cells without a finite value.
    pub fn not_finite(self) -> Rgb {
        match self {
            Colormap::Coolwarm => [20, 20, 20],
            Colormap::Gray => [220, 60, 40],
            _ => [170, 170, 170],
        }
    }
}

fn interpolate(table: &[Rgb], fraction: f64) -> Rgb {
    let place = fraction * (table.len() - 1) as f64;
    let low = (place as usize).min(table.len() - 2);
    let weight = place - low as f64;
    let mix = |c: usize| f64::from(table[low][c]) * (1.0 - weight) + f64::from(table[low + 1][c]) * weight;
    [0, 1, 2].map(|c| mix(c).round() as u8)
}

const COOLWARM: [Rgb; 33] = [
    [59, 76, 192],
    [68, 90, 204],
    [77, 104, 215],
    [87, 117, 225],
    [98, 130, 234],
    [108, 142, 241],
    [119, 154, 247],
    [130, 165, 251],
    [141, 176, 254],
    [152, 185, 255],
    [163, 194, 255],
    [174, 201, 253],
    [184, 208, 249],
    [194, 213, 244],
    [204, 217, 238],
    [213, 219, 230],
    [221, 221, 221],
    [229, 216, 209],
    [236, 211, 197],
    [241, 204, 185],
    [245, 196, 173],
    [247, 187, 160],
    [247, 177, 148],
    [247, 166, 135],
    [244, 154, 123],
    [241, 141, 111],
    [236, 127, 99],
    [229, 112, 88],
    [222, 96, 77],
    [213, 80, 66],
    [203, 62, 56],
    [192, 40, 47],
    [180, 4, 38],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn brightness(c: Rgb) -> f64 {
        0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2])
    }

    #[test]
    fn ends_are_the_published_colours() {
        assert_eq!(Colormap::Viridis.at(0.0), [68, 1, 84]);
        assert_eq!(Colormap::Viridis.at(1.0), [253, 231, 37]);
        assert_eq!(Colormap::Coolwarm.at(0.0), [59, 76, 192]);
        assert_eq!(Colormap::Coolwarm.at(0.5), [221, 221, 221]);
        assert_eq!(Colormap::Coolwarm.at(1.0), [180, 4, 38]);
    }

    #[test]
    fn sequential_maps_grow_brighter_and_saturate_outside() {
        for map in Colormap::ALL.into_iter().filter(|map| !map.is_diverging()) {
            let steps: Vec<f64> = (0..=64).map(|i| brightness(map.at(f64::from(i) / 64.0))).collect();
            assert!(steps.windows(2).all(|w| w[1] > w[0] - 1.0), "{}", map.name());
            assert!(steps[64] > steps[0] + 150.0);
            assert_eq!((map.at(-3.0), map.at(7.0)), (map.at(0.0), map.at(1.0)));
        }
    }

    #[test]
    fn the_colour_of_no_value_is_far_from_every_colour_of_its_map() {
        for map in Colormap::ALL {
            let odd = map.not_finite();
            let distance = |c: Rgb| {
                (0..3)
                    .map(|i| (i32::from(c[i]) - i32::from(odd[i])).pow(2))
                    .sum::<i32>()
            };
            assert!(
                (0..=256).all(|i| distance(map.at(f64::from(i) / 256.0)) > 40 * 40),
                "{}",
                map.name()
            );
        }
    }

    #[test]
    fn every_map_is_found_by_its_name() {
        assert!(
            Colormap::ALL
                .iter()
                .all(|map| Colormap::from_name(map.name()) == Some(*map))
        );
        assert_eq!(Colormap::from_name("jet"), None);
    }
}
