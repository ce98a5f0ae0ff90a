package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.CoarseToFineSampler;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import dev.caviar.tune.space.Whole;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The number in brackets is that of the notes' worked example.
class PicturesTest {
    private static final Space MNIST = Preset.mnist().space();
    private static final Real RATE = Real.log(1e-4, 1e-2);

    @TempDir
    Path folder;

    @Test
    void everyParameterHasAPictureBesideThePanelsAndTheCurves() throws IOException {
        var files = Pictures.of(MNIST, Searches.search(MNIST, 20, 10, 1)).write(folder);
        assertThat(files).extracting(file -> file.getFileName().toString()).containsExactly(
                "impact-learning_rate.png", "impact-batch_size.png", "impact-layers.png", "impact-units.png", "impact-dropout.png",
                "impact-optimizer.png", "hyperparameter_analysis.png", "learning-curves.png");
        assertThat(inFolder()).hasSize(files.size());       // nothing half-written is left
        for (var file : files) assertThat(read(file).getWidth()).isGreaterThanOrEqualTo(1600);
    }

    /// [37]
    @Test
    void theAnalysisShowsSixPanelsInTwoRowsWithTheLearningRateOnALogAxis() throws IOException {
        var pictures = Pictures.of(MNIST, Searches.search(MNIST, 20, 10, 1));
        var image = read(pictures.analysis(folder));
        assertThat(image.getWidth()).isEqualTo(Figure.SCALE * (3 * 380 + 2 * 14));
        assertThat(image.getHeight()).isEqualTo(Figure.SCALE * (2 * 330 + 2 * 14 + 22));
        var rows = pictures.panels(new ArrayList<>());
        assertThat(rows).hasSize(2).allSatisfy(row -> assertThat(row).hasSize(3));
        assertThat(rows.getFirst().getFirst().title).isEqualTo("Impact of learning rate");
        assertThat(rows.getFirst().getFirst().logarithmic()).isTrue();
        assertThat(rows.get(1).get(1).title).isEqualTo("Impact of dropout");
        assertThat(rows.get(1).get(1).logarithmic()).isFalse();
        assertThat(pictures.axis("learning_rate")).isEqualTo("learning rate (log scale)");
    }

    @Test
    void pointsStandWhereTheirValuesSayOnALogAxis() throws IOException {
        var middle = trial(0, 1e-3, 0.5);        // in the middle of 1e-4 to 1e-2 on a log scale, at its left on a linear one
        var file = pictures(middle, trial(1, 1e-4, 0.4), trial(2, 1e-2, 0.4)).impact(folder, "learning_rate");
        var image = read(file);
        var star = centre(image, Look.BEST, image.getHeight() * 3 / 4);      // above the legend
        var left = Figure.SCALE * (14 + 68);
        var right = image.getWidth() - Figure.SCALE * (14 + 12);
        assertThat(star[0]).isBetween((left + right) / 2 - 4, (left + right) / 2 + 4);
    }

    @ParameterizedTest
    @MethodSource("oddSearches")
    void oddSearchesAreDrawnToo(String name, Space space, History history) throws IOException {
        var pictures = Pictures.of(space, history);
        var files = new ArrayList<>(pictures.writeAll(folder));
        files.add(pictures.search(folder, "A search: " + name));
        assertThat(files).doesNotHaveDuplicates().hasSize(space.params().size() + 6 + (space.params().isEmpty() ? 0 : 2) + (space.params().size() > 1 ? 2 : 0));
        for (var file : files) assertThat(inked(read(file))).as(file.getFileName().toString()).isTrue();
    }

    @Test
    void everyPictureOfAStudyIsWritten() throws IOException {
        var files = Pictures.of(MNIST, Searches.search(MNIST, 20, 10, 1)).writeAll(folder);
        assertThat(files).extracting(file -> file.getFileName().toString()).containsExactlyInAnyOrder(
                "impact-learning_rate.png", "impact-batch_size.png", "impact-layers.png", "impact-units.png", "impact-dropout.png", "impact-optimizer.png",
                "hyperparameter_analysis.png", "learning-curves.png", "history.png", "distribution.png", "importance.png", "parallel-coordinates.png",
                "contours.png", "ranks.png", "timeline.png");
        assertThat(inFolder()).hasSize(files.size());
    }

