//! What a mix of materials around a node does to the field there.
//!
//! An electric component that lies along an interface is the same on both sides of it, so what counts is the mean of what
//! it drives: permittivity, conductivity, and the currents of poles, each by its share. A magnetic component has the flux
//! density along its axis in common with its neighbours, so what counts is the mean of the inverse permeability.

use super::component::Component;
use super::geometry::Mix;
use super::material::{Material, Pole};

/// Around an electric node.
#[derive(Clone, Debug, PartialEq)]
pub struct ElectricMixture {
    /// Mean relative permittivity.
    pub permittivity: f64,
    /// Mean conductivity, S/m.
    pub conductivity: f64,
    /// In the order of the materials, and of the poles in each.
    pub poles: Vec<PoleShare>,
}

/// A pole of one of the materials around a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoleShare {
    pub material: usize,
    /// Number of the pole in its material.
    pub index: usize,
    /// The pole with as much of its strength as its material has of the node.
    pub pole: Pole,
}

/// Around a magnetic node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MagneticMixture {
    /// Mean of 1 / (relative permeability).
    pub inverse_permeability: f64,
    /// Mean of (magnetic conductivity) / (relative permeability), ohm/m.
    pub loss: f64,
}

impl ElectricMixture {
    /// What `component` sees of `mix`; nothing in a perfect conductor, where there is no field.
    pub fn new(mix: &Mix, materials: &[Material], component: Component) -> Option<ElectricMixture> {
        let Mix::Shares(shares) = mix else {
            return None;
        };
        let axis = component.axis();
        let poles = shares.iter().flat_map(|&(material, share)| {
            let poles = materials[material].poles.iter().enumerate();
            poles.map(move |(index, pole)| PoleShare {
                material,
                index,
                pole: pole.scaled(share),
            })
        });
        Some(ElectricMixture {
            permittivity: mean(shares, |material| materials[material].epsilon[axis]),
            conductivity: mean(shares, |material| materials[material].conductivity[axis]),
            poles: poles.collect(),
        })
    }
}

impl MagneticMixture {
    /// What `component` sees of `mix`. In a perfect conductor, where it stays zero whatever is said, as in vacuum.
    pub fn new(mix: &Mix, materials: &[Material], component: Component) -> MagneticMixture {
        let Mix::Shares(shares) = mix else {
            return MagneticMixture {
                inverse_permeability: 1.0,
                loss: 0.0,
            };
        };
        let axis = component.axis();
        let per_mu = |value: f64, material: usize| value / materials[material].mu[axis];
        MagneticMixture {
            inverse_permeability: mean(shares, |material| per_mu(1.0, material)),
            loss: mean(shares, |material| {
                per_mu(materials[material].magnetic_conductivity[axis], material)
            }),
        }
    }
}

impl Pole {
    /// The pole with `share` of its strength.
    pub fn scaled(self, share: f64) -> Pole {
        match self {
            // The square of the plasma frequency counts.
            Pole::Drude { plasma, damping } => Pole::Drude {
                plasma: plasma * share.sqrt(),
                damping,
            },
            Pole::Lorentz {
                strength,
                frequency,
                damping,
            } => Pole::Lorentz {
                strength: strength * share,
                frequency,
                damping,
            },
            Pole::Debye { strength, time } => Pole::Debye {
                strength: strength * share,
                time,
            },
        }
    }
}

/// The mean of `value` over the materials by their shares; exact where there is one, or where all values are equal.
fn mean(shares: &[(usize, f64)], value: impl Fn(usize) -> f64) -> f64 {
    let first = value(shares[0].0);
    let rest = shares
        .iter()
        .map(|&(material, share)| share * (value(material) - first));
    first + rest.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn materials() -> Vec<Material> {
        let mut glass = Material::vacuum("glass");
        glass.epsilon = [2.0, 3.0, 5.0];
        glass.mu = [1.0, 4.0, 2.0];
        glass.conductivity = [0.0, 0.5, 0.0];
        glass.magnetic_conductivity = [0.0, 8.0, 0.0];
        let mut metal = Material::vacuum("metal");
        metal.poles = vec![
            Pole::Drude {
                plasma: 4.0,
                damping: 0.1,
            },
            Pole::Lorentz {
                strength: 2.0,
                frequency: 3.0,
                damping: 0.2,
            },
            Pole::Debye {
                strength: 6.0,
                time: 7.0,
            },
        ];
        vec![Material::vacuum("background"), glass, metal]
    }

    #[test]
    fn an_electric_node_sees_means_along_its_axis_and_shares_of_poles() {
        let mix = Mix::Shares(vec![(0, 0.5), (1, 0.25), (2, 0.25)]);
        let mixture = ElectricMixture::new(&mix, &materials(), Component::Ey).unwrap();
        assert_eq!((mixture.permittivity, mixture.conductivity), (1.5, 0.125));
        let share = |index, pole| PoleShare {
            material: 2,
            index,
            pole,
        };
        // A quarter of the square of the plasma frequency is half of it.
        let expected = [
            share(
                0,
                Pole::Drude {
                    plasma: 2.0,
                    damping: 0.1,
                },
            ),
            share(
                1,
                Pole::Lorentz {
                    strength: 0.5,
                    frequency: 3.0,
                    damping: 0.2,
                },
            ),
            share(
                2,
                Pole::Debye {
                    strength: 1.5,
                    time: 7.0,
                },
            ),
        ];
        assert_eq!(mixture.poles, expected);
        assert_eq!(
            ElectricMixture::new(&Mix::PerfectConductor, &materials(), Component::Ez),
            None
        );
    }

    #[test]
    fn a_magnetic_node_sees_means_of_inverses_along_its_axis() {
        let mix = Mix::Shares(vec![(0, 0.5), (1, 0.5)]);
        let along = |component| MagneticMixture::new(&mix, &materials(), component);
        assert_eq!(
            (along(Component::Hy).inverse_permeability, along(Component::Hy).loss),
            (0.625, 1.0)
        );
        assert_eq!(
            (along(Component::Hx).inverse_permeability, along(Component::Hx).loss),
            (1.0, 0.0)
        );
        let inside = MagneticMixture::new(&Mix::PerfectConductor, &materials(), Component::Hy);
        assert_eq!((inside.inverse_permeability, inside.loss), (1.0, 0.0));
    }

    #[test]
    fn a_single_material_is_seen_as_it_is_and_equal_values_stay_equal() {
        let pure = ElectricMixture::new(&Mix::Shares(vec![(1, 1.0)]), &materials(), Component::Ez).unwrap();
        assert_eq!((pure.permittivity, pure.poles.len()), (5.0, 0));
        let mut same = materials();
        same[0].epsilon = [2.1; 3];
        same[1].epsilon = [2.1; 3];
        let thirds = Mix::Shares(vec![(0, 1.0 / 3.0), (1, 2.0 / 3.0)]);
        assert_eq!(
            ElectricMixture::new(&thirds, &same, Component::Ex)
                .unwrap()
                .permittivity,
            2.1
        );
    }
}
