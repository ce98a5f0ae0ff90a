package dev.caviar.tune;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/// What trials may see of a study: what came before them, as far as the lag lets it through.
///
/// @param prior      trials of a warm start, which all see
/// @param wholeSpace whether a trial's setting is chosen when it begins, and not as its objective runs
record Past(Storage storage, String study, List<Direction> directions, List<TrialView> prior, boolean wholeSpace) {
    /// What there is to see before the first trial.
    History nothing() {
        return new History(List.of(), directions);
    }

    /// All trials by number but the hidden ones.
    List<TrialView> visible() {
        var hidden = storage.find(study).map(Notes::hidden).orElse(Set.of());
        var trials = storage.trials(study);
        return hidden.isEmpty() ? trials : trials.stream().filter(trial -> !hidden.contains(trial.number())).toList();
    }

    /// What a trial in this slot may see now.
    History of(int slot, int lag) {
        return WarmStart.before(prior, of(visible(), slot, lag));
    }

    /// What a trial in this slot may see of these: of those that the lag hides, and of those still running, what they try.
    History of(List<TrialView> trials, int slot, int lag) {
        var seen = new ArrayList<TrialView>(trials.size());
        var pending = new ArrayList<TrialView>();
        var before = -1;
        var inOrder = true;
        for (var trial : trials) {
            var place = trial.slot();
            inOrder &= place > before;
            before = place;
            if (place == slot || trial.cutOff() || lag > 0 && place > slot) continue;
            if (trial.counts() && (lag == 0 || place <= slot - lag)) seen.add(trial);
            else if (!trial.params().isEmpty() && (wholeSpace || lag <= 1)) pending.add(trial.proposed());
        }
        if (!inOrder) {
            var bySlot = Comparator.comparingInt(TrialView::slot);
            seen.sort(bySlot);
            pending.sort(bySlot);
        }
        return new History(seen, directions, pending);
    }
}
