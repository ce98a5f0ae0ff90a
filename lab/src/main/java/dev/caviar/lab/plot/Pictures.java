package dev.caviar.lab.plot;

import dev.caviar.tune.importance.PedAnova;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/// The pictures of a search, written as PNG files.
///
/// Values are drawn over each parameter on the parameter's own scale: a log axis where the search was even in the logarithm, columns where
/// there is a choice. Trials without a value are signs at the lower edge; the best trial is a star. The axis of values ends before a few
/// runs that diverged, which show as arrows. What is drawn of the same trials is the same file, byte by byte.
///
/// A file appears whole or not at all. Every method that writes throws [IOException] where the folder cannot be written, and
/// [PictureException] where this machine cannot draw text.
///
/// ```java
/// import dev.caviar.tune.record.History;
///
/// var space = Space.of(Param.of("learning_rate", Real.log(1e-4, 1)));
/// var trial = TrialView.running(0).withParam("learning_rate", Real.log(1e-4, 1), 0.01).withReport(1, 0.8).withReport(2, 0.9)
///         .ended(TrialState.COMPLETE, 0.9);
/// var pictures = Pictures.of(space, new History(List.of(trial), List.of(Direction.MAXIMIZE))).withMetric("validation accuracy");
/// assert pictures.axis("learning_rate").equals("learning rate (log scale)");
/// pictures.write(Files.createTempDirectory("search"));
/// ```
///
/// @param space   what was searched
/// @param history the trials, and which values are good
/// @param metrics what each value is, in words for an axis
/// @param step    what a step of a report is, in words for an axis
public record Pictures(Space space, History history, List<String> metrics, String step) {
    private static final Plot.Size SINGLE = new Plot.Size(780, 480), PANEL = new Plot.Size(380, 330), WIDE = new Plot.Size(960, 540);
    private static final List<String> FIRST = List.of("learning_rate", "batch_size", "layers", "units", "dropout", "optimizer");
    private static final int PANELS = 6, TOGETHER = 4;

    public Pictures {
        metrics = List.copyOf(metrics);
        if (metrics.size() != history.directions().size())
            throw new IllegalArgumentException("Pictures of " + history.directions().size() + " values with " + metrics.size() + " names: " + metrics + ".");
    }

    /// Pictures of these trials, with a value called "validation accuracy" or, where it is minimised, "validation loss"; several are numbered.
    public static Pictures of(Space space, History history) {
        var several = history.directions().size() > 1;
        var metrics = IntStream.range(0, history.directions().size()).mapToObj(i -> several ? "value " + i : switch (history.direction()) {
            case MAXIMIZE -> "validation accuracy";
            case MINIMIZE -> "validation loss";
        });
        return new Pictures(space, history, metrics.toList(), "epoch");
    }

    /// Pictures of trials whose space is known from them alone, such as those of another program.
    public static Pictures of(History history) {
        var params = new LinkedHashMap<String, Dist>();
        for (var trial : history.trials()) trial.space().forEach(params::putIfAbsent);
        return of(new Space(params.entrySet().stream().map(entry -> Param.of(entry.getKey(), entry.getValue())).toList()), history);
    }

    /// The same with other names for the values, one for each.
    public Pictures withMetric(String... metrics) {
        return new Pictures(space, history, List.of(metrics), step);
    }

    /// The same with another name for a step.
    public Pictures withStep(String step) {
        return new Pictures(space, history, metrics, step);
    }

    /// Writes `impact-<parameter>.png` for every parameter, `hyperparameter_analysis.png`, `learning-curves.png`, and of a search from coarse to
    /// fine `rounds.png`; returns them.
    public List<Path> write(Path folder) throws IOException {
        var files = new ArrayList<Path>();
        for (var name : space.names()) files.add(impact(folder, name));
        files.add(analysis(folder));
        files.add(learningCurves(folder));
        if (new Rounds(this).any()) files.add(rounds(folder));
        return List.copyOf(files);
    }

