package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.bench.LayerCases.LayerCase;
import dev.caviar.engine.compile.Profile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/// Each layer on its own: a step of training as a compiled program, beside a peer that takes turns with us.
@Command(
    name = "layers",
    description = "Times each layer forward and backward, beside a peer where one is named.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "A repetition computes the sum of the output times fixed random numbers, and its gradients with regard to the input and all",
        "parameters. Both sides take turns; each time is the median of all of its repetitions; ratio is the peer's time over ours.",
        "", "Examples:",
        "  caviar bench layers --peer pytorch --json layers.json",
        "  caviar bench layers --only conv1d,lstm --profile"})
final class BenchLayers implements Callable<Integer> {
    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "threads that work on one step")
    private int threads;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "these layers only")
    private List<String> only = List.of();

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5", description = "how often each side has its turn")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "0.1", description = "about how long a turn is; the warm-up is twice that")
    private double seconds;

    @Option(names = "--profile", description = "print where each layer's time goes, too")
    private boolean profile;

    @Option(names = "--peer", paramLabel = "NAME", description = "pytorch: installed at the first use (Python 3.11 to 3.13 on the PATH)")
    private @Nullable String peer;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        Work.positive("--threads", threads);
        Work.positive("--rounds", rounds);
        if (!(seconds > 0)) throw new BadInput("--seconds is " + seconds + ", but must be above 0.");
        var cases = cases();
        report.prepare();
        var rows = new ArrayList<Map<String, Object>>();
        var figures = new LinkedHashMap<String, Object>();
        figures.put("layers", rows);
        figures.put("threads", threads);
        try (var beside = PeerRun.named(peer, Peer.Task.LAYERS, Precision.f32, threads);
                var turns = beside == null ? null : beside.turns(request(cases))) {
            System.err.printf("%-26s %10s %10s %7s%n", "layer", "ours, us", "peer, us", "ratio");
            for (var one : cases) {
                rows.add(row(one, turns));
                report.keep(figures);
            }
        }
        report.write(figures);
        return 0;
    }

    private List<LayerCase> cases() {
        var all = LayerCases.all();
        var names = all.stream().map(LayerCase::name).toList();
        for (var name : only) {
            if (!names.contains(name)) throw new BadInput("--only " + name + " is no layer.\nMaybe one of " + String.join(", ", names) + ".");
        }
        return all.stream().filter(one -> only.isEmpty() || only.contains(one.name())).toList();
    }

    private Map<String, Object> request(List<LayerCase> cases) {
        return Map.of("task", "layers", "threads", threads, "layers", cases.stream().collect(Collectors.toMap(LayerCase::name,
                one -> one.inputs().stream().map(type -> type.shape().dims()).toList())));
    }

    private Map<String, Object> row(LayerCase one, PeerRun.@Nullable Turns turns) {
        var row = new LinkedHashMap<String, Object>();
        row.put("name", one.name());
        var ours = new ArrayList<Double>();
        var theirs = new ArrayList<Double>();
        try (var step = new LayerStep(one, threads)) {
            if (turns != null) same(one, step, turns.take(one.name(), 2 * seconds));
            turn(step, 2 * seconds);
            for (int round = 0; round < rounds; round++) {
                ours.addAll(turn(step, seconds));
                if (turns != null) turns.take(one.name(), seconds).get("microseconds").forEach(each -> theirs.add(each.asDouble()));
            }
            row.put("ours_us", median(ours));
            if (turns != null) {
                row.put("peer_us", median(theirs));
                row.put("ratio", median(theirs) / median(ours));
            }
            System.err.println(line(row));
            if (profile) profile(step);
        }
        return row;
    }

    /// What gives another number of numbers is another layer.
    private static void same(LayerCase one, LayerStep step, JsonNode answer) {
        if (answer.get("size").asLong() != step.size)
            throw new IllegalStateException(one.name() + " gives " + step.size + " numbers, and the peer's " + answer.get("size") + ".");
    }

    /// The microseconds of each repetition.
    private static List<Double> turn(LayerStep step, double seconds) {
        var each = new ArrayList<Double>();
        long began = System.nanoTime();
        long end = began + (long) (seconds * 1e9);
        for (long now = began; now < end || each.size() < 3;) {
            step.run();
            long then = System.nanoTime();
            each.add((then - now) / 1e3);
            now = then;
        }
        return each;
    }

    private static double median(List<Double> values) {
        return new Passes(values).median();
    }

    private static String line(Map<String, Object> row) {
        var text = String.format(Locale.ROOT, "%-26s %10.1f", row.get("name"), row.get("ours_us"));
        return row.containsKey("ratio") ? text + String.format(Locale.ROOT, " %10.1f %7.2f", row.get("peer_us"), row.get("ratio")) : text;
    }

    private void profile(LayerStep step) {
        try (var watch = Profile.start()) {
            turn(step, seconds);
            watch.stop();
            System.err.println(watch.print());
        }
    }
}
