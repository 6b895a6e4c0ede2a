#![no_main]

fuzz::reader!("x.tsv.gz", "csv", "?missing=zero&header=false#label=1");