    /// Writes every picture there is of this study; returns them. Of several objectives each has a folder of its own name for what shows one value.
    public List<Path> writeAll(Path folder) throws IOException {
        var files = new ArrayList<Path>();
        if (metrics.size() > 1) {
            files.addAll(List.of(front(folder), hypervolume(folder), timeline(folder)));
            for (var i = 0; i < metrics.size(); i++) {
                var alone = metrics.indexOf(metrics.get(i)) == metrics.lastIndexOf(metrics.get(i));
                files.addAll(objective(i).ofOneValue(folder.resolve(clean(metrics.get(i).replace(' ', '-')) + (alone ? "" : "-" + i))));
            }
        } else {
            files.addAll(ofOneValue(folder));
            files.add(timeline(folder));
        }
        return List.copyOf(files);
    }

    private List<Path> ofOneValue(Path folder) throws IOException {
        var files = new ArrayList<>(List.of(progress(folder), distribution(folder)));
        files.addAll(write(folder));
        if (!space.params().isEmpty()) files.addAll(List.of(importance(folder), parallelCoordinates(folder)));
        if (space.params().size() > 1) files.addAll(List.of(contours(folder), ranks(folder)));
        return files;
    }

    /// The same trials with one of their values alone, from 0.
    public Pictures objective(int number) {
        var trials = history.trials().stream().map(trial -> {
            var reports = new LinkedHashMap<Integer, Double>();
            trial.reports().keySet().forEach(step -> {
                if (trial.reports(step).size() > number) reports.put(step, trial.reports(step).get(number));
            });
            var values = trial.values().size() > number ? List.of(trial.values().get(number)) : List.<Double>of();
            return new TrialView(trial.number(), trial.state(), trial.params(), trial.space(), reports, values, trial.attributes(), trial.systemAttributes(),
                    trial.started(), trial.completed());
        }).toList();
        return new Pictures(space, new History(trials, List.of(history.directions().get(number))), List.of(metrics.get(number)), step);
    }

    /// Writes the values over one parameter to `impact-<parameter>.png` (see [#fileName]); throws as [Space#param] for an unknown one.
    public Path impact(Path folder, String parameter) throws IOException {
        var param = space.param(parameter);
        return save(folder, fileName(parameter), () -> Figure.of(Impact.plot(this, param), SINGLE).image());
    }

    /// Writes `hyperparameter_analysis.png`: six panels in two rows, the values over six parameters: those of the notes' search where
    /// they exist, then others in their order. A space of fewer ones leaves room for the search's progress and the learning curves.
    public Path analysis(Path folder) throws IOException {
        return save(folder, "hyperparameter_analysis.png", () -> {
            var rows = panels(new ArrayList<>(List.of(Progress.plot(this), Curves.plot(this))));
            return new Figure("", rows, cells(rows)).image();
        });
    }

    /// Writes `learning-curves.png`: all reports of all trials by step.
    public Path learningCurves(Path folder) throws IOException {
        return save(folder, "learning-curves.png", () -> Figure.of(Curves.plot(this), WIDE).image());
    }

    /// Writes `history.png`: the value of each trial in the order of the search, and the best so far.
    public Path progress(Path folder) throws IOException {
        return save(folder, "history.png", () -> Figure.of(Progress.plot(this), WIDE).image());
    }

    /// Writes `distribution.png`: which share of the trials reached a value or better.
    public Path distribution(Path folder) throws IOException {
        return save(folder, "distribution.png", () -> Figure.of(Distribution.plot(this), SINGLE).image());
    }

    /// Writes `importance.png`: shares by PED-ANOVA and by fANOVA, and those of pairs beyond the two alone.
    public Path importance(Path folder) throws IOException {
        return save(folder, "importance.png", () -> {
            var shares = StudyFacts.shares(history.trials(), history.directions());
            var plots = new ArrayList<>(List.of(Bars.plot("PED-ANOVA: for being among the best tenth", "share in %", shares.pedAnova(), Look.TRIAL),
                    Bars.plot("fANOVA: for the differences between all", "share in %", shares.fanova(), Look.SERIES.get(2))));
            if (!shares.pairs().isEmpty()) plots.add(Bars.plot("fANOVA: pairs, beyond the two alone", "share in %", shares.pairs(), Look.SERIES.get(4)));
            var height = 110 + 26 * Math.clamp(Math.max(space.params().size(), shares.pairs().size()), 4, 15);
            return new Figure("", List.of(plots), List.of(new Plot.Size(420, height))).image();
        });
    }

