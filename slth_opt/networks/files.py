"""Network files: what a layer is, in full, or just matrices by name.

A file of our own holds for every layer its coefficients, its basis and its bias, and one text
that says the rest. Any other file is read as dense layers, by the names of its arrays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slth_opt import fields
from slth_opt.array_files import NamedArrays, read_arrays, write_arrays
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of, parse_json
from slth_opt.networks.layers import Fan, Layer, Network
from slth_opt.networks.state_dicts import network_from_state_dict

if TYPE_CHECKING:
    import numpy as np

SCHEMA = "slth-network/1"

_TEXT = "slth-network"
"""The text that tells a file of ours from one with matrices only."""

Facts = Mapping[str, str | int]


def read_network(path: str | Path) -> Network:
    """Return the network of a ``.npz`` or ``.safetensors`` file.

    Raises
    ------
    FileError
        In one line that names the file, and the array where it is about one.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/weights.npz", layer1=np.ones((3, 2)), layer2=np.ones((1, 3)))
    ...     network = read_network(f"{folder}/weights.npz")
    >>> network.num_inputs, network.num_outputs
    (2, 1)
    """
    found = read_arrays(path)
    try:
        for name, array in found.arrays.items():
            _check_finite(name, array)
        if _TEXT in found.texts:
            return _network(found.arrays, _description(found)["layers"])
        return network_from_state_dict(found.arrays)
    except (FileError, ProblemError) as refused:
        raise FileError(f"{name_of(path)}: {refused}") from None


def read_provenance(path: str | Path) -> dict[str, str | int]:
    """Return what a network file says of its origin; a file of matrices only says nothing.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.networks.layers import dense_network
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = f"{folder}/tiny.npz"
    ...     write_network(place, dense_network([[[1.0]]]), provenance={"seed": 7})
    ...     read_provenance(place)
    {'seed': 7}
    """
    found = read_arrays(path)
    if _TEXT not in found.texts:
        return {}
    try:
        return _facts(_description(found)["provenance"])
    except FileError as refused:
        raise FileError(f"{name_of(path)}: {refused}") from None


def write_network(path: str | Path, network: Network, *, provenance: Facts | None = None) -> None:
    """Write a network so that the file is, at any moment, the old one or the new one.

    Parameters
    ----------
    path
        A file that ends in .npz or .safetensors.
    network
        The network.
    provenance
        Where it comes from: names and strings or integers.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.networks.layers import dense_network
    >>> network = dense_network([[[0.5, -1.0]]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_network(f"{folder}/tiny.safetensors", network)
    ...     read_network(f"{folder}/tiny.safetensors").digest == network.digest
    True
    """
    import numpy as np

    arrays: dict[str, np.ndarray] = {}
    layers: list[dict[str, Any]] = []
    for k, layer in enumerate(network.layers):
        if isinstance(layer, Fan):
            layers.append({"kind": "fan", "features": layer.features, "relu": bool(layer.relu)})
            arrays[f"{k}.weights"] = layer.weights
            continue
        facts = {"kind": "layer", "relu": bool(layer.relu), "skip": layer.skip}
        layers.append({**facts, "bias": layer.bias is not None})
        arrays[f"{k}.coefficients"] = layer.coefficients
        arrays[f"{k}.basis"] = layer.basis.astype(np.uint8)
        if layer.bias is not None:
            arrays[f"{k}.bias"] = layer.bias
    facts_given = _facts(dict(provenance or {}))
    text = json.dumps({"schema": SCHEMA, "layers": layers, "provenance": facts_given})
    write_arrays(path, arrays, {_TEXT: text})


def _description(found: NamedArrays) -> dict[str, Any]:
    try:
        value = parse_json(found.texts[_TEXT])
    except FileError as refused:
        raise FileError(f"the text '{_TEXT}' {refused}") from None
    if isinstance(value, dict) and "schema" in value:
        fields.one_of(value["schema"], (SCHEMA,), what="schema")
    return fields.record(value, ("schema", "layers", "provenance"), what=f"the text '{_TEXT}'")


def _facts(facts: Any) -> dict[str, str | int]:
    if not isinstance(facts, dict):
        raise FileError(f"provenance must be an object, got {fields.shown(facts)}")
    read: dict[str, str | int] = {}
    for name, fact in facts.items():
        what = f"provenance {fields.shown(name)}"
        whole = isinstance(fact, int) and not isinstance(fact, bool)
        read[fields.text(name, what="a name in provenance")] = (
            fact if whole else fields.text(fact, what=what)
        )
    return read


def _network(arrays: Mapping[str, np.ndarray], described: Any) -> Network:
    left = dict(arrays)
    layers = tuple(
        _layer(left, layer, k) for k, layer in enumerate(fields.listing(described, what="layers"))
    )
    if left:
        raise FileError(f"has an unknown array {fields.shown(min(left))}")
    return Network(layers=layers)


def _layer(left: dict[str, np.ndarray], described: Any, k: int) -> Layer | Fan:
    """Build one layer, taking its arrays from those that are left."""
    what = f"layer {k}"
    if not isinstance(described, dict):
        raise FileError(f"{what} must be an object, got {fields.shown(described)}")
    kind = fields.one_of(described.get("kind"), ("layer", "fan"), what=f"the kind of {what}")
    try:
        if kind == "fan":
            facts = fields.record(described, ("kind", "features", "relu"), what=what)
            return Fan(
                weights=_taken(left, f"{k}.weights"),
                features=fields.integer(facts["features"], what="features"),
                relu=fields.boolean(facts["relu"], what="relu"),
            )
        facts = fields.record(described, ("kind", "relu", "skip", "bias"), what=what)
        biased = fields.boolean(facts["bias"], what="bias")
        return Layer(
            coefficients=_taken(left, f"{k}.coefficients"),
            basis=_basis(left, f"{k}.basis"),
            bias=_taken(left, f"{k}.bias") if biased else None,
            relu=fields.boolean(facts["relu"], what="relu"),
            skip=fields.integer(facts["skip"], what="skip"),
        )
    except (FileError, ProblemError) as refused:
        said = str(refused)
        raise FileError(said if said.startswith(what) else f"{what}: {said}") from None


def _taken(left: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in left:
        raise FileError(f"the array '{name}' is missing")
    return left.pop(name)


def _basis(left: dict[str, np.ndarray], name: str) -> np.ndarray:
    array = _taken(left, name)
    if array.dtype.kind not in "bu" or not (array <= 1).all():
        raise FileError(f"the array '{name}' must hold only 0 and 1, as uint8")
    return array.astype(bool)


def _check_finite(name: str, array: np.ndarray) -> None:
    import numpy as np

    if array.dtype.kind == "f" and not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise FileError(f"the array {fields.shown(name)} holds {array[index]} at {list(index)}")
