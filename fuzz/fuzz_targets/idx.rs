#![no_main]

fuzz::reader!("x", "idx", "");
