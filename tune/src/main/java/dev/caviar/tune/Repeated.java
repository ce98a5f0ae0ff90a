package dev.caviar.tune;

import java.util.ArrayList;
import java.util.List;

/// Tries each setting several times and gives the means.
record Repeated(Objective objective, int times) implements Objective {
    Repeated {
        if (times < 1) throw new IllegalArgumentException("repeated(" + times + "): a setting is tried once at least.");
    }

    @Override
    public double evaluate(Trial trial) throws Exception {
        return values(trial).getFirst();
    }

    @Override
    public List<Double> values(Trial trial) throws Exception {
        var all = new ArrayList<List<Double>>();
        for (var repeat = 0; repeat < times; repeat++) {
            trial.repeat(repeat);
            all.add(objective.values(trial));
        }
        trial.repeat(0);
        var means = new ArrayList<Double>();
        var spreads = new ArrayList<Double>();
        for (var i = 0; i < all.getFirst().size(); i++) {
            var column = i;
            var mean = all.stream().mapToDouble(values -> values.get(column)).average().orElseThrow();
            var squares = all.stream().mapToDouble(values -> Math.pow(values.get(column) - mean, 2)).sum();
            means.add(mean);
            spreads.add(times == 1 ? 0 : Math.sqrt(squares / (times - 1)));
        }
        var single = means.size() == 1;
        trial.note("repeats", single ? all.stream().map(List::getFirst).toList() : all);
        trial.note("spread", single ? spreads.getFirst() : spreads);
        return means;
    }
}
