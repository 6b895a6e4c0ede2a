#![no_main]

fuzz::reader!("x", "npy", "");
