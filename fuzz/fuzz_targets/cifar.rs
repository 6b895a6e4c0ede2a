#![no_main]

fuzz::reader!("x", "cifar10", "");
