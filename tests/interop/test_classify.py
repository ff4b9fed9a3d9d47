"""ClassifyDocument without any options."""

import math
import re

import articles
import pytest
from slugline.v1.classification_service_pb2 import ClassifyDocumentRequest
from slugline.v1.document_pb2 import Document


@pytest.fixture(scope="module")
def answer(classify):
    return classify(articles.ASYLUM)


@pytest.fixture(scope="module")
def topic(answer):
    return answer.tasks[0]


@pytest.fixture(scope="module")
def stance(answer):
    return answer.tasks[1]


def test_the_answer_says_which_document_which_model_and_which_language(answer):
    assert answer.document_id == "asylum"
    assert re.fullmatch(r"models/news/versions/[1-9]\d*", answer.model_version)
    assert answer.language_code == "en"
    assert answer.language_supported


def test_all_tasks_are_answered_in_the_order_of_the_taxonomy(answer, model_version):
    assert [task.task for task in answer.tasks] == [task.name for task in model_version.tasks] == ["topic", "stance"]


def test_every_label_of_the_taxonomy_is_in_the_answer(answer, model_version):
    for task, known in zip(answer.tasks, model_version.tasks, strict=True):
        assert sorted((label.name, label.display_name) for label in task.labels) == sorted(
            (label.name, label.display_name) for label in known.labels
        )


def test_labels_come_by_falling_probability(answer):
    for task in answer.tasks:
        probabilities = [label.probability for label in task.labels]
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0 <= probability <= 1 for probability in probabilities)


def test_topic_probabilities_add_up_to_one(topic):
    assert sum(label.probability for label in topic.labels) == pytest.approx(1, abs=1e-5)


def test_topic_probabilities_are_the_softmax_of_the_scores(topic):
    highest = max(label.score for label in topic.labels)
    total = sum(math.exp(label.score - highest) for label in topic.labels)
    for label in topic.labels:
        assert label.probability == pytest.approx(math.exp(label.score - highest) / total, abs=1e-5), label.name


def test_exactly_the_best_topic_is_selected(topic):
    assert [label.selected for label in topic.labels] == [True] + [False] * (len(topic.labels) - 1)


@pytest.mark.parametrize(
    "article, best",
    [(articles.ASYLUM, "society/migration"), (articles.RATES, "economy_business_finance"), (articles.FOOTBALL, "sport")],
    ids=lambda value: getattr(value, "id", value),
)
def test_plain_news_gets_its_topic(classify, article, best):
    assert classify(article, tasks=["topic"]).tasks[0].labels[0].name == best


def test_a_topic_with_topics_below_it_has_their_probability_too(topic):
    probabilities = {label.name: label.probability for label in topic.labels}
    for label in topic.labels:
        below = [probability for name, probability in probabilities.items() if name.startswith(label.name + "/")]
        assert label.HasField("subtree_probability") == bool(below), label.name
        if below:
            assert label.subtree_probability == pytest.approx(label.probability + sum(below), abs=1e-5)
    assert "society/migration" in probabilities


def test_stance_probabilities_are_the_logistic_function_of_the_scores(stance):
    for label in stance.labels:
        assert label.probability == pytest.approx(1 / (1 + math.exp(-label.score)), abs=1e-5), label.name


def test_the_stances_that_reach_their_threshold_are_selected(stance, model_version):
    thresholds = {label.name: label.threshold for label in model_version.tasks[1].labels}
    for label in stance.labels:
        assert label.selected == (label.probability >= thresholds[label.name]), label.name


def test_nobody_gets_evidence_unasked(answer):
    assert not any(task.evidence for task in answer.tasks)


def test_no_task_abstains_from_an_english_article(answer):
    assert not any(task.HasField("abstention") for task in answer.tasks)


@pytest.mark.parametrize("part", ["title", "content"])
def test_a_title_or_a_content_is_enough(classify, part):
    document = Document(**{part: getattr(articles.ASYLUM, part)})
    assert classify(document).tasks[0].labels[0].name == "society/migration"


def test_one_mebibyte_of_content_is_not_too_much(classify):
    content = articles.RATES.content.encode() * (2**20 // len(articles.RATES.content.encode()))
    content += b"." * (2**20 - len(content))
    assert len(classify(Document(content=content.decode())).tasks) == 2


def test_the_same_document_gets_the_same_answer_to_the_last_bit(classifier):
    request = ClassifyDocumentRequest(document=articles.ASYLUM)
    assert len({classifier.ClassifyDocument(request).SerializeToString(deterministic=True) for _ in range(5)}) == 1
