package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Bayesian optimisation: believes in a Gaussian process after what is known, and tries where it expects the greatest improvement.
///
/// For searches of up to some hundred trials that cost much more than a second each. The first trials spread out. Numbers, choices and
/// conditions are searched together: the process knows a parameter that does not exist as such, and is only asked about values that can be.
/// System attribute `constraints` ([TrialView#CONSTRAINTS]) of finished trials counts; failed trials make their surroundings unlikely; settings of pending
/// trials are taken into account by what they may turn out to be; stopped trials count as no better than the median. Where every setting is
/// listed, none is proposed twice before all were. Of several directions each proposal weighs them differently. An objective that defines its
/// parameters as it runs has those searched together that all trials have.
///
/// Matérn 5/2 kernel with a length for every parameter, fitted by the maximum of its posterior; logarithm of expected improvement (Ament et al.,
/// NeurIPS 2023). See Snoek, Larochelle and Adams, "Practical Bayesian optimization of machine learning algorithms", NeurIPS 2012.
///
/// ```java
/// try (var study = Study.inMemory(StudyOptions.of("bowl").withSampler(GpSampler.of()).withSpace(Space.of(Param.of("x", Real.of(-10, 10)))))) {
///     study.optimize(trial -> Math.pow(trial.real("x") - 5, 2), Budget.trials(20));
///     assert study.best().orElseThrow().value().getAsDouble() < 0.1;
/// }
/// ```
public final class GpSampler implements Sampler {
    private static final int SPREAD = 100;
    private static final int GOOD = 5;
    private static final int FANTASIES = 16;
    static final int STARTUP = 6;
    private static final int REMEMBERED = 256;
    // An improvement by less, in deviations of the losses, does not count: else a plateau would be searched to its end (Lizotte 2008, section 4.2.2).
    private static final double COARSE = 0.02, FINE = 0.0005;

    private final int startup;
    // Fits are functions of the evidence: to remember them changes nothing but the time.
    private final Map<Object, Object> memory = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Object> eldest) {
            return size() > REMEMBERED;
        }
    };

    private GpSampler(int startup) {
        if (startup < 2) throw new IllegalArgumentException("GpSampler(startup trials " + startup + "): at least 2 are needed.");
        this.startup = startup;
    }

    /// With 6 startup trials.
    public static GpSampler of() {
        return new GpSampler(STARTUP);
    }

    /// The same with another number of trials, at least 2, that spread out before the first one is believed in.
    public GpSampler withStartupTrials(int trials) {
        return new GpSampler(trials);
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        if (space.params().isEmpty()) return Map.of();
        var axes = new Axes(space);
        return axes.values(point(axes, past, random));
    }

    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        var shared = shared(past);
        if (past.complete().size() < startup || !dist.equals(shared.get(name))) return dist.at(random.nextDouble());
        var joint = (Map<?, ?>) remembered(List.of(trial.slot(), past), () -> {
            var space = new Space(shared.entrySet().stream().map(entry -> Param.of(entry.getKey(), entry.getValue())).toList());
            return propose(past, trial, space, new SplittableRandom(trial.slot()));
        });
        return joint.get(name);
    }

    // What all complete trials have, as the last of them had it.
    private static Map<String, Dist> shared(History past) {
        var complete = past.complete();
        if (complete.isEmpty()) return Map.of();
        var shared = new LinkedHashMap<>(complete.getLast().space());
        for (var trial : complete) shared.keySet().retainAll(trial.space().keySet());
        return shared;
    }

    private double[] point(Axes axes, History past, RandomGenerator random) {
        var evidence = Evidence.of(axes, past, random);
        var known = evidence.points().length;
        if (known < 3 || known + evidence.pending().length < startup) return spread(axes, evidence, random);
        var choices = new boolean[axes.count()];
        for (var axis = 0; axis < choices.length; axis++) choices[axis] = axes.choice(axis);
        var found = new AcquisitionSearch(axes, acquisition(axes, choices, evidence, random), evidence.tried(), random).best(good(evidence));
        return found == null ? axes.existing(axes.random(random)) : found;
    }

    private Acquisition acquisition(Axes axes, boolean[] choices, Evidence evidence, RandomGenerator random) {
        var values = Losses.warped(evidence.losses());
        var best = IntStream.range(0, values.length).filter(i -> evidence.kept()[i]).mapToDouble(i -> values[i]).min();
        var limits = new ArrayList<GaussianProcess>();
        for (var limit : evidence.limits()) {
            var scaled = Losses.scaled(limit.values());
            var process = new GaussianProcess(kernel(choices, limit.points(), limit.values(), Losses::scaled), limit.points(), scaled);
            limits.add(process.imagining(evidence.pending(), scaled, 1, random));
        }
        if (best.isEmpty()) return new Acquisition(null, new double[0], limits);
        var kernel = kernel(choices, evidence.points(), evidence.losses(), Losses::warped);
        var process = new GaussianProcess(kernel, evidence.points(), values).imagining(evidence.pending(), values, FANTASIES, random);
        var bests = new double[evidence.pending().length == 0 ? 1 : FANTASIES];
        Arrays.fill(bests, best.getAsDouble() - (axes.coarse() ? COARSE : FINE));
        return new Acquisition(process, bests, limits);
    }

    /// Changes raw values into those that a process believes in.
    private interface Warp {
        double[] of(double[] raw);
    }

    // Fitted to so many of the first points that a new fit is worth its time, from the fit to half of them on.
    private Kernel kernel(boolean[] choices, double[][] points, double[] raw, Warp warp) {
        var step = Math.max(1, points.length / 20);
        return fitted(choices, points, raw, points.length / step * step, warp);
    }

    private Kernel fitted(boolean[] choices, double[][] points, double[] raw, int count, Warp warp) {
        var key = DoubleBuffer.allocate(count * (choices.length + 1));
        for (var i = 0; i < count; i++) key.put(points[i]).put(raw[i]);
        return (Kernel) remembered(key.flip(), () -> {
            var before = count >= 16 ? fitted(choices, points, raw, count / 2, warp) : null;
            return KernelFit.fit(choices, Arrays.copyOf(points, count), warp.of(Arrays.copyOf(raw, count)), before);
        });
    }

    private Object remembered(Object key, Supplier<Object> otherwise) {
        synchronized (memory) {
            var known = memory.get(key);
            if (known != null) return known;
        }
        var found = otherwise.get();
        synchronized (memory) {
            memory.put(key, found);
        }
        return found;
    }

    private static List<double[]> good(Evidence evidence) {
        return IntStream.range(0, evidence.points().length).boxed()
                .sorted(Comparator.comparing((Integer i) -> !evidence.kept()[i]).thenComparing(i -> evidence.losses()[i]))
                .limit(GOOD).map(i -> evidence.points()[i]).toList();
    }

    // The middle first: ranges are usually chosen around what is plausible. Then the farthest of some random points from all that was tried.
    private static double[] spread(Axes axes, Evidence evidence, RandomGenerator random) {
        if (evidence.tried().isEmpty()) return axes.existing(axes.middle(random));
        var known = evidence.tried().stream().map(DoubleBuffer::array).toList();
        double[] best = axes.existing(axes.random(random));
        var farthest = 0.0;
        for (var i = 0; i < SPREAD; i++) {
            var point = axes.existing(axes.random(random));
            var nearest = Double.POSITIVE_INFINITY;
            for (var other : known) nearest = Math.min(nearest, axes.distance(point, other));
            if (nearest > farthest) {
                best = point;
                farthest = nearest;
            }
        }
        return best;
    }
}
