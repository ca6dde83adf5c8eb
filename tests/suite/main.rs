//! Tests of simrun from outside: through its library where the promise is one of the library's, through the built binary
//! elsewhere.
//!
//! | module | the promise |
//! |---|---|
//! | `contract` | every registered kernel declares its reads and writes truthfully |
//! | `ranks` | the bits do not depend on ranks, topology, exchange mode and instruction set; faults are noticed |
//! | `quick` | the subset of all this that a developer runs after every change |

mod contract;
mod launch;
mod quick;
mod random;
mod ranks;
mod reference_cases;
