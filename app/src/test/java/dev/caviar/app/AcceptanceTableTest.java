package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The table of worked numbers in `docs/acceptance.md` is whole, and each test that it names exists.
final class AcceptanceTableTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\| .* \\| (.*) \\|$");
    private static final Pattern NAMED = Pattern.compile("`(\\w+)\\.(\\w+)`");

    @Test
    void everyWorkedNumberHasATestThatExists() throws IOException {
        var tests = tests();
        var numbers = new ArrayList<Integer>();
        var missing = new ArrayList<String>();
        var rows = ROW.matcher(Files.readString(Path.of("..", "docs", "acceptance.md")));
        while (rows.find()) {
            numbers.add(Integer.parseInt(rows.group(1)));
            var named = NAMED.matcher(rows.group(2)).results().toList();
            assertThat(named).as("tests of number %s", rows.group(1)).isNotEmpty();
            for (var one : named) {
                var method = Pattern.compile("@(Test|ParameterizedTest)\\b((?!\\bvoid\\b)[\\s\\S])*\\bvoid " + one.group(2) + "\\(");
                if (tests.getOrDefault(one.group(1), List.of()).stream().noneMatch(source -> method.matcher(source).find())) missing.add(one.group());
            }
        }
        assertThat(missing).as("tests that do not exist").isEmpty();
        assertThat(numbers).containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 46).boxed().toList());
    }

    /// The sources of all modules' tests by the simple name of their class.
    private static Map<String, List<String>> tests() throws IOException {
        var out = new HashMap<String, List<String>>();
        for (var module : List.of("engine", "nn", "tune", "lab", "app")) {
            try (var files = Files.walk(Path.of("..", module, "src", "test", "java"))) {
                for (var file : files.filter(file -> file.toString().endsWith("Test.java")).toList()) {
                    out.computeIfAbsent(file.getFileName().toString().replace(".java", ""), _ -> new ArrayList<>()).add(Files.readString(file));
                }
            }
        }
        return out;
    }
}
