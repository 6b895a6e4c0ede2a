#![no_main]

fuzz::reader!("x", "safetensors", "");
