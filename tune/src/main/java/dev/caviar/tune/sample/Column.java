package dev.caviar.tune.sample;

import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One parameter of all finished trials as coordinates: a choice's index, a number's place in [0, 1], NaN where the trial does not have it.
final class Column {
    // Above so many values a cell is so narrow that the density at its middle says what its mass is.
    private static final long FINE = 400;

    private final String name;
    private final Dist dist;
    private double[] places = new double[16];
    private int[] rising = new int[16];
    private int size;
    private int present;

    Column(String name, Dist dist) {
        this.name = name;
        this.dist = dist;
    }

    String name() {
        return name;
    }

    boolean choice() {
        return dist instanceof Choice;
    }

    /// How many values a choice has.
    int choices() {
        return ((Choice) dist).values().size();
    }

    /// Whether places are middles of cells wide enough to have a mass of their own.
    boolean cells() {
        return dist.size().isPresent() && (dist.size().getAsLong() <= FINE || dist instanceof Whole whole && whole.scale() == Scale.LOG);
    }

    /// The lower border of the cell in whose middle the place lies.
    double from(double place) {
        return border(place, -0.5);
    }

    /// The upper border.
    double to(double place) {
        return border(place, 0.5);
    }

    private double border(double place, double side) {
        if (dist instanceof Whole whole && whole.scale() == Scale.LOG) {
            double from = Math.log(whole.low() - 0.5), to = Math.log(whole.high() + 0.5);
            return (Math.log((Long) whole.at(place) + side) - from) / (to - from);
        }
        return place + side / dist.size().orElseThrow();
    }

    double place(@Nullable Object value) {
        return dist instanceof Choice choice ? choice.index(value) : dist.unit(value);
    }

    @Nullable Object value(double place) {
        return dist instanceof Choice choice ? choice.values().get((int) place) : dist.at(place);
    }

    /// The place of an evenly drawn value.
    double anywhere(RandomGenerator random) {
        return place(dist.at(random.nextDouble()));
    }

    /// The place of a trial's value; NaN where it has none that belongs here.
    double place(TrialView trial) {
        if (!trial.params().containsKey(name)) return Double.NaN;
        var value = trial.params().get(name);
        if (dist.equals(trial.space().get(name)) || dist.contains(value)) return place(value);
        return Double.NaN;
    }

    /// The place of a trial, by its index.
    double at(int trial) {
        return places[trial];
    }

    /// The trials that have the parameter, by rising place; only the first [#present] count.
    int[] rising() {
        return rising;
    }

    int present() {
        return present;
    }

    /// Learns of the trials that it does not know yet.
    void follow(List<TrialView> trials) {
        for (; size < trials.size(); size++) {
            if (size == places.length) places = Arrays.copyOf(places, 2 * size);
            double place = place(trials.get(size));
            places[size] = place;
            if (!Double.isNaN(place)) insert(size, place);
        }
    }

    /// Forgets all trials from this one on.
    void forget(int from) {
        if (size <= from) return;
        size = from;
        var kept = Arrays.stream(rising, 0, present).filter(trial -> trial < from).toArray();
        present = kept.length;
        System.arraycopy(kept, 0, rising, 0, present);
    }

    private void insert(int trial, double place) {
        int low = 0, high = present;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (places[rising[middle]] <= place) low = middle + 1;
            else high = middle;
        }
        if (present == rising.length) rising = Arrays.copyOf(rising, 2 * present);
        System.arraycopy(rising, low, rising, low + 1, present - low);
        rising[low] = trial;
        present++;
    }

    /// Whether a real number may be anything: two trials never agree.
    boolean continuous() {
        return dist instanceof Real && dist.size().isEmpty();
    }
}
