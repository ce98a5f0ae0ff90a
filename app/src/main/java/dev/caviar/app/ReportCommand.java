package dev.caviar.app;

import dev.caviar.lab.plot.Report;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
    @Mixin
    private StudyCommand.Named named = new StudyCommand.Named();

    @Option(names = "--out", paramLabel = "FILE", description = {"the page", "  Default: report.html"})
    private Path out = Path.of("report.html");

    @Override
    public Integer call() {
        try (var storage = named.place().open()) {
            Report.of(storage, named.name()).write(out);
        }
        named.place().answer(Map.of("report", out.toString()), List.of("Written to " + out));
        return 0;
    }
}
