"""The parameters of a network, and how the loss of its next batch slopes along each."""

from __future__ import annotations

import numpy as np

from shoal.experiments.trainer import Trainer, alone
from shoal.lab.looks.scene import Arrays, Scene, sane
from shoal.lab.messages import WeightsWish


def weights(scene: Scene, wish: WeightsWish) -> Arrays:
    """Return the weights of a network, with the gradient of its next step if that is wished."""
    member = scene.member(wish.network)
    flat = scene.weights[member]
    found = {"weights": sane(flat, 0.0)}
    if wish.gradients:
        slope = next_slope(scene, member)
        found["gradients"] = sane(slope, 0.0)
        norms = [
            float(np.linalg.norm(np.asarray(slope[at.start : at.stop], np.float64)))
            for at in scene.prepared.network.layout().layers
        ]
        found["gradient_norms"] = sane(np.array(norms), 0.0)
    return found


def next_slope(scene: Scene, member: int) -> np.ndarray:
    """Return the gradient that the next step of a network would be handed, (K,)."""
    trainer = scene.kept.recall(
        ("alone", member), scene.prepared, lambda: Trainer(alone(scene.prepared, member))
    )
    flat = np.ascontiguousarray(scene.weights[member])
    slope = np.zeros_like(flat)
    if np.isfinite(flat).all():
        trainer.batch_loss(0, int(scene.steps[member]), flat, slope)
    return slope
