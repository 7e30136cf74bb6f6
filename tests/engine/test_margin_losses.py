"""Networks trained on margins: they decide by the sign of a score, in every form of the network."""

import numpy as np
import pytest

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.data.scaling import Scaling
from nncli.data.targets import TargetCoding
from nncli.engine.trainer import train
from nncli.export.pytorch.template.answers import label_sides, two_sides

UNSCALED = Scaling.fit("none", np.zeros((1, 1)))


def test_the_sign_of_a_score_decides():
    coding = TargetCoding(2, 1, UNSCALED, off=-1.0)
    outputs = np.array([[-3.0], [-0.5], [0.0], [0.5], [7.0]])
    second = [0.0, 0.25, 0.5, 0.75, 1.0]
    np.testing.assert_array_equal(coding.decode(outputs)[:, 1], second)
    np.testing.assert_array_equal(two_sides(outputs), coding.decode(outputs))
    labels = TargetCoding(0, 2, UNSCALED, has_labels=True, off=-1.0)
    np.testing.assert_array_equal(labels.decode(outputs)[:, 0], second)
    np.testing.assert_array_equal(label_sides(outputs), labels.decode(outputs))


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "multiclass_hinge"])
def test_two_classes_are_learnt(loss, trained_on):
    assert trained_on("moons", loss) > 0.95


@pytest.mark.parametrize("loss", ["hinge", "multiclass_hinge", "squared_multiclass_hinge"])
def test_three_classes_are_learnt(loss, trained_on):
    assert trained_on("iris", loss) > 0.96


@pytest.fixture
def trained_on(tmp_path):
    """The training accuracy of a small network on a dataset."""

    def accuracy(dataset, loss):
        path = tmp_path / "c.yaml"
        path.write_text(
            f"data: {{dataset: {{type: {dataset}}}, split: none}}\n"
            "network: {hidden: [16, 16]}\n"
            f"loss: {loss}\n"
            "optimizer: {type: adam, learning_rate: 0.02}\n"
            "training: {epochs: 30, batch_size: 32}\n"
        )
        job = build(*load(path)).job
        last = list(train(job, job.start()))[-1]
        return last.metrics["accuracy"]

    return accuracy
