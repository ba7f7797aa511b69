//! All integration tests, one binary.

mod layers;
