//! `ModelService` of `proto/`: what models there are, and the calls of administrators.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::served_models::ServedModels;
use crate::{
    api::{ApiError, VersionToActivate, model_to_roll_back, v1},
    model::{Activated, STABLE},
};

/// The service over the models that answer.
#[derive(Clone)]
pub(super) struct ModelService {
    models: Arc<ServedModels>,
    /// Whether calls may change what answers.
    administration: bool,
}

impl ModelService {
    pub(super) fn new(models: Arc<ServedModels>, administration: bool) -> ModelService {
        ModelService { models, administration }
    }

    fn check_administration(&self) -> Result<(), ApiError> {
        if self.administration { Ok(()) } else { Err(ApiError::AdministrationDisabled) }
    }
}

#[tonic::async_trait]
impl v1::model_service_server::ModelService for ModelService {
    async fn list_models(&self, request: Request<v1::ListModelsRequest>) -> Result<Response<v1::ListModelsResponse>, Status> {
        Ok(Response::new(self.models.engine()?.list_models(request.get_ref())?))
    }

    async fn get_model(&self, request: Request<v1::GetModelRequest>) -> Result<Response<v1::GetModelResponse>, Status> {
        Ok(Response::new(self.models.engine()?.get_model(request.get_ref())?))
    }

    async fn activate_model_version(
        &self,
        request: Request<v1::ActivateModelVersionRequest>,
    ) -> Result<Response<v1::ActivateModelVersionResponse>, Status> {
        self.check_administration()?;
        let target = VersionToActivate::parse(request.get_ref())?;
        let VersionToActivate { model, version, alias } = target.clone();
        let (_, engine) = self.models.change(move |store| store.activate(&model, &alias, version)).await?;
        Ok(Response::new(v1::ActivateModelVersionResponse { model: Some(target.answer(&engine)?) }))
    }

    async fn rollback_model(&self, request: Request<v1::RollbackModelRequest>) -> Result<Response<v1::RollbackModelResponse>, Status> {
        self.check_administration()?;
        let model = model_to_roll_back(request.get_ref())?;
        let name = model.clone();
        let (activated, engine) = self.models.change(move |store| store.rollback(&name)).await?;
        let (Activated::Now(version) | Activated::Already(version)) = activated;
        let target = VersionToActivate { model, version, alias: STABLE.to_owned() };
        Ok(Response::new(v1::RollbackModelResponse { model: Some(target.answer(&engine)?) }))
    }
}
