//! Pictures of a run, as self-contained SVG text.
//!
//! The one module that knows the drawing library.

mod axes;
mod confusion;
mod curves;
mod heat_map;
mod images;
mod intervals;
mod plane;
mod table;

pub use confusion::confusion;
pub use curves::{Curve, curves};
pub use heat_map::heat_map;
pub use images::contact_sheet;
pub use intervals::{Interval, intervals};
pub use plane::{Decide, Points, decision_plane, scatter};

/// Colours that stay apart for colour-blind readers (Okabe and Ito, 2008), and two for ten classes.
pub const COLOURS: [(u8, u8, u8); 10] = [
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (0, 0, 0),
    (150, 150, 150),
    (136, 34, 85),
    (153, 153, 51),
];
