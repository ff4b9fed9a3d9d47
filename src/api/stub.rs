//! STUB: stands in for the api that another branch brings. Drop this commit when joining.
#![allow(missing_docs, clippy::todo)]
use super::v1;
use crate::model::Registry;
use std::sync::Arc;
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct ApiError;
impl ApiError {
    pub fn code(&self) -> tonic::Code {
        tonic::Code::Internal
    }
}
#[derive(Default)]
pub struct Limits {}
pub struct Engine;
impl Engine {
    pub fn new(_: Arc<Registry>, _: Limits) -> Self {
        todo!()
    }
    pub fn classify_batch(&self, _: &v1::BatchClassifyDocumentsRequest) -> Result<v1::BatchClassifyDocumentsResponse, ApiError> {
        todo!()
    }
    pub fn get_model(&self, _: &v1::GetModelRequest) -> Result<v1::GetModelResponse, ApiError> {
        todo!()
    }
}
