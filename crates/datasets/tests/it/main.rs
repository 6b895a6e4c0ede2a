//! Integration tests, in one binary so that they link once.

mod golden;
mod malformed;
mod real;
mod round_trip;
mod specs;
