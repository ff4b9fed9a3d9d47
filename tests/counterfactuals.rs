//! Who a text is about does not decide how the default model says that it is framed.

use std::path::Path;

use slugline::{corpus::Seeds, model::Store, train::measure_counterfactuals};

#[test]
fn no_stance_of_the_default_model_turns_on_who_a_text_is_about() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let counterfactuals = Seeds::load(&repository.join("seeds")).unwrap().counterfactuals.unwrap();
    let store = Store::folder(repository.join("models")).unwrap();
    let entry = store.models().unwrap().into_iter().find(|entry| entry.name == "news").unwrap();
    let model = store.load("news", entry.default_version().unwrap()).unwrap();

    let measured = measure_counterfactuals(&model, &counterfactuals);
    let of_stance = model.manifest().tasks.iter().position(|task| task.task.name == "stance").unwrap();
    let stance = measured[of_stance].as_ref().unwrap();
    assert!(stance.frames >= 40 && stance.identities >= 20, "{} {}", stance.frames, stance.identities);
    assert_eq!(stance.labels.len(), 6);
    for shift in &stance.labels {
        assert!(shift.largest_shift <= 0.05 && shift.crossings == 0, "{shift:?}");
    }
    assert_eq!(model.manifest().tasks[of_stance].counterfactuals.as_ref(), Some(stance), "the model card tells something else");
}
