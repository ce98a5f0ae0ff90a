package dev.caviar.app;

import dev.caviar.lab.plot.PictureException;
import dev.caviar.lab.plot.Pictures;
import dev.caviar.lab.run.Champion;
import dev.caviar.lab.run.Outcome;
import dev.caviar.lab.run.Search;
import dev.caviar.nn.format.AtomicFile;
import dev.caviar.tune.Study;
import dev.caviar.tune.TrialStopped;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.DefaultSampler;
import dev.caviar.tune.sample.GridSampler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;

/// One run of a search, from the open study to the files that it leaves: trials, report, the best model, pictures, summary.
///
/// @param search what is searched
/// @param out    the folder for the files
/// @param json   where the summary goes too
/// @param quiet  whether to print nothing but warnings
/// @param resume the command that goes on where this run is ended
record SearchRun(Search search, Path out, @Nullable Path json, boolean quiet, String resume) {
    /// Makes the folders, so that a search does not end without a place for its results.
    void prepare() {
        if (json != null) {
            if (Files.isDirectory(json)) throw new BadInput("--json " + json + " is a folder.\nMaybe add a file name to it.");
            var folder = made(json.toAbsolutePath().normalize().getParent());
            if (!writable(folder)) throw new BadInput("--json " + json + ": nothing can be written in " + folder + ".\nMaybe choose another file.");
        }
        if (!writable(made(out))) throw new BadInput("The folder " + out + " is read-only.\nMaybe choose another by --out.");
    }

    private static Path made(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BadInput("The folder for the results cannot be made: " + e + ".\nMaybe a file of that name is in the way, or you may not write there.", e);
        }
    }

    // Tried, since rights do not tell: of the disk, of some file systems, and of the user who may do everything.
    private static boolean writable(Path folder) {
        try {
            Files.delete(Files.createTempFile(folder, ".caviar", null));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    int run(Study study) {
        var began = System.nanoTime();
        try (var report = new SearchReport(search, quiet); var interruption = Interruption.of(study::stop)) {
            if (search.sampler() instanceof GridSampler grid) grid.warning().ifPresent(report::warning);
            if (search.sampler() instanceof DefaultSampler chosen) report.note(chosen.reason());
            if (study.lag() == 0) report.note("Each trial sees whatever is finished by then: results depend on timing.");
            var training = search.training();
            var outcome = search.run(study, training, report);
            var champion = Optional.<Champion>empty();
            if (!study.stopped()) {
                if (outcome.best().isPresent()) report.best(outcome);
                champion = champion(study, outcome, report);
            }
            if (study.stopped() || interruption.happened()) {
                report.interrupted(study, resume);
                return Interruption.CODE;
            }
            champion.ifPresent(model -> model.model().save(out.resolve("best")));
            var pictures = pictures(outcome, report);
            write(outcome.summary(champion.orElse(null), (System.nanoTime() - began) / 1e9));
            report.end(outcome, champion.orElse(null), out, pictures, resume);
            return outcome.best().isPresent() ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private Optional<Champion> champion(Study study, Outcome outcome, SearchReport report) {
        try {
            return outcome.best().map(best -> search.training().champion(best, study::stopped));
        } catch (TrialStopped e) {
            return Optional.empty();
        }
    }

    private List<Path> pictures(Outcome outcome, SearchReport report) {
        var drawn = new History(outcome.visible().stream().filter(TrialView::counts).toList(), List.of(outcome.direction()));
        if (drawn.trials().isEmpty()) return List.of();
        try {
            return Pictures.of(search.preset().space(), drawn).write(out);
        } catch (PictureException e) {
            report.warning("there are no pictures: " + e.getMessage());
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(Map<String, ?> summary) {
        var bytes = (Json.write(summary) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(out.resolve("summary.json"), file -> file.write(ByteBuffer.wrap(bytes)));
        if (json != null) AtomicFile.write(json, file -> file.write(ByteBuffer.wrap(bytes)));
    }
}
