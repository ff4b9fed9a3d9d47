//! Publishing what was trained: through the gate, and telling what answers then.

use anyhow::Context;
use slugline::{
    model::{CANARY, Published, STABLE, Store, file::EncodedModel},
    train::{Gate, TrainedModel, TrainingSet},
};

use super::{arguments::Arguments, interrupt};

/// A model that is to be published.
pub struct Publication<'a> {
    pub arguments: &'a Arguments,
    /// The name to publish it under.
    pub name: &'a str,
    pub model: &'a EncodedModel,
}

impl Publication<'_> {
    /// Publishes the model and gives its resource name. It answers from then on, unless it is worse than what answers now and nobody
    /// insists.
    pub fn publish(&self, set: &TrainingSet, trained: &TrainedModel) -> anyhow::Result<String> {
        let Publication { arguments, name, model } = self;
        let models = &arguments.models;
        let _whole_model = interrupt::hold();
        std::fs::create_dir_all(models).with_context(|| format!("can't make the folder {}", models.display()))?;
        let store = Store::folder(models)?;
        let gate = Gate::compare(&store, name, set, trained, &model.fingerprint, arguments.tolerance);
        print!("{gate}");
        let published = store.publish(name, model, if gate.is_open() || arguments.force { STABLE } else { CANARY })?;
        match published {
            Published::New(version) => self.tell_of_new(version, &gate),
            Published::Already(version) => self.tell_of_old(version, &store)?,
        }
        let (Published::New(version) | Published::Already(version)) = published;
        Ok(self.resource_name(version))
    }

    fn tell_of_new(&self, version: u32, gate: &Gate) {
        let (this, fingerprint) = (self.resource_name(version), self.short_fingerprint());
        match gate {
            Gate::Compared(comparison) if !gate.is_open() && !self.arguments.force => {
                println!("published {this} as {CANARY}, fingerprint {fingerprint}");
                println!("it is worse than {}, which answers on; {}", comparison.live, self.how_to_activate(version));
            }
            _ if !gate.is_open() => println!("published {this}, which answers now though it is worse, fingerprint {fingerprint}"),
            _ => println!("published {this}, fingerprint {fingerprint}"),
        }
    }

    /// An identical version is there already. It may be a canary, or one that was rolled back: only who insists makes it answer.
    fn tell_of_old(&self, version: u32, store: &Store) -> anyhow::Result<()> {
        let (this, fingerprint) = (self.resource_name(version), self.short_fingerprint());
        println!("nothing to publish: {this} is this very model, fingerprint {fingerprint}");
        let answering = store.entry(self.name)?.default_version();
        match answering {
            Some(other) if other != version && self.arguments.force => {
                store.activate(self.name, STABLE, version)?;
                println!("{this} answers now, in place of {}", self.resource_name(other));
            }
            Some(other) if other != version => {
                println!("{} answers, not this one; {}", self.resource_name(other), self.how_to_activate(version));
            }
            _ => {}
        }
        Ok(())
    }

    fn how_to_activate(&self, version: u32) -> String {
        format!(
            "to let {version} answer: slugline models activate {} {version} --models {}, or train with --force",
            self.name,
            self.arguments.models.display()
        )
    }

    fn resource_name(&self, version: u32) -> String {
        format!("models/{}/versions/{version}", self.name)
    }

    fn short_fingerprint(&self) -> &str {
        &self.model.fingerprint[..12]
    }
}
