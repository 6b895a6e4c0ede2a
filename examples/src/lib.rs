//! The course.

#![forbid(unsafe_code)]
