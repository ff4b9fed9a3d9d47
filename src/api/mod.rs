//! The interface of `proto/slugline/v1`, as generated, and what server and clients share of it.

/// The messages and services of `proto/slugline/v1`. Their documentation is the `.proto` files' comments.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    tonic::include_proto!("slugline.v1");

    /// The encoded descriptors of the interface, with all that it imports: for server reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
}

mod stub;
pub use stub::{ApiError, Engine, Limits};
