//! The `transfer` command as its users see it: what it prints, what it leaves, how it ends.

mod advise;
mod align;
mod bad_data;
mod bad_models;
mod bad_settings;
mod clustering;
mod compare;
mod config;
mod conservative;
mod data;
mod folders;
mod full_disk;
mod idx;
mod interrupt;
mod lab;
mod labels;
mod layer_transfer;
mod multi_task;
mod predict;
mod progressive;
mod run;
mod same_bits;
mod selection;
mod served;
mod tour;
mod usage;
