package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Tunes what matters most first: the parameters of the first tier while all others wait at their usual values, then those of the second beside the
/// best of the first, and so on; at last all of them together.
///
/// Within a tier and at last another sampler proposes. The order of the notes: learning rate; momentum, batch size, hidden units; layers, decay; Adam's
/// betas and epsilon ([dev.caviar.tune.space.Preset#tiers]).
///
/// ```java
/// var space = dev.caviar.tune.space.Preset.tiers().space();
/// Sampler sampler = TieredSampler.over(new RandomSampler(), space, 60);
/// ```
///
/// @param inner        who proposes
/// @param perParameter trials that each parameter of a tier adds to the tier's turn
public record TieredSampler(Sampler inner, int perParameter) implements Sampler {
    public TieredSampler {
        if (perParameter < 1) throw new IllegalArgumentException("TieredSampler: " + perParameter + " trials for each parameter; one is the least.");
    }

    /// All tiers within three quarters of so many trials, as far as there is one trial for each parameter.
    public static TieredSampler over(Sampler inner, Space space, int trials) {
        return new TieredSampler(inner, Math.max(1, 3 * trials / 4 / Math.max(1, space.params().size())));
    }

    /// The tier whose turn it is in a slot; one more than the last where all are tuned together.
    public int tier(Space space, int slot) {
        var end = 0L;
        for (var tier : space.tiers()) {
            end += perParameter * of(space, tier).size();
            if (slot < end) return tier;
        }
        return space.tiers().getLast() + 1;
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        if (space.params().isEmpty()) return inner.propose(past, trial, space, random);
        var turn = tier(space, trial.slot());
        var all = turn > space.tiers().getLast();
        var values = new LinkedHashMap<>(inner.propose(past, trial, all ? space : alone(space, turn), random));
        if (all) return values;
        Map<String, @Nullable Object> best = past.best().map(TrialView::params).orElse(Map.of());
        for (var param : space.params()) {
            if (param.tier() == turn) continue;
            values.put(param.name(), param.tier() < turn && best.containsKey(param.name()) && param.dist().contains(best.get(param.name()))
                    ? best.get(param.name()) : param.waiting());
        }
        return values;
    }

    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return inner.propose(past, trial, name, dist, random);
    }

    @Override
    public Map<String, @Nullable Object> notes(History past, TrialView trial, Space space) {
        if (space.params().isEmpty() || tier(space, trial.slot()) > space.tiers().getLast()) return inner.notes(past, trial, space);
        return inner.notes(past, trial, alone(space, tier(space, trial.slot())));
    }

    private static List<Param> of(Space space, int tier) {
        return space.params().stream().filter(param -> param.tier() == tier).toList();
    }

    // Without conditions on what is not chosen now: values of parameters that turn out not to exist are ignored.
    private static Space alone(Space space, int tier) {
        var params = of(space, tier);
        var names = params.stream().map(Param::name).toList();
        return new Space(params.stream().map(param -> {
            var when = new HashMap<>(param.when());
            when.keySet().retainAll(names);
            return new Param(param.name(), param.dist(), when, tier, param.usual());
        }).toList());
    }

    @Override
    public String toString() {
        return inner + " tier by tier";
    }
}
