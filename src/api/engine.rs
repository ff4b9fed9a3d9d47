//! The answers to all calls, without any network: the server and the client in the same process both ask here.

use std::sync::Arc;

use prost::Message as _;

use super::{
    ApiError, Limits, Violations,
    answer::Told,
    describe,
    error::quoted,
    request::{Document, Evidence, Options},
    scratch::ScratchPool,
    stream::StreamState,
    v1,
};
use crate::{
    corpus::Task,
    model::{Model, ModelListing, ModelRef, Registry, Scratch},
};

/// `ListModelsRequest.page_size` where a request has none.
const DEFAULT_PAGE_SIZE: usize = 100;
/// More than the error of one document of a batch takes, unless it names fields.
const ERROR_BYTES: usize = 512;
/// More than what stands around the classification in an answer, but for the request's id.
const WRAPPING_BYTES: usize = 64;

/// Answers calls by the models of a registry. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    registry: Arc<Registry>,
    limits: Limits,
    scratches: Arc<ScratchPool>,
}

impl Engine {
    /// An engine over the models of a registry.
    pub fn new(registry: Arc<Registry>, limits: Limits) -> Engine {
        let scratches = Arc::new(ScratchPool::new(&registry));
        Engine { registry, limits, scratches }
    }

    /// The models that answer.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// How much a request may ask.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Classifies a checked document. `scratch` must be of the options' model.
    pub fn classify(&self, document: &Document, options: &Options, scratch: &mut Scratch) -> v1::Classification {
        let Options { model, selection } = options;
        let classification = model.classify(document.fields, document.language, scratch);
        let told = Told::choose(&classification, selection);
        let explanations = if told.explained.is_empty() { Vec::new() } else { model.explain(document.fields, &told.explained, scratch) };
        let tasks: Vec<&Task> = model.manifest().tasks.iter().map(|task| &task.task).collect();
        told.answer(document, model.resource_name(), &tasks, &classification, &explanations, selection)
    }

