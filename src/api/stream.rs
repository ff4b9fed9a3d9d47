//! What a stream of documents remembers from one request to the next.

use std::sync::{Arc, Weak};

use super::{
    ApiError,
    request::{Options, Selection},
    v1,
};
use crate::model::{Model, Registry};

/// The options that were set last. One a stream.
///
/// They are checked once, and again where another registry answers by then. Between requests nothing of a registry is held, for a
/// stream may be silent for hours, and a model that nobody is asking any more shall go.
#[derive(Clone, Default)]
pub struct StreamState {
    set: Option<v1::ClassificationOptions>,
    checked: Option<Checked>,
}

#[derive(Clone)]
struct Checked {
    /// The registry that they were checked by.
    registry: Weak<Registry>,
    /// Wrong options stay set too: a document is never classified by other options than the caller set last.
    options: Result<(Weak<Model>, Arc<Selection>), ApiError>,
}

impl StreamState {
    /// The options of the next document. `set` are those of its request, if it has any.
    ///
    /// # Errors
    /// As for [`Options::parse`].
    pub(super) fn options(&mut self, set: Option<&v1::ClassificationOptions>, registry: &Arc<Registry>) -> Result<Options, ApiError> {
        if let Some(set) = set {
            self.set = Some(set.clone());
            self.checked = None;
        }
        if let Some(Checked { registry: by, options }) = &self.checked
            && Weak::as_ptr(by) == Arc::as_ptr(registry)
        {
            match options {
                Err(error) => return Err(error.clone()),
                Ok((model, selection)) => {
                    if let Some(model) = model.upgrade() {
                        return Ok(Options { model, selection: selection.clone() });
                    }
                }
            }
        }
        let options = Options::parse(self.set.as_ref(), registry);
        let checked = options.as_ref().map(|options| (Arc::downgrade(&options.model), options.selection.clone()));
        self.checked = Some(Checked { registry: Arc::downgrade(registry), options: checked.map_err(Clone::clone) });
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::store_of_copies::StoreOfCopies;

    fn named(model_version: &str) -> v1::ClassificationOptions {
        v1::ClassificationOptions { model_version: model_version.to_owned(), ..Default::default() }
    }

    fn load(copies: &StoreOfCopies) -> Arc<Registry> {
        Arc::new(Registry::load(&copies.store, 1).unwrap().0)
    }

    #[test]
    fn options_stay_set_and_mean_what_they_mean_to_the_registry_of_each_moment() {
        let copies = StoreOfCopies::new("news", &[1]);
        let (first, mut state) = (load(&copies), StreamState::default());
        let mut version =
            |set: Option<&str>, registry| state.options(set.map(named).as_ref(), registry).map(|options| options.model.version());
        assert_eq!(version(None, &first), Ok(1));
        copies.add("news", 2);
        copies.write_aliases("news", r#"{"canary": 1}"#);
        let second = load(&copies);
        assert_eq!(version(None, &second), Ok(2), "a newer version answers");
        assert!(version(Some("models/news/versions/canary"), &first).is_err());
        assert!(version(None, &first).is_err(), "wrong options stay set");
        assert_eq!(version(None, &second), Ok(1), "and become right with the registry that has what they name");
    }

    #[test]
    fn a_silent_stream_keeps_no_model() {
        let copies = StoreOfCopies::new("news", &[1]);
        let (registry, mut state) = (load(&copies), StreamState::default());
        let model = Arc::downgrade(&state.options(None, &registry).unwrap().model);
        drop(registry);
        assert!(model.upgrade().is_none());
    }
}
