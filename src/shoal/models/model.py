"""A trained population ready to predict: networks, scaling, and the names of things.

Predictions are those of the ensemble, the mean over all networks; a single network of it is
a model too.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shoal.data.dataset import Schema
from shoal.data.derive import recompute
from shoal.data.scaling import LARGEST, Scaler
from shoal.errors import ArgumentError, InputError
from shoal.kernels import forward
from shoal.models.checking import check_model, check_threads
from shoal.models.container import write_model
from shoal.models.document import DocumentError, plain_document
from shoal.models.ensemble import Prediction, combine, join_rows
from shoal.models.header import Header, version_for
from shoal.models.inputs import Features, Inputs, check_finite, features_of
from shoal.models.probabilities import (
    label_probabilities,
    log_label_probabilities,
    log_probabilities,
    probabilities,
)
from shoal.models.summary import Summary
from shoal.network import FloatArray, Network, Parameters
from shoal.network.worked import Folding, Trace

BLOCK = 2**18
"""Outputs that are computed at once: a few blocks of 2 MB, which stay in the cache, however many
rows there are."""
LEAST_ROWS = 8
MOST = 2**22
"""A block has a few rows of many networks too, unless they have more outputs than this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """P trained networks, what they need to predict, and where they came from.

    Inputs are given as they stand in the table; a network sees
    ``scaler.apply(x * multiply + add)``, computed in float64 and then cast to its precision.
    Derived features are computed of ``x * multiply + add`` and never given: wherever a model
    takes features, D counts those of the columns.

    Attributes:
        network: with known inputs, one for each feature of the schema. Two classes may have
            one output or two.
        parameters: with P in front, finite; a copy is taken.
        schema: columns, target and classes.
        scalers: one for all networks, or one for each.
        target_scalers: likewise; for a classification with center 0 and scale 1.
        multiply: the data recipe's factor for every feature.
        add: the data recipe's summand.
        threshold: what an output of classes or labels decides at: 0.5, or 0 for a network
            that the hinge loss trained; see `probabilities`.
        seeds: of every network, from 0 to 2**53 - 1.
        best: which network is the best.
        experiment: the document that the model came from; opaque here.
        arithmetic: the version of the arithmetic that trained it.
        version: the shoal that made it.
        summary: what the training rows looked like, None where nobody knows.

    Raises:
        ArgumentError: the parts do not fit together.

    Example:
        >>> from shoal.data.dataset import Feature
        >>> network = Network([{"units": 1}], inputs=1)
        >>> nothing = Scaler(center=(0.0,), scale=(1.0,))
        >>> model = Model(
        ...     network=network,
        ...     parameters=network.start_from([[[[2.0]], [[4.0]]]], [[[0.0], [1.0]]]),
        ...     schema=Schema(columns=(Feature(name="a"),), target="b", kind="regression"),
        ...     scalers=(nothing,), target_scalers=(nothing,), seeds=(5, 6), best=0,
        ...     experiment={}, arithmetic="1", version="0.1.0",
        ... )
        >>> model.predict([[1.0], [2.0]])  # the mean of 2a and 4a + 1
        array([3.5, 6.5])
    """

    network: Network
    parameters: Parameters
    schema: Schema
    scalers: tuple[Scaler, ...]
    target_scalers: tuple[Scaler, ...]
    multiply: float = 1.0
    add: float = 0.0
    threshold: float = 0.5
    seeds: tuple[int, ...]
    best: int
    experiment: Mapping[str, Any] = field(repr=False)
    arithmetic: str
    version: str
    summary: Summary | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        try:
            experiment = plain_document(self.experiment)
        except DocumentError as error:
            wanted = "must be a JSON document"
            got = f"one that {error}"
            raise ArgumentError("Model", "experiment", wanted, got=got, code="A101") from None
        for name in ("scalers", "target_scalers", "seeds"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        check_model(self)
        # a copy in one flat row: training goes on in the arrays that were given
        flat = np.array(self.parameters.flat, order="C")
        own = Parameters.from_flat(self.network.layout(), flat)
        object.__setattr__(self, "parameters", own)
        object.__setattr__(self, "seeds", tuple(operator.index(seed) for seed in self.seeds))
        object.__setattr__(self, "best", operator.index(self.best))
        object.__setattr__(self, "experiment", experiment)

    def __len__(self) -> int:
        """P, the number of networks."""
        return len(self.seeds)

    def __getitem__(self, i: int) -> Model:
        """Return network `i` as a model; negative numbers count from the end.

        Raises:
            ArgumentError: there is no such network.
        """
        n = len(self)
        if not hasattr(type(i), "__index__") or not -n <= operator.index(i) < n:
            wanted = f"must be the number of a network, {-n} to {n - 1}"
            raise ArgumentError("Model", "i", wanted, got=i, code="A102")
        place = operator.index(i) % n
        return replace(
            self,
            parameters=Parameters.from_flat(
                self.network.layout(), self.parameters.flat[place : place + 1]
            ),
            scalers=(self.scalers[place % len(self.scalers)],),
            target_scalers=(self.target_scalers[place % len(self.target_scalers)],),
            seeds=(self.seeds[place],),
            best=0,
        )

    def __iter__(self) -> Iterator[Model]:
        """Go through the networks as models."""
        return (self[i] for i in range(len(self)))

    @property
    def best_network(self) -> Model:
        """The best network as a model."""
        return self[self.best]

    def outputs(self, x: Inputs | Any, *, threads: int | None = None) -> FloatArray:
        """Return the outputs of every network: as they are, or in the target's own units.

        Args:
            x: features (N, D); or columns or one row by name; or a data frame.
            threads: None for as many as there are; the result is the same.

        Shapes:
            x (N, D) -> (P, N, C), in the precision of the parameters; float64 for regression

        Raises:
            ArgumentError: `x` has another shape, is not finite, or drives an output to
                infinity, or a value beyond 1e150.
            DataError: a column is missing, or a cell does not fit the schema.
        """
        parts = [block for _, block in self._output_blocks("Model.outputs", x, threads)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def member_figures(
        self, x: Inputs | Any, *, threads: int | None = None, where: str = "Model.member_figures"
    ) -> Iterator[FloatArray]:
        """Yield what every network says, block of rows by block.

        That is the probability of every class or label (see `probabilities`), or the values.

        Shapes:
            x (N, D) -> blocks of n rows, (P, n, n_classes) or (P, n, C), float64

        Raises:
            ArgumentError, DataError: as `outputs`.
        """
        for _, block in self._output_blocks(where, x, threads):
            yield self._figures(block)

    def member_log_figures(
        self, x: Inputs | Any, *, threads: int | None = None, where: str
    ) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield what every network says beside the logarithms of its probabilities.

        The logarithms come from the weighted sums of the last layer, so they are exact where
        a probability rounds to 0 or 1; it costs the core's pass twice.

        Args:
            x: as for `outputs`.
            threads: None for as many as there are.
            where: the public function, for messages.

        Shapes:
            x (N, D) -> blocks of n rows: figures (P, n, n_classes) or (P, n, C) and their logs,
            for labels (P, n, C, 2): of 1 - p and of p; for numbers the figures twice

        Raises:
            ArgumentError, DataError: as `outputs`.
        """
        for features, block in self._output_blocks(where, x, threads):
            figures = self._figures(block)
            if self.schema.is_regression:
                yield figures, figures
                continue
            sums = np.empty_like(block)
            linear = _without_last_activation(self.network)
            for scaler, members in _alike(self.scalers).items():
                scaled = self._scaled(where, scaler, features)
                sums[members] = forward(
                    linear, self.parameters.flat[members], scaled, threads=threads
                )
            labels = self.schema.kind == "multilabel"
            log = log_label_probabilities if labels else log_probabilities
            yield figures, log(self.network, sums, figures)

    def prediction(
        self, x: Inputs | Any, *, threads: int | None = None, where: str = "Model.prediction"
    ) -> Prediction:
        """Return mean, class and disagreement in one go; the other methods are parts of it.

        Raises:
            ArgumentError, DataError: as `outputs`.
        """
        figures = self.member_figures(x, threads=threads, where=where)
        return join_rows([combine(block, kind=self.schema.kind) for block in figures])

    def predict_proba(self, x: Inputs | Any, *, threads: int | None = None) -> FloatArray:
        """Return the probability of every class or label: the mean over the networks.

        Shapes:
            x (N, D) -> (N, n_classes), float64, each row summing to 1; or (N, L), that of the
            second class of every label

        Raises:
            InputError: the target is a number.
            ArgumentError, DataError: as `outputs`.
        """
        if self.schema.is_regression:
            told = f"the target '{self.schema.target}' is a number and has no classes"
            raise InputError(f"Model.predict_proba: {told}. Use predict.", code="A111")
        return self.prediction(x, threads=threads, where="Model.predict_proba").mean

    def predict(self, x: Inputs | Any, *, threads: int | None = None) -> NDArray[Any]:
        """Return the class of every row, or its value; a column for each of several targets.

        The most probable class; of equally probable ones the first, so that a probability of
        exactly 0.5 is class 0.

        Shapes:
            x (N, D) -> (N,), or (N, C) for several targets; objects that are names of classes,
            or float64

        Raises:
            ArgumentError, DataError: as `outputs`.
        """
        found = self.prediction(x, threads=threads, where="Model.predict")
        if found.codes is None:
            return found.mean if len(self.schema.targets) > 1 else found.mean[:, 0]
        if self.schema.kind == "multilabel":
            names = np.array(self.schema.label_classes, dtype=object)  # (L, 2)
            return np.asarray(names[np.arange(len(names)), found.codes])
        return np.array(self.schema.classes, dtype=object)[found.codes]

    def disagreement(self, x: Inputs | Any, *, threads: int | None = None) -> FloatArray:
        """Return how far the networks are apart: 0 where they agree, and for one network.

        The standard deviation over the networks (divided by P) of the probability of the
        predicted class, of every label's probability, or of the values.

        Shapes:
            x (N, D) -> (N,), or (N, C) for several targets

        Raises:
            ArgumentError, DataError: as `outputs`.
        """
        return self.prediction(x, threads=threads, where="Model.disagreement").disagreement

    def seen(self, features: Features) -> Features:
        """Return features as scalers see them: multiplied, added to, with the derived ones.

        Shapes:
            features (N, D) -> (N, D + derived), NaN where a formula has no value
        """
        return recompute(self.schema, np.asarray(features * self.multiply + self.add, np.float64))

    def trace(
        self,
        x: Inputs | Any,
        y: Any = None,
        *,
        network: int | None = None,
        backward: bool = False,
        folding: Folding | None = None,
    ) -> Trace:
        """Return one row worked through one network, with the actual numbers.

        Args:
            x: one row, as for `outputs`.
            y: its class, labels or value: the loss is worked too, that of the model's document.
            network: which; None for the best.
            backward: whether derivatives are worked too; needs `y`.
            folding: how much is shown; ``shoal.network.worked.ALL`` for everything.

        Raises:
            ArgumentError, DataError: as `outputs`, more rows than one, or a target that the
                model does not know.
        """
        from shoal.models.worked import trace_row

        return trace_row(self, x, y=y, network=network, backward=backward, folding=folding)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the model to one file, which appears whole or not at all.

        Raises:
            OutputExistsError: the file is there and `force` is false.
            InputError: it cannot be written.
        """
        header = Header(
            network=self.network,
            data_schema=self.schema,
            scalers=self.scalers,
            target_scalers=self.target_scalers,
            multiply=self.multiply,
            add=self.add,
            threshold=self.threshold,
            seeds=self.seeds,
            best=self.best,
            experiment=dict(self.experiment),
            arithmetic=self.arithmetic,
            version=self.version,
            summary=self.summary,
            digest=self.parameters.digest,
            schema_version=version_for(self.schema),
        )
        write_model(path, header, self.parameters, force=force)

    def _output_blocks(
        self, where: str, x: Inputs | Any, threads: int | None
    ) -> Iterator[tuple[Features, FloatArray]]:
        """Yield features (n, D) with the outputs for them, (P, n, C)."""
        check_threads(where, threads)
        features = features_of(where, self.schema, x)
        widest = max(self.network.n_outputs, len(self.schema.classes))
        n_outputs = len(self) * widest
        n_rows = max(BLOCK // n_outputs, min(LEAST_ROWS, MOST // n_outputs), 1)
        for start in range(0, max(1, len(features)), n_rows):
            block = features[start : start + n_rows]
            yield block, self._outputs(where, block, start, threads)

    def _figures(self, outputs: FloatArray) -> FloatArray:
        """Return outputs (P, n, C) as probabilities of classes or labels, or as they are."""
        if self.schema.is_regression:
            return outputs
        if self.schema.kind == "multilabel":
            return label_probabilities(outputs, threshold=self.threshold)
        return probabilities(self.network, outputs, threshold=self.threshold)

    def _outputs(
        self, where: str, features: Features, start: int, threads: int | None
    ) -> FloatArray:
        """Return the outputs for a block of rows; networks with equal scalers go together."""
        dtype = np.dtype(np.float64) if self.schema.is_regression else self.parameters.dtype
        shape = (len(self), len(features), self.network.n_outputs)
        outputs: FloatArray = np.empty(shape, dtype=dtype)
        if len(features) == 0:
            return outputs
        for scaler, members in _alike(self.scalers).items():
            scaled = self._scaled(where, scaler, features)
            flat = self.parameters.flat[members]
            outputs[members] = forward(self.network, flat, scaled, threads=threads)
        if self.schema.is_regression:
            with np.errstate(over="ignore", invalid="ignore"):  # told below
                for scaler, members in _alike(self.target_scalers).items():
                    rows = np.asarray(outputs[members], np.float64).reshape(-1, shape[-1])
                    outputs[members] = scaler.inverse(rows).reshape(-1, *shape[1:])
            _check_values(where, outputs, np.abs(outputs) <= LARGEST, start)
        else:
            _check_values(where, outputs, np.isfinite(outputs), start)
        return outputs

    def _scaled(self, where: str, scaler: Scaler, features: Features) -> FloatArray:
        dtype = self.parameters.dtype
        with np.errstate(over="ignore", invalid="ignore"):
            scaled: FloatArray = scaler.apply(self.seen(features)).astype(dtype)
        check_finite(where, self.schema, scaled, f"must be finite in {dtype} once scaled")
        return scaled


def _without_last_activation(network: Network) -> Network:
    """Return a network whose outputs are the weighted sums of the last layer."""
    *layers, last = network.layers
    plain = last.model_copy(update={"activation": "identity"})
    return network.model_copy(update={"layers": (*layers, plain)})


def _alike(scalers: tuple[Scaler, ...]) -> dict[Scaler, slice | list[int]]:
    """Return every scaler with its networks."""
    if len(scalers) == 1:
        return {scalers[0]: slice(None)}
    groups: dict[Scaler, list[int]] = {}
    for i, scaler in enumerate(scalers):
        groups.setdefault(scaler, []).append(i)
    return dict(groups)


def _check_values(where: str, outputs: FloatArray, usable: NDArray[np.bool_], start: int) -> None:
    """Check that no output is far too large, from weights and inputs that are."""
    if usable.all():
        return
    network, row, unit = (int(i) for i in np.argwhere(~usable)[0])
    wanted = f"must keep every output finite, and a value within {LARGEST:g}"
    got = f"{outputs[network, row, unit]:g} from network {network} in row {start + row}"
    raise ArgumentError(where, "x", wanted, got=got, code="A105")
