//! Integration tests, in one binary so that they link once.

mod adversary;
mod alignment;
mod common;
mod conformance;
mod copying;
mod damage;
mod determinism;
mod estimators;
mod frozen;
mod frozen_methods;
mod gradients;
mod lambda_zero;
mod measures;
mod moons;
mod obligations;
mod others;
mod prefix;
mod resume;
mod stopping;
mod survival;
