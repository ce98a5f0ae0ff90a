package dev.caviar.bench;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Fleet;
import dev.caviar.nn.train.History;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Trains K networks 64-64-64-10 on the digits in batches of 32, with learning rates and seeds of their own: one after the
/// other, and as one program.
@Command(
    name = "batched",
    description = "Trains K small networks one by one and as one program.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "Example:", "  caviar bench batched --k 16 --dtype f32 --json batched.json"})
final class BenchBatched implements Callable<Integer> {
    private static final int BATCH = 32;
    private static final int STEPS = 44;
    private static final int WARM_STEPS = 1500;
    private static final int ROUNDS = 5;

    @Option(names = "--k", paramLabel = "K", defaultValue = "16", description = "how many networks")
    private int k;

    @Mixin
    private Epochs epochs = new Epochs(5);

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "number format: ${COMPLETION-CANDIDATES}")
    private Precision dtype = Precision.f32;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        Work.positive("--k", k);
        int passes = epochs.count();
        report.prepare();
        var digits = DataSource.of("digits").load().train().limit(BATCH * STEPS);
        int warm = Math.ceilDiv(WARM_STEPS, STEPS);
        alone(digits, Math.ceilDiv(warm, k));
        batched(digits, warm);
        double one = Double.MAX_VALUE;
        double all = Double.MAX_VALUE;
        // In turn, and the best of several: the machine varies more than the two differ.
        for (int round = 0; round < ROUNDS; round++) {
            one = Math.min(one, alone(digits, passes));
            all = Math.min(all, batched(digits, passes));
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("k", k);
        figures.put("dtype", dtype.name());
        figures.put("one_by_one_seconds", one);
        figures.put("batched_seconds", all);
        figures.put("ratio", one / all);
        figures.put("one_by_one_microseconds_per_step", one / passes / STEPS * 1e6);
        figures.put("batched_microseconds_per_step", all / passes / STEPS * 1e6);
        figures.put("provider", Provider.best().name());
        report.write(figures);
        return 0;
    }

    private List<Fleet.Member> members(Examples digits, int passes) {
        var members = new ArrayList<Fleet.Member>();
        var normaliser = Normaliser.fit(digits);
        for (int i = 0; i < k; i++) {
            var model = Model.of(Flatten.of(), Dense.of(64, "relu"), Dense.of(64, "relu"), Dense.of(10, "softmax")).withSeed(i)
                    .withNormaliser(normaliser).withPrecision(dtype.name())
                    .compile(Adam.of(0).withRate(Schedule.constant(1e-3 * (1 + i))), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
            members.add(new Fleet.Member(model, digits, Fit.of().withEpochs(passes + 1).withBatch(BATCH).withSeed(i).withVerbosity(Verbosity.SILENT)));
        }
        return members;
    }

    private double alone(Examples digits, int passes) {
        return members(digits, passes).stream().mapToDouble(member -> seconds(member.model().fit(member.examples(), member.fit()))).sum();
    }

    private double batched(Examples digits, int passes) {
        return Fleet.fit(members(digits, passes)).stream().mapToDouble(BenchBatched::seconds).max().orElseThrow();
    }

    /// Of all epochs but the first, in which the step is compiled.
    private static double seconds(History history) {
        return history.epochs().stream().skip(1).mapToDouble(History.Epoch::seconds).sum();
    }
}
