package dev.caviar.tune;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storage;
import java.util.List;

/// Copies studies from storage to storage.
final class Copy {
    private Copy() {}

    static void of(Storage from, String study, Storage to, String as) {
        var view = from.study(study);
        to.create(as, view.directions(), view.systemAttributes());
        view.attributes().forEach((key, value) -> to.note(as, key, value));
        for (var trial : from.trials(study)) to.add(as, trial.state() == TrialState.RUNNING ? cutOff(trial) : trial);
    }

    // Whoever runs it tells the other study how it ends: here it has to be run again.
    private static TrialView cutOff(TrialView trial) {
        var state = Owner.of(trial) == null ? trial : trial.withSystemAttribute(TrialView.CUT_OFF, true);
        var ended = trial.started();
        return new TrialView(state.number(), TrialState.FAIL, state.params(), state.space(), state.reports(), List.of(), state.attributes(),
                state.systemAttributes(), ended, ended);
    }
}
