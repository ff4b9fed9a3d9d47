//! `ModelService` of `proto/`: what models there are, and the calls of administrators.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{
    served_models::ServedModels,
    shadow::{Shadow, ShadowReport},
};
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
    shadow: Option<Shadow>,
}

impl ModelService {
    pub(super) fn new(models: Arc<ServedModels>, administration: bool, shadow: Option<Shadow>) -> ModelService {
        ModelService { models, administration, shadow }
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
    async fn get_shadow_report(&self, _: Request<v1::GetShadowReportRequest>) -> Result<Response<v1::GetShadowReportResponse>, Status> {
        let shadow = self.shadow.as_ref().ok_or(ApiError::NoShadow)?;
        Ok(Response::new(told(shadow.report())))
    }
}

fn told(report: ShadowReport) -> v1::GetShadowReportResponse {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let mut labels = Vec::new();
    for (task, agreements) in report.tasks {
        labels.extend(agreements.into_iter().map(|(label, agreement)| v1::LabelAgreement {
            task: task.clone(),
            label,
            both_count: count(agreement.both),
            only_live_count: count(agreement.only_live),
            only_shadow_count: count(agreement.only_shadow),
            neither_count: count(agreement.neither),
        }));
    }
    v1::GetShadowReportResponse {
        shadow: report.model,
        model_version: report.model_version.unwrap_or_default(),
        compared_count: count(report.compared),
        dropped_count: count(report.dropped),
        unresolved_count: count(report.unresolved),
        failed_count: count(report.failed),
        labels,
    }
}
