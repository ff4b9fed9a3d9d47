"""ListModels and GetModel."""

import re

import grpc
import pytest
from errors import refusal
from slugline.v1.model_pb2 import TASK_KIND_MULTI_LABEL, TASK_KIND_SINGLE_LABEL
from slugline.v1.model_service_pb2 import GetModelRequest, ListModelsRequest

SHA256 = r"[0-9a-f]{64}"


@pytest.fixture(scope="module")
def get(models):
    return lambda name="": models.GetModel(GetModelRequest(name=name))


@pytest.fixture(scope="module")
def news(models):
    (model,) = [model for model in models.ListModels(ListModelsRequest()).models if model.name == "models/news"]
    return model


def test_a_model_lists_its_versions_oldest_first(news):
    numbers = [int(re.fullmatch(r"models/news/versions/([1-9]\d*)", version)[1]) for version in news.versions]
    assert numbers
    assert numbers == sorted(set(numbers))


def test_the_stable_version_is_the_default(news):
    assert news.aliases["stable"] in news.versions
    assert news.default_version == news.aliases["stable"]


def test_pages_give_every_model_once(models):
    every, token = [], ""
    while True:
        page = models.ListModels(ListModelsRequest(page_size=1, page_token=token))
        assert len(page.models) == 1
        every += page.models
        token = page.next_page_token
        if not token:
            break
    assert every == list(models.ListModels(ListModelsRequest()).models)
    assert [model.name for model in every] == sorted(model.name for model in every)


@pytest.mark.parametrize("field, value", [("page_size", -1), ("page_token", "no token of yours")])
def test_a_wrong_page_is_refused(models, field, value):
    error = refusal(models.ListModels, ListModelsRequest(**{field: value}))
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT
    assert list(error.violations) == [field]


def test_a_model_is_found_by_every_name_it_has(get, news):
    expected = get(news.default_version)
    assert expected.model == news
    assert expected.version.name == news.default_version
    for name in ("", "models/news", "models/news/versions/stable"):
        assert get(name) == expected


@pytest.mark.parametrize("name", ["models/weather", "models/news/versions/999999", "models/news/versions/no-such-alias"])
def test_an_unknown_model_is_not_found(get, name):
    error = refusal(get, name)
    assert error.code == grpc.StatusCode.NOT_FOUND
    assert error.domain == "slugline"
    assert name in error.message


@pytest.mark.parametrize("name", ["news", "models/", "models/news/versions/", "models/../models/news", "models/news/versions/../1", "/etc"])
def test_what_is_no_name_finds_no_model(get, name):
    error = refusal(get, name)
    assert error.code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
    assert error.domain == "slugline"


def test_a_version_says_what_it_is_and_where_it_comes_from(model_version):
    assert re.fullmatch(SHA256, model_version.fingerprint)
    assert re.fullmatch(r"slugline-train \d+\.\d+\.\d+\S*", model_version.trainer)
    assert list(model_version.language_codes) == ["en"]
    assert model_version.vocabulary_size > 0
    assert re.fullmatch(SHA256, model_version.training_data.fingerprint)
    assert model_version.training_data.article_count > 0
    assert model_version.training_data.glossary_term_count > 0


def test_a_version_describes_its_tasks(model_version):
    topic, stance = model_version.tasks
    assert (topic.name, topic.kind) == ("topic", TASK_KIND_SINGLE_LABEL)
    assert (stance.name, stance.kind) == ("stance", TASK_KIND_MULTI_LABEL)
    for task in (topic, stance):
        assert task.display_name
        assert task.description
        assert task.metrics.document_count > 0
        for share in (task.metrics.accuracy, task.metrics.macro_f1, task.metrics.micro_f1):
            assert 0 < share <= 1
        assert task.metrics.log_loss > 0
        assert 0 <= task.metrics.expected_calibration_error < 1


def test_every_label_is_described_and_measured(model_version):
    for task in model_version.tasks:
        for label in task.labels:
            assert label.display_name, label.name
            assert label.description, label.name
            assert label.metrics.support > 0, label.name
            assert all(0 <= share <= 1 for share in (label.metrics.precision, label.metrics.recall, label.metrics.f1)), label.name


def test_topics_are_those_of_the_iptc_parents_first(model_version):
    topic = model_version.tasks[0]
    codes = {label.name: label.code for label in topic.labels}
    assert len(codes) == 18
    assert all(re.fullmatch(r"medtop:\d{8}", code) for code in codes.values())
    assert codes["society/migration"] == "medtop:20000771"
    names = list(codes)
    assert names.index("society") < names.index("society/migration")


def test_stances_have_a_threshold_and_topics_have_none(model_version):
    topic, stance = model_version.tasks
    assert {label.name for label in stance.labels} == {"security_risk", "humanitarian", "economic", "legal", "political", "cultural"}
    assert all(0 < label.threshold < 1 for label in stance.labels)
    assert not any(label.HasField("threshold") for label in topic.labels)
