package dev.caviar.app;

import dev.caviar.lab.plot.Report;
import dev.caviar.tune.storage.Storages;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `caviar report`: a study as one page to look at and to hand on.
@Command(
    name = "report",
    description = "Writes a study as one page for a browser, which needs no network.%n",
    mixinStandardHelpOptions = true,
    footer = {"", "Examples:",
        "  caviar report --study digits-20261121-120000 --out digits.html",
        "  caviar report --study tuned --storage sqlite:optuna.db --out tuned.html"})
final class ReportCommand implements Callable<Integer> {
    @Option(names = "--study", paramLabel = "NAME", required = true, description = "its name in the storage")
    @SuppressWarnings("NullAway.Init")
    private String study;

    @Option(names = "--storage", paramLabel = "URL", description = {"where it is kept", "  Default: " + SearchCommand.STORAGE})
    private String storage = SearchCommand.STORAGE;

    @Option(names = "--out", paramLabel = "FILE", description = {"the page", "  Default: report.html"})
    private Path out = Path.of("report.html");

    @Override
    public Integer call() {
        try (var kept = Storages.open(storage)) {
            Report.of(kept, study).write(out);
        }
        Streams.out().println("Written to " + out);
        return 0;
    }
}
