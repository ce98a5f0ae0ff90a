package dev.caviar.app;

import dev.caviar.lab.plot.SpacePreview;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `caviar space`: looks at a search space before anything is trained.
@Command(
    name = "space",
    synopsisSubcommandLabel = "COMMAND",
    description = "Looks at a search space before anything is trained.%n",
    mixinStandardHelpOptions = true,
    commandListHeading = "%nCommands:%n",
    subcommands = {SpaceCommand.Preview.class, SpaceCommand.Schema.class},
    footer = {"", "Examples:", "  caviar space preview my-space.json --out my-space.png", "  caviar space schema > space.schema.json"})
final class SpaceCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /// `caviar space schema`: the form of a space file as a JSON Schema.
    @Command(name = "schema", description = "Prints the form of a space file as a JSON Schema.%n", mixinStandardHelpOptions = true)
    static final class Schema implements Callable<Integer> {
        @Override
        public Integer call() throws IOException {
            try (var in = Space.class.getResourceAsStream("space.schema.json")) {
                Streams.out().print(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
            }
            return 0;
        }
    }

    /// `caviar space preview`: where the values of each parameter will lie.
    @Command(
        name = "preview",
        description = "Shows where the values of each parameter will lie: on a plain line and on its own scale, how many in each decade, and over how many values an average reaches.%n",
        mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  caviar space preview mnist", "  caviar space preview my-space.json --out my-space.png"})
    static final class Preview implements Callable<Integer> {
        private static final int LINE = 60, DRAWS = 10_000, SHOWN = 40;

        @Parameters(index = "0", paramLabel = "SPACE", description = "a .json file, or one of mnist, basic, early-stop, tiers")
        @SuppressWarnings("NullAway.Init")
        private String given;

        @Option(names = "--out", paramLabel = "FILE", description = "where a picture goes, as PNG")
        private @Nullable Path out;

        @Override
        public Integer call() throws IOException {
            var space = given.endsWith(".json") ? Space.read(Path.of(given)) : Preset.named(given).space();
            for (var param : space.params()) {
                Streams.out().println(heading(space, param));
                switch (param.dist()) {
                    case Choice choice -> Streams.out().println("  one of " + choice.values().stream().map(Figures::full).collect(Collectors.joining(", ")));
                    case Real real -> numbers(real, real.low(), real.high(), real.scale());
                    case Whole whole -> numbers(whole, whole.low(), whole.high(), whole.scale());
                }
                Streams.out().println();
            }
            if (out != null) {
                new SpacePreview(space).write(out);
                Streams.out().println("Drawn in " + out);
            }
            return 0;
        }

        private static String heading(Space space, Param param) {
            var text = new StringBuilder(param.name());
            if (space.tiers().size() > 1) text.append("  (tier ").append(param.tier()).append(", waits at ").append(Figures.brief(param.waiting())).append(')');
            param.when().forEach((parent, values) -> text.append("  if ").append(parent).append(" is ")
                    .append(values.stream().map(Figures::full).collect(Collectors.joining(" or "))));
            return text.toString();
        }

        private static void numbers(Dist dist, double low, double high, Scale scale) {
            Streams.out().println("  " + Figures.brief(low) + " to " + Figures.brief(high) + (scale == Scale.LINEAR ? "" : ", scale " + scale.label()));
            var values = draws(dist);
            if (scale != Scale.LINEAR) Streams.out().println("  even line  " + line(Arrays.stream(values).limit(SHOWN).map(value -> (value - low) / (high - low)).toArray()));
            Streams.out().println("  its scale  " + line(Arrays.stream(values).limit(SHOWN).map(value -> dist.unit(dist instanceof Whole ? (Object) (long) value : value)).toArray()));
            decades(values, low, high, scale);
            if (scale == Scale.ONE_MINUS_LOG) Streams.out().println("  an average with it reaches over about " + Figures.rounded(Scale.window(low), 3) + " to " + Figures.rounded(Scale.window(high), 3) + " values: 1 / (1 - value)");
            var advice = advice(low, high, scale);
            if (!advice.isEmpty()) Streams.out().println("  " + advice);
        }

        // Of the distance to one where the scale runs along that.
        private static void decades(double[] values, double low, double high, Scale scale) {
            var reversed = scale == Scale.ONE_MINUS_LOG;
            double from = reversed ? 1 - high : low, to = reversed ? 1 - low : high;
            if (from <= 0 || to / from < 10) return;
            var parts = new ArrayList<String>();
            for (var exponent = (int) Math.floor(Math.log10(from) + 1e-9); Math.pow(10, exponent) < to * (1 - 1e-9); exponent++) {
                double begin = Math.pow(10, exponent), end = 10 * begin;
                var share = Arrays.stream(values).map(value -> reversed ? 1 - value : value).filter(value -> value >= begin * (1 - 1e-9) && value < end * (1 - 1e-9)).count() / (double) DRAWS;
                parts.add((reversed ? Figures.rounded(1 - Math.min(end, to), 6) + " to " + Figures.rounded(1 - Math.max(begin, from), 6)
                        : Figures.rounded(Math.max(begin, from), 4) + " to " + Figures.rounded(Math.min(end, to), 4)) + String.format(Locale.ROOT, ": %.0f %%", 100 * share));
            }
            Streams.out().println("  shares     " + String.join(" · ", parts));
        }

        private static String advice(double low, double high, Scale scale) {
            if (scale != Scale.LINEAR) return "";
            if (low > 0 && high / low >= 100) return "Maybe \"scale\": \"log\": on an even line nine of ten values lie in the last decade.";
            if (low >= 0.5 && high < 1 && (1 - low) / (1 - high) >= 10) return "Maybe \"scale\": \"one-minus-log\": near 1 small steps matter most.";
            return "";
        }

        private static double[] draws(Dist dist) {
            var random = new SplittableRandom(1);
            return IntStream.range(0, DRAWS).mapToDouble(_ -> ((Number) Objects.requireNonNull(dist.at(random.nextDouble()))).doubleValue()).toArray();
        }

        private static String line(double[] places) {
            var counts = new int[LINE];
            for (var place : places) counts[Math.clamp((int) (place * LINE), 0, LINE - 1)]++;
            return "|" + Arrays.stream(counts).mapToObj(count -> count == 0 ? "·" : count == 1 ? "o" : count < 4 ? "O" : "@").collect(Collectors.joining()) + "|";
        }
    }
}