    /// Writes `parallel-coordinates.png`: a line for each trial through all its parameters to its value.
    public Path parallelCoordinates(Path folder) throws IOException {
        return save(folder, "parallel-coordinates.png", () -> {
            var lines = new ParallelCoordinates(this, important());
            return Figure.of(lines.plot(), lines.size()).image();
        });
    }

    /// Writes `contours.png`: the value over each two of the four parameters that mattered most, smoothed between the trials.
    public Path contours(Path folder) throws IOException {
        return save(folder, "contours.png", () -> pairs(PairPlots::contour));
    }

    /// Writes `contour-<first>-<second>.png`: the value over these two parameters; throws as [Space#param] for an unknown one.
    public Path contour(Path folder, String across, String up) throws IOException {
        var pair = new PairPlots(this, space.param(across), space.param(up));
        return save(folder, "contour-" + clean(across) + "-" + clean(up) + ".png", () -> Figure.of(pair.contour(title(across, up)), SINGLE).image());
    }

    /// Writes `ranks.png`: each trial by its rank over each two of the four parameters that mattered most.
    public Path ranks(Path folder) throws IOException {
        return save(folder, "ranks.png", () -> pairs(PairPlots::rank));
    }

    /// Writes `timeline.png`: which trial ran when, one lane for each worker.
    public Path timeline(Path folder) throws IOException {
        return save(folder, "timeline.png", () -> {
            var timeline = new Timeline(this);
            return Figure.of(timeline.plot(), timeline.size()).image();
        });
    }

    /// Writes `pareto-front.png`: trials over each two objectives, those of the first fronts marked.
    public Path front(Path folder) throws IOException {
        return save(folder, "pareto-front.png", () -> grid(several("a Pareto front", new Fronts(this).panels())));
    }

    /// Writes `hypervolume.png`: how much of the space of all values was dominated after each trial.
    public Path hypervolume(Path folder) throws IOException {
        return save(folder, "hypervolume.png", () -> Figure.of(several("hypervolume", List.of(new Fronts(this).hypervolume())).getFirst(), WIDE).image());
    }

    /// Writes `rounds.png`: for each parameter the regions that a coarse-to-fine search went through.
    public Path rounds(Path folder) throws IOException {
        return save(folder, "rounds.png", () -> {
            var rounds = new Rounds(this);
            return grid(important().stream().limit(PANELS).map(rounds::plot).toList());
        });
    }

    private List<Plot> several(String what, List<Plot> plots) {
        if (metrics.size() > 1) return plots;
        throw new IllegalArgumentException("There is no " + what + " of one value.\nMaybe look at its progress.");
    }

    private BufferedImage pairs(BiFunction<PairPlots, String, Plot> kind) {
        var params = important().stream().limit(TOGETHER).toList();
        var plots = new ArrayList<Plot>();
        for (var i = 0; i < params.size(); i++)
            for (var k = i + 1; k < params.size(); k++)
                plots.add(kind.apply(new PairPlots(this, params.get(i), params.get(k)), title(params.get(i).name(), params.get(k).name())));
        return grid(plots);
    }

    private static String title(String across, String up) {
        return Wording.title(across) + " and " + Wording.words(up);
    }

    // One large, two beside each other, else three in a row.
    private static BufferedImage grid(List<Plot> plots) {
        if (plots.size() <= 1) return plots.isEmpty() ? new Figure("There is nothing to draw.", List.of(), List.of()).image() : Figure.of(plots.getFirst(), SINGLE).image();
        var columns = plots.size() == 2 || plots.size() == 4 ? 2 : 3;
        var rows = new ArrayList<List<Plot>>();
        for (var i = 0; i < plots.size(); i += columns) rows.add(plots.subList(i, Math.min(plots.size(), i + columns)));
        var size = columns == 2 ? new Plot.Size(560, 420) : new Plot.Size(440, 360);
        return new Figure("", rows, Collections.nCopies(rows.size(), size)).image();
    }

