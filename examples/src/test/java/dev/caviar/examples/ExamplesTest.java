package dev.caviar.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.app.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every example runs by `caviar run` and prints what it should; so does README's program.
class ExamplesTest {
    private static final Path FOLDER = Path.of("").toAbsolutePath();
    /// For each example what its output must match, in this order.
    private static final Map<String, List<String>> EXPECTED = Map.ofEntries(
            Map.entry("Quadratic.java", List.of("tape and Adam, 1 step: +w = 0\\.10000", "tape and Adam, 1001: +w = 5\\.0000", "minimize by Adam, 1001: +w = 5\\.0000",
                    "descent: +w = 1\\.00000 after 1 step, 5\\.0000", "1, -10, 25: +w = 5\\.0000", "1, -20, 100: +w = 10\\.0000", "drawn: ")),
            Map.entry("Averages.java", List.of("0.50: about +2 days; day 1 is 50 % .* corrected 100 %", "0.90: about 10 days; day 1 is 10 %",
                    "0.98: about 50 days; day 1 is 2 % .* corrected 100 %.* day 2[34]\\d", "drawn: ")),
            Map.entry("Schedules.java", List.of("0.95\\^epoch · α₀ .* 0.200 0.120 0.072 0.027", "warm-up, then cosine .* 0.000 0.198",
                    "epoch\\) +the last .* 0\\.000", "always +the last .* 0\\.0[1-3]", "drawn: ")),
            Map.entry("Optimizers.java", List.of("Gradient descent .* in the well after 3\\d\\d", "Momentum .* after 1\\d\\d", "Nesterov .* after 1\\d\\d",
                    "RMSprop .* after +[23]\\d", "Adam .* after +[23]\\d", "drawn: ")),
            Map.entry("Batches.java", List.of("stochastic, 1 example +2560 steps, the cost rises in [45]\\d %", "mini-batches of 32 +80 steps, the cost rises in [345]\\d %",
                    "batch, all 512 +100 steps, the cost rises in 0 %", "drawn: ")),
            Map.entry("BatchNormOnOff.java", List.of("without: +[12] of 8 .* the largest is 0\\.3", "without: .* range of [1-9]", "with batch norm: +[45] of 8 .* the largest is (3|10)\\.0",
                    "with batch norm: .* range of 0\\.[0-5]", "of 8: ± 0\\.[34]\\d, of 64: ± 0\\.1\\d, of 512: ± 0\\.0", "drawn: ")),
            Map.entry("Unaligned.java", List.of("before: \\d of 100", "after: (9\\d|100) of 100", "says +\\[")),
            Map.entry("CovariateShift.java", List.of("without: 0\\.8\\d, after the shift 0\\.[234]\\d, a mean of 0\\.[345]", "new statistics alone: 0\\.9",
                    "with batch norm: 0\\.9\\d, after the shift 0\\.[345]\\d, a mean of 0\\.[89]", "drawn: ")),
            Map.entry("Callbacks.java", List.of("STOPPED: val_loss was best 4 epochs ago", "rows of the curve: 0 too many", "learning rate at the end: 0\\.000[0-4]",
                    "epochs after the best: 4", "the saved one and this one: true")),
            Map.entry("Augmented.java", List.of("test accuracy 0\\.9[3-9]", "examples\\(\\d+\\) \\| shuffle\\(1\\) \\| augment\\(2\\) \\| batch\\(32\\)",
                    "batch 11 again: true", "one thread, the same batches: true", "every label once more: true", "column 1")),
            Map.entry("Resume.java", List.of("cut off: INTERRUPTED after step 47, batch 7 of epoch 3", "resumed: 4 epochs", "the same bits: true")),
            Map.entry("WhatIsWrong.java", List.of("--- eight sigmoids", "dense: its gradient is .*vanishes", "Maybe initialise by He or Xavier", "--- equal weights",
                    "dense: its 16 units have the same weights", "--- far too fast", "dense: \\d+ of 64 units gave 0", "--- a sound one\\s*$")),
            Map.entry("DataParallel.java", List.of("epoch 3: ", "two replicas are one to 1e-5: true")),
            Map.entry("Digits.java", List.of("dense", "test accuracy 0\\.9[5-9]", "three test images")),
            Map.entry("Studies.java", List.of("[1-9]\\d* of 60 trials are beaten by none; area [1-9]\\d\\d?", "the queued one weighs 4\\.0 and bends 1\\.875",
                    "\\[bridge, bridge, copied], a table of 61 lines")),
            Map.entry("CoarseToFine.java", List.of("round 1: learning rate 1\\.0e-05 to 1\\.0e\\+00", "round 2: .* best 0\\.0", "round 3: learning rate .*e-03 to .*e-0[23], .* best 0\\.00", "drawn: ")),
            Map.entry("TuneAnything.java", List.of("best of 200 trials: 0\\.[89].*x=.*y=.*shape=")),
            Map.entry("CompiledStep.java", List.of("trace: \\d+ ops", "simplify again: \\d+ ops", "matmul", "arena", "300 runs", "loss after 300 steps: (0\\.0|\\d\\.\\d+E-)")),
            Map.entry("Scales.java", List.of("0\\.1 to 1\\.0 +(89|90)\\.\\d % +2[456]\\.", "0.9 to 0.99 +9\\d\\.\\d % +(49|50)\\.", "0\\.9 -> 10, 0\\.9005 -> 10\\.05, 0\\.999 -> 1000, 0\\.9995 -> 2000")),
            Map.entry("Initialisations.java", List.of("zeros +cost in epoch 1 +0\\.69\\d, 30 0\\.69\\d, 150 0\\.69.* 50\\.0 % right; different units: 1 of 10",
                    "normal, 10 +cost in epoch 1 +\\d\\d+\\.", "normal, 0\\.05 .*, 30 0\\.[56]", "He.* 30 0\\.[01]\\d+, 150 0\\.0.* (9[89]|100)\\.\\d % right; different units: 10 of 10",
                    "Xavier.* (9[89]|100)\\.\\d % right", "Glorot, normal.* (9[89]|100)\\.\\d %", "Glorot, uniform.* (9[89]|100)\\.\\d %", "orthogonal.* (9[89]|100)\\.\\d %", "drawn: ")),
            Map.entry("Overfitting.java", List.of("nothing +train +(9[6-9]|100)\\.\\d %, dev +8[1-6]\\.", "λ = 0\\.3", "λ = 1 +train +8\\d\\.\\d %, dev +(8[7-9]|9\\d)\\.\\d %",
                    "λ = 10 +train +8\\d\\.\\d %, dev +(7\\d|8[0-4])\\.", "dropout 0\\.2", "dropout 0\\.5 +train +9[0-5]\\.\\d %, dev +(8[6-9]|9\\d)\\.", "drawn: ")),
            Map.entry("NormalisedInputs.java", List.of("deviations 1\\.\\d\\d and 0\\.\\d\\d", "raw +30\\.\\d times .* after 3\\d steps", "normalised +1\\.9 times .* after [6-9] steps", "drawn: ")),
            Map.entry("SoftmaxRegions.java", List.of("3 classes, softmax alone: .*straight", "6 classes, softmax alone: .*straight", "3 classes, hidden layers: +(9[5-9]|100)\\..*bent",
                    "6 classes, hidden layers: +(9[5-9]|100)\\..*bent", "drawn: ")),
            Map.entry("TwoClasses.java", List.of("softmax gives (0\\.\\d{6}), sigmoid of the difference \\1", "softmax gives (0\\.\\d{6}), sigmoid of the difference \\1", "gives 0\\.842000",
                    "logistic regression: (-0\\.\\d{3})\\d* (0\\.\\d{3})\\d*\\Rgradients of softmax, class 0: +0\\.\\d+ -0\\.\\d+, class 1: \\1\\d* \\2",
                    "steps: 0\\.6931 (0\\.\\d\\d).* and 0\\.6931 \\1", "differ by less than 1e-5", "drawn: ")),
            Map.entry("SoftmaxGradient.java", List.of("loss 3\\.171935", "ŷ − y +(0\\.84203\\d) +(-0\\.95807\\d) .*\\R +tape +\\1 +\\2", "loss 1\\.609438", "tape +0\\.300000 -0\\.800000 +0\\.100000 +0\\.400000",
                    "loss 0\\.510826", "tape +0\\.100000 +0\\.200000 -0\\.400000 +0\\.100000", "drawn: ")),
            Map.entry("AnotherOptimizer.java", List.of("gradient descent +cost .* 20 0\\.0.*accuracy 0\\.9[4-9]", "momentum .*accuracy 0\\.9[4-9]", "Nesterov .*accuracy 0\\.9[4-9]",
                    "RMSprop .*accuracy 0\\.9[4-9]", "Adagrad .*accuracy 0\\.9[4-9]", "Adam .*accuracy 0\\.9[4-9]", "Lion .*accuracy 0\\.9[4-9]", "drawn: ")),
            Map.entry("Images.java", List.of("conv2d_1 .* 4,640", "6,090 parameters", "test accuracy 0\\.9[6-9]", "drawn: ")),
            Map.entry("GradientChecking.java", List.of("as it should be", "all together .*: right", "with a bug", "dense/kernel .* wrong", "dense/bias .* wrong", "dense_1/kernel .* right",
                    "dense_2/bias .* right", "together .*: wrong", "drawn: ")),
            Map.entry("Autoencoder.java", List.of("conv2d_transpose", "before: error 0\\.1", "after:  error 0\\.0[0-3]", "@")),
            Map.entry("Derivatives.java", List.of("x² \\+ y² at \\(2, 3\\): 4.0, 6.0", "x² has 6.0, x³ has 27.0", "x³ twice: 18.0", "\\[2.0, 0.0, 0.0, 4.0\\]", "\\[6.0, 0.0, 0.0, 12.0\\]",
                    "\\[6.0, 12.0\\]", "\\[2.0, 4.0, 6.0\\]", "straight through: 1.0", "mul\\(%0, %0\\)", "Derivatives.java:\\d+\\) asks for a value", "Maybe")),
            Map.entry("ByHand.java", List.of("with a bug in dW2", "W1 .* right", "W2 .* wrong", "together .*: wrong", "without it", "W2 .* right", "together .*: right", "differ by less than 1e-5")),
            Map.entry("FourWays.java", List.of("sequential +test loss (\\S+)\\R.*functional +test loss \\1\\R.*own model +test loss \\1\\R.*own loop +test loss", "own loop: equal")),
            Map.entry("SharedLayers.java", List.of("larger_accuracy=(0\\.9|1\\.0)", "encoder .* 112 ", "418 parameters", "moved by 0.0", "drawn: .*digraph")),
            Map.entry("Letters.java", List.of("after  5 epochs .* \\d+\\.\\d letters", "after 20 epochs it hesitates between [1-3]\\.\\d letters", "Shall I compare thee to ")),
            Map.entry("HowItWorks.java", List.of("5 learning rates, 80 % of the trials", "25 learning rates", "linear 90 %, log 25 %", "= 0\\.00019953", "linear 91 %, by 1 - 10\\^r 50 %",
                    "0\\.9005 -> 10\\.05, but 0\\.999 -> 1000, 0\\.9995 -> 2000", "smaller: true", "back to yesterday's model", "12 models at once",
                    "\\[-1\\.4142, -0\\.7071, 0, 0\\.7071, 1\\.4142\\]", "give back \\[2, 4, 6, 8, 10\\].*mean 5", "\\[0\\.2, 0\\.58, 1\\.122\\]; corrected \\[2, 3\\.0526, 4\\.1402\\]",
                    "descent takes \\d\\d+ steps; normalised 2", "without batch norm.* 2\\.3", "with +batch norm.* 0\\.[1-6]", "together 176\\.256, softmax \\[0\\.842, 0\\.0419, 0\\.0021, 0\\.114\\], hardmax \\[1, 0, 0, 0\\]",
                    "loss 1\\.609438, dz by the tape \\[0\\.3, -0\\.8, 0\\.1, 0\\.4\\]", "Cat \\(93\\.0 %\\)", "hidden layer: (9\\d|100) % right", "the cost at 0 is 25", "slope at 0 is -10\\.0, at 5 it is 0\\.0",
                    "slope of the slope is 2\\.0", "= MUL\\(%\\d, -0\\.1\\)", "an object made: w = 5\\.00000", "return %", "100 steps: w = 5\\.00000", "step 2: w = 0\\.199942", "step 100: w = 5\\.0390",
                    "u = 5\\.0000", "u = 10\\.0000, compiled 1 time", "test accuracy 0\\.9", "trial 0: .*NEW BEST", "drawn: ")),
            Map.entry("Series.java", List.of("LSTM (0\\.\\d|1\\.[0-3])", "better than both: true", "drawn: ")));

