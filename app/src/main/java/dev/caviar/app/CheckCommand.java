package dev.caviar.app;

import dev.caviar.app.check.LayerCheck;
import dev.caviar.app.check.LayerCheck.Report;
import dev.caviar.app.check.LayerCheck.Result;
import dev.caviar.app.check.LayerCheck.Verdict;
import dev.caviar.engine.memory.DType;
import dev.caviar.nn.format.AtomicFile;
import dev.caviar.nn.format.DataException;
import dev.caviar.tune.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `caviar check`: compares what Caviar computes with what others did.
@Command(
    name = "check",
    synopsisSubcommandLabel = "WHAT",
    description = "Compares what Caviar computes with reference values.%n",
    mixinStandardHelpOptions = true,
    subcommands = CheckCommand.Layers.class)
final class CheckCommand {
    private CheckCommand() {}

    /// `caviar check layers`: layers, losses, optimizers, schedules and metrics against reference vectors.
    @Command(
        name = "layers",
        description = "Compares layers, losses, optimizers, schedules, metrics and models with a folder of reference vectors.%n",
        mixinStandardHelpOptions = true,
        footer = {"", "Exit code: 0 if no case failed, 1 if one did, 2 if the folder or a file cannot be read. A case whose settings are not",
            "understood is unsupported: it has neither passed nor failed.", "", "Example:", "  caviar check layers conformance/layers --dtype f32 --json report.json"})
    static final class Layers implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "the folder with manifest.json and the arrays")
        private Path folder = Path.of("");

        @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f64", description = "the precision: ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
        private Precision dtype = Precision.f64;

        @Option(names = "--json", paramLabel = "FILE", description = "where passed, failed, unsupported and the failures go")
        private @Nullable Path json;

        enum Precision { f64, f32 }

        @Override
        public Integer call() {
            try {
                var report = LayerCheck.run(folder, DType.valueOf(dtype.name().toUpperCase(Locale.ROOT)), Layers::say);
                write(report);
                Streams.out().println(report.count(Verdict.PASSED) + " passed, " + report.failed() + " failed, " + report.count(Verdict.UNSUPPORTED)
                        + " unsupported, in " + dtype + ".");
                return report.exitCode();
            } catch (DataException e) {
                write(new Report(List.of(new Result("manifest.json", Verdict.UNREADABLE, String.valueOf(e.getMessage())))));
                throw e;
            }
        }

        private static void say(Result result) {
            var word = result.verdict() == Verdict.PASSED || result.verdict() == Verdict.UNSUPPORTED ? result.verdict().name().toLowerCase(Locale.ROOT) : result.verdict().name();
            Streams.out().println(result.reason().isEmpty() ? word + "  " + result.id() : word + "  " + result.id() + ": " + result.reason());
        }

        private void write(Report report) {
            if (json == null) return;
            AtomicFile.write(json, out -> out.write(ByteBuffer.wrap((Json.write(report.json()) + "\n").getBytes(StandardCharsets.UTF_8))));
        }
    }
}