    @Test
    void eachOfSeveralObjectivesHasPicturesOfItsOwn() throws IOException {
        var trials = IntStream.range(0, 30).mapToObj(i -> trial(i, 1e-4 * (i + 1), 0).ended(i % 9 == 8 ? TrialState.FAIL : TrialState.COMPLETE,
                i % 9 == 8 ? new Double[0] : new Double[] {Math.sin(i), i == 4 ? Double.NaN : 0.1 * i})).toList();
        var pictures = Pictures.of(lone(), new History(trials, List.of(Direction.MAXIMIZE, Direction.MINIMIZE))).withMetric("accuracy", "../ms");
        var files = pictures.writeAll(folder);
        assertThat(files).doesNotHaveDuplicates().allSatisfy(file -> assertThat(inked(read(file))).isTrue());
        assertThat(files).extracting(file -> folder.relativize(file).toString()).contains("pareto-front.png", "hypervolume.png", "timeline.png",
                "accuracy/history.png", "accuracy/impact-learning_rate.png").allSatisfy(name -> assertThat(name).doesNotStartWith(".."));
        assertThat(inFolder()).hasSize(5);
        assertThat(pictures.objective(1).history().best().orElseThrow().number()).isZero();
        assertThat(pictures.objective(0).history().best().orElseThrow().number()).isEqualTo(14);
        assertThatThrownBy(() -> pictures(trial(0, 1e-3, 0.5)).front(folder)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> pictures.withMetric("one")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("2 values");
    }

    @Test
    void roundsAreDrawnWithTheSearchThatWentInRounds() throws IOException {
        try (var study = Study.inMemory(StudyOptions.of("zoom").withSpace(MNIST).withSampler(CoarseToFineSampler.of(5)).withSeed(1))) {
            study.optimize(trial -> Math.abs(Math.log10(trial.real("learning_rate")) + 2.5), Budget.trials(15));
            var files = Pictures.of(MNIST, new History(study.trials(), study.directions())).write(folder);
            assertThat(files.getLast().getFileName()).hasToString("rounds.png");
            // Both shades of regions, and the star of the best.
            var image = read(files.getLast());
            for (var color : List.of(Look.pale(Look.TRIAL, 0.22), Look.pale(Look.SERIES.get(2), 0.22), Look.BEST)) assertThat(centre(image, color, image.getHeight())).isNotEmpty();
        }
    }

    @Test
    void trialsAtTheSameTimeHaveLanesOfTheirOwn() {
        var pictures = pictures(timed(0, 0, 10, "a"), timed(1, 2, 5, "a"), timed(2, 5, 9, "a"), timed(3, 11, 12, "a"), timed(4, 11, 12, "b"));
        var plot = new Timeline(pictures).plot();
        assertThat(plot.title).isEqualTo("Timeline of 5 trials on 3 workers, busy 53 % of the time");
        assertThat(plot.y.texts()).containsExactly("worker 3", "worker 2", "worker 1");
        assertThat(plot.x.name()).isEqualTo("seconds since the first trial began");
    }

    private static TrialView timed(int number, long from, long to, String owner) {
        return new TrialView(number, TrialState.COMPLETE, Map.of(), Map.of(), Map.of(), List.of(0.5), Map.of(), Map.of(TrialView.OWNER, owner),
                Instant.EPOCH.plusSeconds(from), Instant.EPOCH.plusSeconds(to));
    }

    @Test
    void betweenTrialsTheValueIsTheirMeanAndFarFromThemThereIsNone() {
        var line = Axis.linear("x", new Range(0, 1), 5, false);
        var columns = Axis.words("c", List.of("a", "b"));
        var spots = List.of(new Smooth.Spot(0.2, 0.25, 1), new Smooth.Spot(0.3, 0.25, 3), new Smooth.Spot(0.25, 0.75, 9));
        var smooth = new Smooth(line, columns, spots);
        assertThat(smooth.at(0.25, 0.25)).isCloseTo(2, within(0.05));
        assertThat(smooth.at(0.25, 0.49)).isEqualTo(smooth.at(0.25, 0.01));      // the whole column
        assertThat(smooth.at(0.25, 0.75)).isCloseTo(9, within(1e-9));            // not mixed with its neighbour
        assertThat(smooth.at(0.9, 0.25)).isNaN();
        assertThat(new Smooth(line, line, spots).at(0.25, 0.5)).isBetween(2.0, 9.0);
    }

    static Stream<Arguments> oddSearches() {
        var good = trial(0, 1e-3, 0.9);
        var long50 = "a very long name of a choice that has no room anywhere, not even in a wide picture, and goes on";
        var wide = Space.of(Param.of("学习率 µ/ζ", Real.log(1e-9, 1e9)), Param.of("$x$", Choice.of(long50, null, true, 2.5, "", List.of(64, 32))),
                Param.of("βeta\n1", Real.of(0, 0.99999, Scale.ONE_MINUS_LOG)), Param.of("n".repeat(512), Whole.of(0, 1L << 53)),
                Param.of("tiny", Real.of(0, 1e-300)), Param.of("huge", Real.of(-1e308, 1e308)), Param.of("flat", Real.of(5, 5)));
        return Stream.of(
                odd("nothing", MNIST, Direction.MAXIMIZE),
                odd("no parameters", Space.of(), Direction.MAXIMIZE, TrialView.running(0).ended(TrialState.COMPLETE, 0.5)),
                odd("one trial", lone(), Direction.MAXIMIZE, good),
                odd("one trial that failed at once", lone(), Direction.MAXIMIZE, failed(0)),
                odd("all failed", lone(), Direction.MINIMIZE, failed(0), failed(1).withReport(1, Double.NaN), failed(2).withReport(1, 0.5)),
                odd("all pruned", lone(), Direction.MAXIMIZE, good.ended(TrialState.PRUNED, 0.1), good.ended(TrialState.PRUNED)),
                odd("one distinct value", lone(), Direction.MAXIMIZE, good, trial(1, 1e-3, 0.9), trial(2, 1e-3, 0.9)),
                odd("infinite and absurd values", lone(), Direction.MINIMIZE, good, trial(1, 1e-3, Double.POSITIVE_INFINITY), trial(2, 1e-2, Double.NaN),
                        trial(3, 1e-3, 1e300), trial(4, 1e-3, -1e300), trial(5, 2e-3, Double.NEGATIVE_INFINITY)),
                odd("curves that explode", lone(), Direction.MINIMIZE, good.withReport(3, 1e12).withReport(5, -1e-12), trial(1, 1e-3, 0.8)
                        .withReport(2, Double.NEGATIVE_INFINITY).withReport(-7, 1e299).withReport(Integer.MAX_VALUE, 0.1)),
                odd("foreign values", lone(), Direction.MAXIMIZE, trial(0, 1e-3, 0.5).withParam("learning_rate", RATE, 17.0),
                        trial(1, 1e-3, 0.5).withParam("learning_rate", RATE, -1.0), trial(2, 1e-3, 0.5).withParam("learning_rate", RATE, "text")),
                Arguments.of("conditions", Preset.basic().space(), Searches.search(Preset.basic().space(), 12, 5, 2)),
                Arguments.of("odd names and ranges", wide, Searches.search(wide, 9, 3, 3)),
                Arguments.of("hundreds of trials", lone(), Searches.search(lone(), 400, 12, 4)));
    }

    @Test
    void failedTrialsAndPrunedOnesStandAtTheLowerEdge() throws IOException {
        var file = pictures(trial(0, 1e-3, 0.9), trial(1, 3e-3, 0.8), failed(2)).impact(folder, "learning_rate");
        var image = read(file);
        var cross = centre(image, Look.FAILED, Figure.SCALE * (14 + 480 - 52));
        assertThat(cross[1]).isGreaterThan(Figure.SCALE * (14 + 480 - 52 - 40));
    }

    @Test
    void noNameOfAParameterLeavesTheFolder() throws IOException {
        var names = List.of("../../etc/passwd", "/tmp/x", "..", "a\\b", "a/b", "a_b", "C:x", "a\u0000b", "学习率", "n".repeat(512));
        for (var name : names) assertThat(Pictures.fileName(name)).matches("impact-[A-Za-z0-9 ._-]{1,90}\\.png");
        assertThat(names.stream().map(Pictures::fileName).distinct()).hasSize(names.size());
        assertThat(Pictures.fileName("learning_rate")).isEqualTo("impact-learning_rate.png");
        var space = Space.of(Param.of("../../escaped", RATE));
        Pictures.of(space, new History(List.of(), List.of(Direction.MAXIMIZE))).write(folder.resolve("in"));
        assertThat(inFolder()).containsExactly("in");
    }

    @Test
    void theSameTrialsGiveTheSameBytesAndReplaceAnOlderPicture() throws IOException {
        var pictures = Pictures.of(MNIST, Searches.search(MNIST, 20, 10, 1));
        var first = Files.readAllBytes(pictures.learningCurves(folder));
        assertThat(Files.readAllBytes(pictures.learningCurves(folder))).isEqualTo(first);
        assertThat(inFolder()).containsExactly("learning-curves.png");
    }

    @Test
    void aSpaceIsKnownFromTheTrialsAlone() {
        var history = Searches.search(MNIST, 5, 2, 1);
        assertThat(Pictures.of(history).space().sameAs(MNIST)).isTrue();
    }

    @Test
    void anUnknownParameterIsRefused() {
        assertThatThrownBy(() -> pictures(trial(0, 1e-3, 0.5)).impact(folder, "lr"))
                .isInstanceOf(SpaceException.class).hasMessageContaining("\"lr\"").hasMessageContaining("\nMaybe");
    }

    @Test
    void aFolderThatCannotBeMadeIsReportedAndLeavesNothing() throws IOException {
        var file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> pictures(trial(0, 1e-3, 0.5)).learningCurves(file.resolve("below"))).isInstanceOf(IOException.class);
        assertThat(inFolder()).containsExactly("file");
    }

