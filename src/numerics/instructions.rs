//! One source of a row loop, compiled for several instruction sets and chosen at run time.

/// An instruction set that row loops are compiled for. All give the same bits: no set fuses multiplications with
/// additions, and no loop reassociates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// What every processor of the target has (SSE2 on x86-64).
    Baseline,
    Avx2,
    Avx512,
}

impl InstructionSet {
    pub const ALL: [InstructionSet; 3] = [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512];

    /// Name in the configuration, in logs and files.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Baseline => "baseline",
            InstructionSet::Avx2 => "avx2",
            InstructionSet::Avx512 => "avx512",
        }
    }

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            InstructionSet::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The widest set that this machine has.
    pub fn best() -> InstructionSet {
        *Self::ALL
            .iter()
            .rev()
            .find(|set| set.is_available())
            .expect("the baseline is always available")
    }
}

/// Defines a function `name(set, arguments...)` whose body is compiled once per [`InstructionSet`].
///
/// The body must be plain safe code over slices; everything it calls in its loops must be `#[inline(always)]`.
/// Calling it with a set that the machine lacks panics.
#[macro_export]
macro_rules! for_each_instruction_set {
    ($(#[$doc:meta])* $vis:vis fn $name:ident [$($generics:tt)*] ($($arg:ident : $ty:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name<$($generics)*>(set: $crate::numerics::instructions::InstructionSet, $($arg: $ty),*) {
            #[allow(clippy::too_many_arguments)]
            #[inline(always)]
            fn baseline<$($generics)*>($($arg: $ty),*) $body

            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments)]
            #[target_feature(enable = "avx2")]
            fn avx2<$($generics)*>($($arg: $ty),*) $body

            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments)]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
            fn avx512<$($generics)*>($($arg: $ty),*) $body

            use $crate::numerics::instructions::InstructionSet;
            match set {
                InstructionSet::Baseline => baseline($($arg),*),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => {
                    assert!(set.is_available(), "this processor has no AVX2");
                    // SAFETY: the processor has the instructions, as just checked.
                    unsafe { avx2($($arg),*) }
                }
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 => {
                    assert!(set.is_available(), "this processor has no AVX-512");
                    // SAFETY: the processor has the instructions, as just checked.
                    unsafe { avx512($($arg),*) }
                }
                #[cfg(not(target_arch = "x86_64"))]
                _ => panic!("this processor has no {}", set.name()),
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    for_each_instruction_set! {
        fn scale[](x: &mut [f64], by: f64) {
            for v in x {
                *v = *v * by + 1.0;
            }
        }
    }

    #[test]
    fn every_available_set_gives_the_same_bits() {
        let input: Vec<f64> = (0..103).map(|i| 1.0 / (i as f64 + 0.3)).collect();
        let results: Vec<Vec<f64>> = InstructionSet::ALL
            .into_iter()
            .filter(|set| set.is_available())
            .map(|set| {
                let mut x = input.clone();
                scale(set, &mut x, 0.1);
                x
            })
            .collect();
        assert!(
            results
                .iter()
                .all(|r| r.iter().zip(&results[0]).all(|(a, b)| a.to_bits() == b.to_bits()))
        );
    }

    #[test]
    fn the_best_set_is_available() {
        assert!(InstructionSet::best().is_available());
    }
}
