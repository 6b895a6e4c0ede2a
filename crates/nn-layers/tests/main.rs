mod dann;
mod malformed;
