//! The interface of `proto/slugline/v1`, as generated, and what a server and a client in the same process share of it: the same
//! [`Engine`] answers both, so that a document gets the same answer everywhere.
//!
//! No network here. A request goes through [`request`] (parse at the border) and the [`Engine`] (classify, explain, put into messages);
//! what is wrong is an [`ApiError`], which alone knows about gRPC codes.

mod activation;
mod answer;
mod describe;
mod engine;
mod error;
mod limits;
mod offsets;
pub mod request;
mod scratch;
mod stream;

pub use activation::{VersionToActivate, model_to_roll_back};
pub use engine::Engine;
pub use error::{ApiError, DOMAIN, Violations};
pub use limits::Limits;
pub use stream::StreamState;

/// The messages and services of `proto/slugline/v1`. Their documentation is the `.proto` files' comments.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    tonic::include_proto!("slugline.v1");

    /// The encoded descriptors of the interface, with all that it imports: for server reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
}
