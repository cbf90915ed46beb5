"""Frozen weights in experiments: runs, the tape, branches, checkpoints, sweeps, Python rules."""

import numpy as np
import pytest

import shoal
from shoal.experiments import resume
from shoal.network import Parameters
from shoal.training import OPTIMIZERS

FROZEN = ("layers.0.weights.1", "layers.0.bias.2", "layers.1")
QUICK = shoal.Experiment(
    data=shoal.tasks.greater(samples=200),
    network=shoal.Network(
        [shoal.Dense(3, "tanh"), shoal.Dense(2, "tanh"), shoal.Dense(1, "sigmoid")]
    ),
    training=shoal.Training(shoal.Adam(0.03), batch_size=20, epochs=4, frozen=FROZEN),
    population=3,
)


def with_(experiment, **training):
    fields = shoal.Training.model_fields
    kept = {name: getattr(experiment.training, name) for name in fields if name != "dtype"}
    made = shoal.Training.model_validate(kept | training)
    return experiment.model_copy(update={"training": made})


def held(flat):
    """Weights from input 1 (3 to 5), the bias of unit 2 (8), layer 1 (9 to 16)."""
    return np.concatenate([flat[:, 3:6], flat[:, 8:17]], axis=1)


def mean_of(parameters, state, loss, gradient, rng):
    """A rule that moves everything, frozen or not."""
    return parameters - 0.1 * gradient(parameters) + 0.01 * rng.normal(size=len(parameters)), state


@pytest.mark.parametrize("rule", sorted(OPTIMIZERS))
def test_frozen_weights_keep_their_bits_under_every_rule(rule):
    chosen = shoal.training.PythonRule(mean_of) if rule == "python" else {"name": rule}
    experiment = with_(QUICK, optimizer=chosen, batch_size="full" if rule == "lbfgs" else 20)
    if rule == "perceptron":
        one = shoal.Network([shoal.Dense(1, "step")])
        experiment = experiment.model_copy(update={"network": one})
        run = with_(experiment, frozen="layers.0.weights.1").run()
        first, last = run.at(0).flat, run.parameters.flat
        assert first[:, 1].tobytes() == last[:, 1].tobytes()
        assert (first[:, 0] != last[:, 0]).any()
        return
    run = experiment.run()
    first, last = run.at(0).flat, run.parameters.flat
    assert held(first).tobytes() == held(last).tobytes()
    free = np.delete(np.arange(first.shape[1]), [3, 4, 5, *range(8, 17)])
    assert (first[:, free] != last[:, free]).any(axis=1).all()


def test_training_around_a_frozen_layer_still_learns():
    run = with_(QUICK, frozen="layers.0", epochs=40).run()
    assert np.median(run.final("validation_accuracy")) > 0.9


def test_the_tape_has_the_bits_of_the_run():
    run = QUICK.run()
    for step in (0, 1, 17, int(run.steps.max())):
        assert held(run.at(step).flat).tobytes() == held(run.parameters.flat).tobytes()
    again = QUICK.run(kernel="networks", threads=2)
    assert again.digest == run.digest


def test_a_branch_freezes_and_frees():
    run = with_(QUICK, frozen=()).run()
    branch = run.rewind(step=12).with_(frozen=FROZEN).run()
    at = run.at(12).flat
    assert held(branch.parameters.flat).tobytes() == held(at).tobytes()
    assert held(run.parameters.flat).tobytes() != held(at).tobytes()
    freed = branch.rewind(step=20).with_("training.frozen=[]").run()
    assert held(freed.parameters.flat).tobytes() != held(at).tobytes()
    assert held(branch.at(20).flat).tobytes() == held(at).tobytes()


@pytest.mark.parametrize("rule", ["lbfgs", "annealing"])
def test_a_branch_forgets_a_loss_that_was_that_of_other_moves(rule):
    """What L-BFGS remembers of slopes that are frozen now would lead it where it cannot go."""
    run = with_(QUICK, frozen=(), optimizer={"name": rule}, batch_size="full", epochs=12).run()
    branch = run.rewind(step=6).with_(frozen=FROZEN).run()
    assert held(branch.parameters.flat).tobytes() == held(run.at(6).flat).tobytes()
    assert (branch.final("train_loss") <= np.array(branch.history["train_loss"])[:, 5] + 0.05).all()


def test_edited_weights_that_are_frozen_stay_edited():
    run = QUICK.run()
    flat = run.at(10).flat.copy()
    flat[:, 3] = 0.25
    edited = run.rewind(step=10).with_weights(Parameters.from_flat(run.network.layout(), flat))
    assert (edited.run().parameters.flat[:, 3] == np.float32(0.25)).all()


def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path):
    whole = QUICK.run()
    calls = iter(range(100))

    def interrupt(progress):
        if next(calls) > 2:
            raise KeyboardInterrupt

    path = tmp_path / "a.ckpt"
    part = QUICK.run(checkpoint=path, checkpoint_every_s=1e-6, progress=interrupt)
    while part.interrupted:
        part = resume(path)
    assert part.experiment.training.frozen == FROZEN
    assert part.digest == whole.digest


def test_cells_of_a_sweep_are_runs_alone():
    document = QUICK.document()
    document["sweep"] = {"training.frozen": [[], ["layers.0"], list(FROZEN)]}
    swept = shoal.Sweep.read(document).run()
    accuracy = swept.columns["validation_accuracy"].reshape(3, 3)
    for row, frozen in zip(accuracy, ((), ("layers.0",), FROZEN), strict=True):
        alone = with_(QUICK, frozen=frozen).run()
        assert row.tolist() == alone.final("validation_accuracy").tolist()


def test_evaluations_of_finite_differences_leave_out_what_is_frozen():
    experiment = with_(QUICK, optimizer="finite_difference", epochs=1)
    # 20 parameters, 3 + 1 + 8 of them frozen; 8 steps of 20 of 160 rows
    assert experiment.run().to_dict()["networks"][0]["evaluations"] == 8 * (20 - 12 + 1)
