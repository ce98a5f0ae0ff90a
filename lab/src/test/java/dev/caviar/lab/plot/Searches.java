package dev.caviar.lab.plot;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Space;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Made-up searches that look like real ones: a best learning rate near 3e-3, some runs that fail or are pruned.
final class Searches {
    private Searches() {}

    static History search(Space space, int trials, int epochs, long seed) {
        var random = new Random(seed);
        var list = new ArrayList<TrialView>();
        for (var i = 0; i < trials; i++) list.add(trial(space, i, epochs, random));
        return new History(list, List.of(Direction.MAXIMIZE));
    }

    static TrialView trial(Space space, int number, int epochs, Random random) {
        var trial = TrialView.running(number);
        var values = new HashMap<String, @Nullable Object>();
        var off = 0.0;
        for (var param : space.parentsFirst()) {
            if (!space.active(param.name(), values)) continue;
            var value = param.dist().at(random.nextDouble());
            values.put(param.name(), value);
            trial = trial.withParam(param.name(), param.dist(), value);
            if (param.name().equals("learning_rate")) off = Math.abs(Math.log10((Double) value) + 2.5);
        }
        var top = 0.972 - 0.02 * off * off - 0.01 * random.nextDouble();
        var fate = random.nextDouble();
        var last = epochs;
        if (fate < 0.08) last = 1 + random.nextInt(epochs);
        else if (fate < 0.25) last = Math.max(1, epochs / 3);
        var best = 0.0;
        for (var epoch = 1; epoch <= last; epoch++) {
            var value = top * (1 - 0.25 * Math.exp(-epoch * (0.4 + 0.5 / (1 + off)))) + 0.004 * random.nextGaussian();
            best = Math.max(best, value);
            trial = trial.withReport(epoch, fate < 0.08 && epoch == last ? Double.NaN : value);
        }
        if (fate < 0.08) return trial.ended(TrialState.FAIL);
        return last < epochs ? trial.ended(TrialState.PRUNED, best) : trial.ended(TrialState.COMPLETE, fate > 0.97 ? 0.11 : best);
    }
}
