"""A sampler that learns where good designs are: Optuna's tree-structured Parzen estimator, for spaces too large to go through.

It is asked for a batch of candidates at a time, and told what they did, so that the same seed asks the same questions whoever
does the work. Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.config.errors import ConfigError
from sim.experiment.altering import standing
from sim.experiment.search import BATCH, INSTALL, MOST_HALVED, SAMPLED, Search, Tried, means
from sim.experiment.space import Candidate, Space, candidate

if TYPE_CHECKING:
    from optuna.trial import Trial

NEVER = 1e9  # what the sampler is told of a metric that is never there, which has to be a number it can compare
MOST_REPEATS = 20  # trials that name nothing new, after which the space counts as tried


def sample(search: Search, space: Space, trials: int) -> int:
    """Try so many candidates, each only once. Returns how many combinations that the sampler asked for were impossible."""
    try:
        import optuna
    except ImportError:
        size = "a range" if space.size is None else f"{space.size:,} combinations"
        raise ConfigError(
            f"a design space with {size} needs Optuna, which is not installed: {INSTALL}; "
            f"or list the values, for at most {MOST_HALVED} combinations"
        ) from None
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(directions=["minimize"] * 2, sampler=optuna.samplers.TPESampler(seed=search.effort.seed))
        return _Sampled(search, space).run(study, trials)
    finally:
        optuna.logging.set_verbosity(before)


class _Sampled:
    """Candidates by what differs in them, each tried once."""

    def __init__(self, search: Search, space: Space) -> None:
        self.search, self.space = search, space
        self.known: dict[str, Tried] = {}
        self.impossible = 0

    def run(self, study: Any, trials: int) -> int:
        search = self.search
        mornings = min(SAMPLED, search.mornings)
        search.planned = trials * mornings
        repeats = 0
        while len(search.tried) < trials and repeats < MOST_REPEATS:
            asked = [study.ask() for _ in range(min(BATCH, trials - len(search.tried)))]
            named = [self._named(trial) for trial in asked]
            new = list({one.candidate.number: one for one in named if one is not None and not one.values}.values())
            search.meet(new, mornings)
            search.tried += new
            repeats = 0 if new else repeats + 1
            for trial, one in zip(asked, named, strict=True):
                self._tell(study, trial, one)
        if not search.tried:
            raise ConfigError("the design space is empty: no combination of its values was possible")
        search.go_on(search.tried)
        return self.impossible

    def _named(self, trial: Trial) -> Tried | None:
        bases = {base.name: base for base in self.space.bases}
        base = bases[trial.suggest_categorical("from", list(bases))]
        changes: dict[str, Any] = {}
        for variable in self.space.of(base):
            if variable.is_range:
                kind, _ = standing(base, variable.path)
                changes[variable.key] = variable.at(kind, trial.suggest_float(variable.key, 0.0, 1.0))
            else:
                changes[variable.key] = variable.values[trial.suggest_int(variable.key, 0, len(variable.values) - 1)]
        key = f"{base.name} {changes}"
        if key not in self.known:
            made: Candidate | None = candidate(base, changes, len(self.known) + 1)
            if made is None:
                self.impossible += 1
                return None
            self.known[key] = Tried(made)
        return self.known[key]

    def _tell(self, study: Any, trial: Any, one: Tried | None) -> None:
        from optuna.trial import TrialState

        if one is None:
            study.tell(trial, state=TrialState.FAIL)
            return
        for constraint in self.search.constraints:
            trial.set_constraint(constraint.metric, constraint.violation(one.values))
        study.tell(trial, [value if math.isfinite(value) else NEVER for value in means(one.values, self.search.minimised)])
