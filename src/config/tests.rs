//! Bad configurations and what is said about them; good ones and what they mean.
