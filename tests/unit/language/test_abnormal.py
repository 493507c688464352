"""Which sentences report something abnormal. All sentences are made up."""

import pytest

from priorrg.language.abnormal import abnormal_sentences, is_abnormal


@pytest.mark.parametrize(
    "sentence",
    [
        "There is a small left effusion.",
        "Small effusion without pneumothorax.",
        "Atelectasis cannot be excluded.",
        "The heart is enlarged.",
        "Degenerative changes of the spine.",
        "A pacemaker lead ends in the right ventricle.",
    ],
)
def test_what_affirms_or_doubts_a_finding_is_abnormal(sentence):
    assert is_abnormal(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "No effusion or pneumothorax.",
        "The heart is normal in size.",
        "The lungs are clear.",
        "Osseous structures are intact.",
        "The trachea is midline.",
        "PA and lateral views of the chest were obtained.",
        "Two images are submitted for review.",
        "PA and lateral views of the chest.",
    ],
)
def test_what_denies_calls_normal_or_names_the_technique_is_not(sentence):
    assert not is_abnormal(sentence)


def test_abnormal_sentences_stay_in_order():
    text = "Lungs are clear. Left effusion. No edema. Old rib fracture."
    assert abnormal_sentences(text) == ["Left effusion.", "Old rib fracture."]
    assert abnormal_sentences("") == []
