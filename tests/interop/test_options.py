"""What `ClassificationOptions` leave out of an answer. Evidence has its own file."""

import articles
import pytest


@pytest.fixture(scope="module")
def full(classify):
    return classify(articles.ASYLUM)


@pytest.mark.parametrize("asked, told", [(["stance"], ["stance"]), (["topic"], ["topic"]), (["stance", "topic"], ["topic", "stance"])])
def test_only_the_tasks_asked_for_are_answered(classify, full, asked, told):
    answer = classify(articles.ASYLUM, tasks=asked)
    assert list(answer.tasks) == [task for task in full.tasks if task.task in told]


def test_min_probability_leaves_out_less_probable_labels(classify, full):
    answer = classify(articles.ASYLUM, min_probability=0.05)
    for task, whole in zip(answer.tasks, full.tasks, strict=True):
        assert list(task.labels) == [label for label in whole.labels if label.probability >= 0.05]


def test_the_bounds_of_min_probability_are_allowed(classify, full):
    assert classify(articles.ASYLUM, min_probability=0) == full
    assert all(label.probability == 1 for task in classify(articles.ASYLUM, min_probability=1).tasks for label in task.labels)


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_max_labels_keeps_the_most_probable_of_each_task(classify, full, count):
    answer = classify(articles.ASYLUM, max_labels=count)
    for task, whole in zip(answer.tasks, full.tasks, strict=True):
        assert list(task.labels) == list(whole.labels)[:count]


def test_a_model_can_be_named_by_itself_by_version_and_by_alias(classify, full):
    for name in ("models/news", full.model_version, "models/news/versions/stable"):
        assert classify(articles.ASYLUM, model_version=name) == full