    private static Arguments odd(String name, Space space, Direction direction, TrialView... trials) {
        return Arguments.of(name, space, new History(List.of(trials), List.of(direction)));
    }

    private static Space lone() {
        return Space.of(Param.of("learning_rate", RATE));
    }

    private static Pictures pictures(TrialView... trials) {
        return Pictures.of(lone(), new History(List.of(trials), List.of(Direction.MAXIMIZE)));
    }

    private static TrialView trial(int number, double rate, double value) {
        return TrialView.running(number).withParam("learning_rate", RATE, rate).withReport(1, value / 2).withReport(2, value)
                .ended(TrialState.COMPLETE, value);
    }

    private static TrialView failed(int number) {
        return TrialView.running(number).withParam("learning_rate", RATE, 1e-3).ended(TrialState.FAIL);
    }

    private List<String> inFolder() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static BufferedImage read(Path file) throws IOException {
        assertThat(file).isRegularFile();
        var image = ImageIO.read(file.toFile());
        assertThat(image).as("decoded " + file).isNotNull();
        return image;
    }

    // Whether something is drawn: of the frames and titles alone there are thousands of dark pixels.
    private static boolean inked(BufferedImage image) {
        var dark = 0;
        for (var y = 0; y < image.getHeight(); y++)
            for (var x = 0; x < image.getWidth(); x++) if ((image.getRGB(x, y) & 0xFF) < 0x90 && ++dark > 500) return true;
        return false;
    }

    // The middle of all pixels of exactly this colour above a line.
    private static int[] centre(BufferedImage image, Color color, int above) {
        long n = 0, sumX = 0, sumY = 0;
        for (var y = 0; y < above; y++)
            for (var x = 0; x < image.getWidth(); x++)
                if (image.getRGB(x, y) == color.getRGB()) {
                    n++;
                    sumX += x;
                    sumY += y;
                }
        assertThat(n).as("pixels of " + color).isGreaterThan(20);
        return new int[] {(int) (sumX / n), (int) (sumY / n)};
    }
}
