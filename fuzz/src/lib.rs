//! What several fuzz targets share: see `targets/`.

pub mod answers;
pub mod small_model;