    static Stream<String> examples() throws IOException {
        try (var files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void printsWhatItShould(String example, @TempDir Path temporary) throws IOException {
        assertThat(EXPECTED).as("what %s must print", example).containsKey(example);
        var picture = temporary.resolve("picture.png");
        var output = run(FOLDER.resolve(example), picture.toString());
        int at = 0;
        for (var line : EXPECTED.get(example)) {
            Matcher found = Pattern.compile(line).matcher(output);
            assertThat(found.find(at)).as("%s after position %d of:%n%s", line, at, output).isTrue();
            at = found.end();
        }
        if (output.contains("drawn: ")) {
            assertThat(ImageIO.read(picture.toFile()).getWidth()).isGreaterThan(500);
        }
    }

    @Test
    void theProgramOfTheReadmeRuns(@TempDir Path temporary) throws IOException {
        var readme = Files.readString(FOLDER.resolveSibling("README.md"));
        var code = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme);
        assertThat(code.find()).as("README has a Java program").isTrue();
        var file = temporary.resolve("Program.java");
        Files.writeString(file, code.group(1));
        assertThat(run(file)).containsPattern("accuracy[=: ]+0\\.9[5-9]");
    }

    private static String run(Path file, String... arguments) {
        var standard = System.out;
        var bytes = new ByteArrayOutputStream();
        try (var captured = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setOut(captured);
            var line = Stream.concat(Stream.of("run", file.toString()), Stream.of(arguments)).toArray(String[]::new);
            assertThat(Main.execute(line)).as("exit code of %s, which printed%n%s", file, bytes).isZero();
        } finally {
            System.setOut(standard);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
