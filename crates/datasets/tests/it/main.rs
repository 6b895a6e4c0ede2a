//! Integration tests, in one binary so that they link once.

mod golden;
mod images;
mod malformed;
mod malformed_audio;
mod malformed_pictures;
mod malformed_text;
mod mutated;
mod real;
mod real_text;
mod refusals;
mod round_trip;
mod specs;
