package dev.caviar.app;

import dev.caviar.lab.plot.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `caviar report`: a study as one page to look at and to hand on.
@Command(
    name = "report",
    description = "Writes a study as one page for a browser, which needs no network, or as pictures.%n",
    mixinStandardHelpOptions = true,
    footer = {"", "Examples:",
        "  caviar report --study digits-20261121-120000 --out digits.html",
        "  caviar report --study tuned --storage sqlite:optuna.db --out tuned.html",
        "  caviar report --study tuned --storage sqlite:optuna.db --png pictures"})
final class ReportCommand implements Callable<Integer> {
    @Mixin
    private StudyCommand.Named named = new StudyCommand.Named();

    @Option(names = "--out", paramLabel = "FILE", description = {"the page", "  Default: report.html, or no page with --png"})
    private @Nullable Path out;

    @Option(names = "--png", paramLabel = "FOLDER", description = "every chart as a PNG file in this folder")
    private @Nullable Path png;

    @Override
    public Integer call() throws IOException {
        var written = new LinkedHashMap<String, Object>();
        var lines = new ArrayList<String>();
        try (var storage = named.place().open()) {
            var report = Report.of(storage, named.name());
            if (out != null || png == null) {
                var page = Objects.requireNonNullElse(out, Path.of("report.html"));
                report.write(page);
                written.put("report", page.toString());
                lines.add("Written to " + page);
            }
            if (png != null) {
                var files = report.pictures().writeAll(png);
                written.put("pictures", files.stream().map(Path::toString).toList());
                lines.add(files.size() + " pictures in " + png + ": " + files.stream().map(png::relativize).map(Path::toString).collect(Collectors.joining(", ")));
            }
        }
        named.place().answer(written, lines);
        return 0;
    }
}
