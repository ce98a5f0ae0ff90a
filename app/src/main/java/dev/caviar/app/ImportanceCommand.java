package dev.caviar.app;

import dev.caviar.tune.Study;
import dev.caviar.tune.importance.Fanova;
import dev.caviar.tune.importance.Importance;
import dev.caviar.tune.space.Space;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private StudyCommand.Named named = new StudyCommand.Named();

    @Option(names = "--method", paramLabel = "NAME", description = {"ped-anova or fanova", "  Default: ped-anova"})
    private String method = "ped-anova";

    @Option(names = "--pairs", description = "with fanova: also what each pair explains beyond its two parameters alone")
    private boolean pairs;

    @Override
    public Integer call() {
        var importance = method(method);
        if (pairs && !(importance instanceof Fanova)) throw new BadInput("--pairs: " + method + " knows no pairs.\nMaybe add --method fanova.");
        try (var storage = named.place().open()) {
            var export = named.export(storage);
            var measured = Importance.measurable(export.visible()).size();
            if (measured < 2)
                throw new BadInput("Study \"" + named.name() + "\" has " + measured + (measured == 1 ? " complete trial" : " complete trials")
                        + "; importance needs two or more.\nMaybe wait for it to go on.");
            var view = export.study();
            var space = view.systemAttributes().get(Study.SPACE) instanceof String text ? Space.parse(text) : Space.of();
            var result = new LinkedHashMap<String, Object>();
            var shares = importance.shares(export.visible(), view.directions());
            result.put("importance", shares);
            var lines = new ArrayList<>(bars(shares, space));
            if (pairs && importance instanceof Fanova forest) {
                var together = new LinkedHashMap<String, Double>();
                forest.interactions(export.visible()).forEach((pair, share) -> together.put(pair.first() + " x " + pair.second(), share));
                result.put("pairs", together);
                lines.add("");
                lines.add("Pairs, beyond the two alone:");
                lines.addAll(bars(together, Space.of()));
            }
            named.place().answer(result, lines);
        }
        return 0;
    }

    private static Importance method(String method) {
        try {
            return Importance.named(method);
        } catch (IllegalArgumentException e) {
            throw new BadInput("--method: " + e.getMessage());
        }
    }

    // Beside the tier in which a parameter was tuned: whether the order was right.
    private static List<String> bars(Map<String, Double> shares, Space space) {
        var width = shares.keySet().stream().mapToInt(String::length).max().orElse(0);
        var tiers = space.tiers().size() > 1;
        return shares.entrySet().stream().map(entry -> String.format(Locale.ROOT, "%s%s%s  %5.1f %%  %s", entry.getKey(), " ".repeat(width - entry.getKey().length()),
                tiers && space.names().contains(entry.getKey()) ? "  tier " + space.param(entry.getKey()).tier() : "", 100 * entry.getValue(),
                "█".repeat((int) Math.round(BAR * entry.getValue())))).toList();
    }
}
