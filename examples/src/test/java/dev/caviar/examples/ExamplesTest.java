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
    private static final Map<String, List<String>> EXPECTED = Map.of(
            "Quadratic.java", List.of("Adam, 1001 steps: +w = 5.0000", "by tape: w = 5.0000", "1, -10, 25: +w = 5.0000", "1, -20, 100: +w = 10.0000"),
            "Digits.java", List.of("dense", "test accuracy 0\\.9[5-9]", "three test images"),
            "TuneAnything.java", List.of("best of 200 trials: 0\\.[89].*x=.*y=.*shape="),
            "CompiledStep.java", List.of("trace: \\d+ ops", "simplify again: \\d+ ops", "matmul", "arena", "300 runs", "loss after 300 steps: (0\\.0|\\d\\.\\d+E-)"),
            "Scales.java", List.of("0\\.1 to 1\\.0 +(89|90)\\.\\d % +2[456]\\.", "0.9 to 0.99 +9\\d\\.\\d % +(49|50)\\.", "0\\.9 -> 10, 0\\.9005 -> 10\\.05, 0\\.999 -> 1000, 0\\.9995 -> 2000"),
            "SoftmaxRegions.java", List.of("3 classes, softmax alone: .*straight", "3 classes, hidden layers: +(9[5-9]|100)\\..*bent",
                    "6 classes, softmax alone: .*straight", "6 classes, hidden layers: +(9[5-9]|100)\\..*bent", "drawn: "));

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
        if (example.equals("SoftmaxRegions.java")) {
            assertThat(ImageIO.read(picture.toFile()).getWidth()).isGreaterThan(1000);
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
