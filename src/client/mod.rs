//! The clients: in-process and remote classification, the archive runner, what a terminal shows.

pub mod json_lines;
pub mod progress;
pub mod terminal;
