#![no_main]

fuzz::reader!(
    "x.csv",
    "csv",
    "",
    "?missing=mean&header=true#label=1",
    "?missing=drop&words=1&header=false"
);
