package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Random search in rounds, each in the region where the last one was good.
///
/// The first round is coarse: anywhere in the space. After a round the region shrinks around the best quarter of the trials in it: for a number
/// to between their outer quantiles on the parameter's own scale, with some margin, for a choice to the values among them. When a round finds
/// nothing better than those before it, zooming no longer pays, and the next round begins anew in the whole space. Every trial keeps its round and
/// region, in the system attributes [#ROUND] and [#REGION].
///
/// ```java
/// var space = Space.of(Param.of("rate", Real.log(1e-6, 1)), Param.of("units", Whole.of(16, 512)));
/// var study = Study.inMemory(StudyOptions.of("zoom").withSpace(space).withSampler(CoarseToFineSampler.of(20)).withSeed(1));
/// study.optimize(trial -> Math.abs(Math.log10(trial.real("rate")) + 3) + Math.abs(trial.whole("units") - 100) / 50.0, Budget.trials(80));
/// assert study.best().orElseThrow().value().getAsDouble() < 0.3;
/// ```
public final class CoarseToFineSampler implements Sampler {
    /// Key of the system attribute with the round of a trial, from 0.
    public static final String ROUND = "caviar:round";
    /// Key of the system attribute with the region of a trial: for each parameter the least and the greatest value, or the values of a choice.
    public static final String REGION = "caviar:region";
    private static final double OUTER = 0.1;
    private static final double MARGIN = 0.25;

    private final int round;

    private CoarseToFineSampler(int round) {
        if (round < 4) throw new SpaceException("CoarseToFineSampler(" + round + " trials in a round): at least 4 are needed.");
        this.round = round;
    }

    /// With so many trials in a round, at least 4.
    public static CoarseToFineSampler of(int round) {
        return new CoarseToFineSampler(round);
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        var region = region(past, trial.slot(), space);
        var values = new LinkedHashMap<String, @Nullable Object>();
        for (var param : space.params()) values.put(param.name(), region.draw(param.name(), param.dist(), random));
        return values;
    }

    /// Only for parameters that are not in the space: at random.
    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return dist.at(random.nextDouble());
    }

    @Override
    public Map<String, @Nullable Object> notes(History past, TrialView trial, Space space) {
        var region = region(past, trial.slot(), space);
        var described = new LinkedHashMap<String, @Nullable Object>();
        for (var param : space.params()) described.put(param.name(), region.values(param.name(), param.dist()));
        var notes = new LinkedHashMap<String, @Nullable Object>();
        notes.put(ROUND, trial.slot() / round);
        notes.put(REGION, described);
        return notes;
    }

    // Round by round again from the beginning: whatever is not known yet, by the lag, is left out.
    private Region region(History past, int slot, Space space) {
        var rounds = new ArrayList<List<TrialView>>();
        for (int i = 0; i < slot / round; i++) rounds.add(new ArrayList<>());
        for (var trial : past.trials())
            if (trial.slot() >= 0 && trial.slot() / round < rounds.size() && trial.state() == TrialState.COMPLETE && trial.violation() == 0)
                rounds.get(trial.slot() / round).add(trial);
        var region = Region.whole(space);
        var inside = new ArrayList<TrialView>();
        for (var trials : rounds) {
            var before = TrialView.ranked(inside, past.direction());
            inside.addAll(trials);
            var ranked = TrialView.ranked(inside, past.direction());
            if (ranked.isEmpty()) continue;
            if (!before.isEmpty() && ranked.getFirst() == before.getFirst()) {
                region = Region.whole(space);
                inside.clear();
            } else {
                region = region.around(ranked.subList(0, Math.max(Math.min(3, ranked.size()), Math.min(ranked.size(), round) / 4)), space);
            }
        }
        return region;
    }

    /// Part of a space: for numbers a stretch of [0, 1], for choices some indices.
    private record Region(Map<String, double[]> stretches, Map<String, int[]> kept) {
        static Region whole(Space space) {
            var stretches = new LinkedHashMap<String, double[]>();
            var kept = new LinkedHashMap<String, int[]>();
            for (var param : space.params()) {
                if (param.dist() instanceof Choice choice) {
                    var all = new int[choice.values().size()];
                    Arrays.setAll(all, i -> i);
                    kept.put(param.name(), all);
                } else {
                    stretches.put(param.name(), new double[] {0, 1});
                }
            }
            return new Region(stretches, kept);
        }

        Region around(List<TrialView> best, Space space) {
            var closer = new LinkedHashMap<>(stretches);
            var fewer = new LinkedHashMap<>(kept);
            for (var param : space.params()) {
                var name = param.name();
                var values = best.stream().filter(trial -> trial.params().containsKey(name) && param.dist().contains(trial.params().get(name)))
                        .map(trial -> trial.params().get(name)).toList();
                if (values.isEmpty()) continue;
                if (param.dist() instanceof Choice choice) {
                    var indices = new TreeSet<Integer>();
                    for (var value : values) indices.add(choice.index(value));
                    fewer.put(name, indices.stream().mapToInt(Integer::intValue).toArray());
                } else {
                    closer.put(name, closer(closer.get(name), values.stream().mapToDouble(param.dist()::unit).sorted().toArray()));
                }
            }
            return new Region(closer, fewer);
        }

        private static double[] closer(double[] now, double[] places) {
            double low = quantile(places, OUTER), high = quantile(places, 1 - OUTER);
            double margin = MARGIN * Math.max(high - low, (now[1] - now[0]) / 4);
            return new double[] {Math.max(now[0], low - margin), Math.min(now[1], high + margin)};
        }

        private static double quantile(double[] sorted, double share) {
            double at = share * (sorted.length - 1);
            int low = (int) at, high = Math.min(low + 1, sorted.length - 1);
            return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
        }

        @Nullable Object draw(String name, Dist dist, RandomGenerator random) {
            if (dist instanceof Choice choice) return choice.values().get(kept.get(name)[random.nextInt(kept.get(name).length)]);
            var stretch = stretches.get(name);
            return dist.at(stretch[0] + random.nextDouble() * (stretch[1] - stretch[0]));
        }

        List<@Nullable Object> values(String name, Dist dist) {
            var values = new ArrayList<@Nullable Object>();
            if (dist instanceof Choice choice) for (int index : kept.get(name)) values.add(choice.values().get(index));
            else for (double place : stretches.get(name)) values.add(dist.at(place));
            return values;
        }
    }
}
