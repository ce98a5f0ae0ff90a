package dev.caviar.app;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.tune.Study;
import dev.caviar.tune.importance.Fanova;
import dev.caviar.tune.importance.Importance;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.StorageException;
import dev.caviar.tune.storage.Storages;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `caviar importance`: which parameters mattered in a study.
@Command(
    name = "importance",
    description = "Shows which parameters mattered in a study.%n",
    mixinStandardHelpOptions = true,
    footer = {"", "ped-anova asks what mattered for being among the best tenth; fanova whose change explains the differences between all trials.", "",
        "Examples:",
        "  caviar importance --study digits-20261121-120000",
        "  caviar importance --study tuned --storage sqlite:optuna.db --method fanova --pairs --json importance.json"})
final class ImportanceCommand implements Callable<Integer> {
    private static final int BAR = 40;

    @Option(names = "--study", paramLabel = "NAME", required = true, description = "its name in the storage")
    @SuppressWarnings("NullAway.Init")
    private String study;

    @Option(names = "--storage", paramLabel = "URL", description = {"where it is kept", "  Default: " + SearchCommand.STORAGE})
    private String storage = SearchCommand.STORAGE;

    @Option(names = "--method", paramLabel = "NAME", description = {"ped-anova or fanova", "  Default: ped-anova"})
    private String method = "ped-anova";

    @Option(names = "--pairs", description = "with fanova: also what each pair explains beyond its two parameters alone")
    private boolean pairs;

    @Option(names = "--json", paramLabel = "FILE", description = "where the shares go too")
    private @Nullable Path json;

    @Override
    public Integer call() {
        var importance = named(method);
        if (pairs && !(importance instanceof Fanova)) throw new BadInput("--pairs: " + method + " knows no pairs.\nMaybe add --method fanova.");
        try (var kept = Storages.open(storage)) {
            var view = kept.find(study).orElseThrow(() -> new StorageException("There is no study \"" + study + "\" in " + kept + "."
                    + (kept.names().isEmpty() ? "" : "\nMaybe one of " + String.join(", ", kept.names()) + " was meant.")));
            var trials = kept.trials(study);
            var measured = Importance.measurable(trials).size();
            if (measured < 2) throw new BadInput("Study \"" + study + "\" has " + measured + (measured == 1 ? " complete trial" : " complete trials") + "; importance needs two or more.\nMaybe wait for it to go on.");
            var result = new LinkedHashMap<String, Object>();
            var space = view.systemAttributes().get(Study.SPACE) instanceof String text ? Space.parse(text) : Space.of();
            result.put("importance", shown(importance.shares(trials, view.directions()), space));
            if (pairs && importance instanceof Fanova forest) {
                var named = new LinkedHashMap<String, Double>();
                forest.interactions(trials).forEach((pair, share) -> named.put(pair.first() + " x " + pair.second(), share));
                Streams.out().println("\nPairs, beyond the two alone:");
                result.put("pairs", shown(named, Space.of()));
            }
            if (json != null) {
                var bytes = (Json.write(result) + "\n").getBytes(StandardCharsets.UTF_8);
                AtomicFile.write(json, file -> file.write(ByteBuffer.wrap(bytes)));
            }
        }
        return 0;
    }

    private static Importance named(String method) {
        try {
            return Importance.named(method);
        } catch (IllegalArgumentException e) {
            throw new BadInput("--method: " + e.getMessage());
        }
    }

    // Beside the tier in which a parameter was tuned: whether the order was right.
    private static Map<String, Double> shown(Map<String, Double> shares, Space space) {
        var width = shares.keySet().stream().mapToInt(String::length).max().orElse(0);
        var tiers = space.tiers().size() > 1;
        shares.forEach((name, share) -> Streams.out().println(String.format(Locale.ROOT, "%s%s%s  %5.1f %%  %s", name, " ".repeat(width - name.length()),
                tiers && space.names().contains(name) ? "  tier " + space.param(name).tier() : "", 100 * share, "█".repeat((int) Math.round(BAR * share)))));
        return shares;
    }
}
