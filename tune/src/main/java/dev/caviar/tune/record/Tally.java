package dev.caviar.tune.record;

import java.util.List;

/// How far a study is, without its whole history.
///
/// ```java
/// var tally = new Tally(12, 8, 1, 1, 11, 0, List.of(TrialView.running(11)), List.of());
/// assert tally.finished() == 10;
/// ```
///
/// @param trials   how many trials there are in all; the number of the next one
/// @param complete how many ended with a value
/// @param pruned   how many were stopped as hopeless
/// @param failed   how many failed by themselves
/// @param nextSlot the first slot that was never begun
/// @param given    how many trials had their setting from elsewhere: queued ones, and those of other programs
/// @param open     running and waiting trials
/// @param cutOff   trials that were cut off and not yet begun again, by slot
public record Tally(int trials, int complete, int pruned, int failed, int nextSlot, int given, List<TrialView> open, List<TrialView> cutOff) {
    public Tally {
        open = List.copyOf(open);
        cutOff = List.copyOf(cutOff);
    }

    /// Complete, pruned and failed ones; those cut off are none of these.
    public int finished() {
        return complete + pruned + failed;
    }
}