    // What mattered most first.
    private List<Param> important() {
        var known = StudyFacts.measurable(history.trials());
        var names = new LinkedHashSet<String>();
        if (known.size() > 1) names.addAll(PedAnova.of().shares(known, history.directions()).keySet());
        names.addAll(space.names());
        return names.stream().filter(space.names()::contains).map(space::param).toList();
    }

    /// What its one value is, or its first.
    public String metric() {
        return metrics.getFirst();
    }

    /// Writes `search.png`: panels, progress and learning curves on one page, under a headline.
    public Path search(Path folder, String headline) throws IOException {
        return save(folder, "search.png", () -> {
            var rows = new ArrayList<>(panels(new ArrayList<>()));
            rows.add(List.of(Progress.plot(this), Curves.plot(this)));
            return new Figure(headline, rows, cells(rows)).image();
        });
    }

    /// How the axis of a parameter is labelled, which says on what scale it is drawn: `learning rate (log scale)`.
    public String axis(String parameter) {
        return Impact.axis(this, space.param(parameter)).name();
    }

    /// The name of a parameter's picture: `impact-` and the parameter's name. Where that holds other characters than Latin letters, digits,
    /// space, `.`, `_` and `-`, or more than 80, these are replaced or cut, and a code of the whole name keeps files apart.
    public static String fileName(String parameter) {
        return "impact-" + clean(parameter) + ".png";
    }

    private static String clean(String name) {
        var clean = name.replaceAll("^\\.+|[^A-Za-z0-9 ._-]", "_");
        if (clean.length() > 80) clean = clean.substring(0, 80);
        return clean.equals(name) && !clean.isBlank() ? clean : clean + "-" + Integer.toHexString(name.hashCode());
    }

    // Up to six panels, three in a row, or two where there are only four.
    List<List<Plot>> panels(List<Plot> spare) {
        var names = new ArrayList<>(FIRST);
        names.retainAll(space.names());
        for (var name : space.names()) if (!names.contains(name)) names.add(name);
        var plots = new ArrayList<Plot>();
        for (var name : names.subList(0, Math.min(PANELS, names.size()))) plots.add(Impact.plot(this, space.param(name)));
        while (plots.size() < PANELS && !spare.isEmpty()) plots.add(spare.removeFirst());
        var columns = plots.size() == 4 ? 2 : 3;
        var rows = new ArrayList<List<Plot>>();
        for (var i = 0; i < plots.size(); i += columns) rows.add(List.copyOf(plots.subList(i, Math.min(plots.size(), i + columns))));
        return rows;
    }

    // Rows of fewer plots have wider ones.
    private static List<Plot.Size> cells(List<List<Plot>> rows) {
        var columns = rows.stream().mapToInt(List::size).max().orElse(1);
        return rows.stream().map(row -> new Plot.Size(columns * PANEL.width() / row.size(), PANEL.height())).toList();
    }

    static Path save(Path folder, String name, Supplier<BufferedImage> picture) throws IOException {
        var image = drawn(name, picture);
        Files.createDirectories(folder);
        var file = folder.resolve(name);
        var half = folder.resolve("." + name + "." + Long.toHexString(System.nanoTime()) + ".part");   // beside it, with the usual permissions
        try {
            ImageIO.write(image, "png", half.toFile());
            try {
                Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(half, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(half);
        }
        return file;
    }

    // Java finds neither fonts nor the libraries that draw them on some minimal systems, and says so by errors of many kinds.
    private static BufferedImage drawn(String name, Supplier<BufferedImage> picture) {
        try {
            return picture.get();
        } catch (LinkageError | InternalError e) {
            throw new PictureException(name + ": this machine cannot draw text: " + e
                    + "\nMaybe no font is installed: on Debian and Ubuntu, apt install fontconfig fonts-dejavu-core.", e);
        }
    }
}
