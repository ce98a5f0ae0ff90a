package dev.caviar.lab.plot;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;
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
/// @param metric  what a value is, in words for an axis
/// @param step    what a step of a report is, in words for an axis
public record Pictures(Space space, History history, String metric, String step) {
    private static final Plot.Size SINGLE = new Plot.Size(780, 480), PANEL = new Plot.Size(380, 330), WIDE = new Plot.Size(960, 540);
    private static final List<String> FIRST = List.of("learning_rate", "batch_size", "layers", "units", "dropout", "optimizer");
    private static final int PANELS = 6;

    /// Pictures of these trials, with a value called "validation accuracy" or, where it is minimised, "validation loss".
    public static Pictures of(Space space, History history) {
        var metric = switch (history.direction()) {
            case MAXIMIZE -> "validation accuracy";
            case MINIMIZE -> "validation loss";
        };
        return new Pictures(space, history, metric, "epoch");
    }

    /// Pictures of trials whose space is known from them alone, such as those of another program.
    public static Pictures of(History history) {
        var params = new LinkedHashMap<String, Dist>();
        for (var trial : history.trials()) trial.space().forEach(params::putIfAbsent);
        return of(new Space(params.entrySet().stream().map(entry -> Param.of(entry.getKey(), entry.getValue())).toList()), history);
    }

    /// The same with another name for the value.
    public Pictures withMetric(String metric) {
        return new Pictures(space, history, metric, step);
    }

    /// The same with another name for a step.
    public Pictures withStep(String step) {
        return new Pictures(space, history, metric, step);
    }

    /// Writes `impact-<parameter>.png` for every parameter, `hyperparameter_analysis.png` and `learning-curves.png`; returns them.
    public List<Path> write(Path folder) throws IOException {
        var files = new ArrayList<Path>();
        for (var name : space.names()) files.add(impact(folder, name));
        files.add(analysis(folder));
        files.add(learningCurves(folder));
        return List.copyOf(files);
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
        var clean = parameter.replaceAll("[^A-Za-z0-9 ._-]", "_");
        if (clean.length() > 80) clean = clean.substring(0, 80);
        return "impact-" + clean + (clean.equals(parameter) ? "" : "-" + Integer.toHexString(parameter.hashCode())) + ".png";
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
