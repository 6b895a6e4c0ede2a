#![no_main]

fuzz::reader!("x", "svmlight", "", "?base=0&features=100");
