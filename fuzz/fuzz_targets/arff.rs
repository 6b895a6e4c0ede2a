#![no_main]

fuzz::reader!("x", "arff", "", "?missing=mean&ignore=1");