    /// `ClassificationService.ClassifyDocument`
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`], with all that is wrong with the document and the options; [`ApiError::AnswerTooLarge`].
    pub fn classify_document(&self, request: &v1::ClassifyDocumentRequest) -> Result<v1::ClassifyDocumentResponse, ApiError> {
        let mut violations = Violations::default();
        let document = Document::check(request.document.as_ref(), "document", &self.limits, &mut violations);
        let options = Options::check(request.options.as_ref(), &self.registry, &mut violations)?;
        let (document, options) = violations.or(document.zip(options))?;
        let classification = self.with_scratch(&options.model, |scratch| self.classify(&document, &options, scratch));
        self.check_length(&options, &classification)?;
        Ok(v1::ClassifyDocumentResponse { classification: Some(classification) })
    }

    /// `ClassificationService.BatchClassifyDocuments`: documents that are wrong fail alone, and so do those whose answers there is no room
    /// for any more. It asks `wanted` before each document, and if its answer is no longer wanted it gives that up.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] if there is no document, or too many, or the options are wrong; [`ApiError::DeadlineExceeded`] if it was
    /// given up.
    pub fn classify_batch(
        &self,
        request: &v1::BatchClassifyDocumentsRequest,
        wanted: &dyn Fn() -> bool,
    ) -> Result<v1::BatchClassifyDocumentsResponse, ApiError> {
        use v1::batch_classify_documents_result::Outcome;

        let mut violations = Violations::default();
        match request.documents.len() {
            0 => violations.add("documents", "is empty; give at least one document"),
            count if count > self.limits.max_batch_documents => {
                violations.add("documents", format!("has {count} documents, and the limit is {}", self.limits.max_batch_documents));
            }
            _ => {}
        }
        let options = Options::check(request.options.as_ref(), &self.registry, &mut violations)?;
        let options = violations.or(options)?;
        let limit = self.limits.max_answer_bytes;
        // Every document may need room for the error that there is no room for its answer.
        let mut room = limit.saturating_sub(request.documents.len() * ERROR_BYTES);
        let results = self.with_scratch(&options.model, |scratch| {
            let outcome = |(index, document)| {
                if !wanted() {
                    return Err(ApiError::DeadlineExceeded);
                }
                let document = Document::parse(Some(document), &format!("documents[{index}]"), &self.limits);
                let classification = document.map(|document| self.classify(&document, &options, scratch));
                let outcome = classification.and_then(|classification| {
                    let left = room.checked_sub(classification.encoded_len()).ok_or(ApiError::AnswerTooLarge { limit })?;
                    room = left;
                    Ok(classification)
                });
                Ok(match outcome {
                    Ok(classification) => Outcome::Classification(classification),
                    Err(error) => Outcome::Error(error.into()),
                })
            };
            let outcomes = request.documents.iter().enumerate().map(outcome);
            outcomes.map(|outcome| Ok(v1::BatchClassifyDocumentsResult { outcome: Some(outcome?) })).collect::<Result<_, ApiError>>()
        })?;
        Ok(v1::BatchClassifyDocumentsResponse { results })
    }

    /// Whether an answer can be sent. Only evidence makes long ones.
    fn check_length(&self, options: &Options, classification: &v1::Classification) -> Result<(), ApiError> {
        let limit = self.limits.max_answer_bytes;
        let is_short = || classification.encoded_len() + WRAPPING_BYTES <= limit;
        if options.selection.evidence == Evidence::None || is_short() { Ok(()) } else { Err(ApiError::AnswerTooLarge { limit }) }
    }

    /// One request of `ClassificationService.StreamClassifyDocuments`. What is wrong with it is in its answer, and the stream goes on.
    pub fn classify_in_stream(
        &self,
        state: &mut StreamState,
        request: &v1::StreamClassifyDocumentsRequest,
    ) -> v1::StreamClassifyDocumentsResponse {
        use v1::stream_classify_documents_response::Outcome;

        let options = state.options(request.options.as_ref(), &self.registry);
        let document = Document::parse(request.document.as_ref(), "document", &self.limits);
        let outcome = match options.and_then(|options| Ok((options, document?))) {
            Ok((options, document)) => {
                let classification = self.with_scratch(&options.model, |scratch| self.classify(&document, &options, scratch));
                match self.check_length(&options, &classification) {
                    Ok(()) => Outcome::Classification(classification),
                    Err(error) => Outcome::Error(error.into()),
                }
            }
            Err(error) => Outcome::Error(error.into()),
        };
        v1::StreamClassifyDocumentsResponse { request_id: request.request_id.clone(), outcome: Some(outcome) }
    }

    /// `ModelService.ListModels`
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] if the page size is negative or the token is none of ours.
    pub fn list_models(&self, request: &v1::ListModelsRequest) -> Result<v1::ListModelsResponse, ApiError> {
        let (page, next) = page(self.registry.models(), request)?;
        let next_page_token = next.map(|entry| entry.name.clone()).unwrap_or_default();
        Ok(v1::ListModelsResponse { models: page.iter().map(describe::model).collect(), next_page_token })
    }

    /// `ModelService.GetModel`
    ///
    /// # Errors
    /// [`ApiError::ModelNotFound`], or [`ApiError::InvalidRequest`] if the name has not the form of one.
    pub fn get_model(&self, request: &v1::GetModelRequest) -> Result<v1::GetModelResponse, ApiError> {
        let name = &request.name;
        if !name.is_empty() {
            parse_name(name)?;
        }
        let model = self.registry.resolve(name);
        let listing = model.and_then(|model| self.registry.model(model.name()));
        let (model, listing) = model.zip(listing).ok_or_else(|| ApiError::model_not_found(name, &self.registry))?;
        Ok(v1::GetModelResponse { model: Some(describe::model(listing)), version: Some(describe::version(model)) })
    }

    /// A model, with what can be asked of it.
    pub(super) fn describe(&self, name: &str) -> Option<v1::Model> {
        self.registry.model(name).map(describe::model)
    }

    fn with_scratch<T>(&self, model: &Arc<Model>, work: impl FnOnce(&mut Scratch) -> T) -> T {
        self.scratches.with(model, work)
    }
}

/// Takes the name that a request about models has apart.
///
/// # Errors
/// [`ApiError::InvalidRequest`] if it has not the form of one.
pub(super) fn parse_name(name: &str) -> Result<ModelRef<'_>, ApiError> {
    ModelRef::parse(name).map_err(|problem| {
        let mut violations = Violations::default();
        violations.add("name", format!("{problem}, not {}", quoted(name)));
        ApiError::InvalidRequest(violations)
    })
}

/// One page of the models, and the first one of the next page. A page's token is the name of its first model.
fn page<'e>(
    entries: &'e [ModelListing],
    request: &v1::ListModelsRequest,
) -> Result<(&'e [ModelListing], Option<&'e ModelListing>), ApiError> {
    let mut violations = Violations::default();
    let size = match usize::try_from(request.page_size) {
        Ok(0) => Some(DEFAULT_PAGE_SIZE),
        Ok(size) => Some(size),
        Err(_) => {
            violations.add("page_size", format!("is 0 or more, not {}", request.page_size));
            None
        }
    };
    let token = &request.page_token;
    let first = if token.is_empty() { Some(0) } else { entries.iter().position(|entry| entry.name == *token) };
    if first.is_none() {
        violations.add("page_token", format!("is no `next_page_token` of this server: {}", quoted(token)));
    }
    let (first, size) = violations.or(first.zip(size))?;
    let rest = &entries[first..];
    let (page, after) = rest.split_at(size.min(rest.len()));
    Ok((page, after.first()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::model::Store;

    fn names(page_size: i32, page_token: &str) -> Result<(Vec<String>, Option<String>), ApiError> {
        let entry = |name: &str| ModelListing { name: name.into(), ..Default::default() };
        let entries = ["art", "news", "sport"].map(entry);
        let (page, next) = page(&entries, &v1::ListModelsRequest { page_size, page_token: page_token.into() })?;
        Ok((page.iter().map(|entry| entry.name.clone()).collect(), next.map(|entry| entry.name.clone())))
    }

    #[test]
    fn a_batch_that_nobody_wants_any_more_is_given_up_between_its_documents() {
        let (registry, _) = Registry::load(&Store::Embedded, 0).unwrap();
        let engine = Engine::new(Arc::new(registry), Limits::default());
        let document = v1::Document { title: "Rates fall".into(), ..Default::default() };
        let request = v1::BatchClassifyDocumentsRequest { documents: vec![document; 10], options: None };
        let asked = Cell::new(0);
        let wanted = |until| {
            asked.set(asked.get() + 1);
            asked.get() <= until
        };
        assert_eq!(engine.classify_batch(&request, &|| wanted(3)), Err(ApiError::DeadlineExceeded));
        assert_eq!(asked.replace(0), 4);
        assert_eq!(engine.classify_batch(&request, &|| wanted(10)).unwrap().results.len(), 10);
    }

    #[test]
    fn pages_follow_each_other_to_the_last_model() {
        let some = |names: &[&str], next: Option<&str>| (names.iter().map(|&name| name.to_owned()).collect(), next.map(str::to_owned));
        assert_eq!(names(2, ""), Ok(some(&["art", "news"], Some("sport"))));
        assert_eq!(names(2, "sport"), Ok(some(&["sport"], None)));
        assert_eq!(names(0, ""), Ok(some(&["art", "news", "sport"], None)));
        assert_eq!(names(3, ""), Ok(some(&["art", "news", "sport"], None)));
    }

    #[test]
    fn a_wrong_page_is_refused_by_its_field() {
        let field = |page_size, token| match names(page_size, token) {
            Err(ApiError::InvalidRequest(violations)) => violations.iter().map(|(field, _)| field.to_owned()).collect(),
            _ => vec![],
        };
        assert_eq!(field(-1, ""), ["page_size"]);
        assert_eq!(field(1, "no token of yours"), ["page_token"]);
        assert_eq!(field(-1, "no token of yours"), ["page_size", "page_token"]);
    }
}
