//! The `slugline-train` program.
fn main() {}
