//! What people read after a training.

mod terminal;

pub use terminal::report;
