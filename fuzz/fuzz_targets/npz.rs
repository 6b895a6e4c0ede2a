#![no_main]

fuzz::reader!("x", "npz", "");
