package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MainTest {
    @TempDir
    private Path folder;

    private record Outcome(int code, String out, String err) {}

    /// Runs a command line in this process, with both streams caught.
    private static Outcome caviar(String... args) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var code = with(new PrintStream(out, true), new PrintStream(err, true), () -> Main.execute(args));
        return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static <T> T with(PrintStream out, PrintStream err, Supplier<T> action) {
        var oldOut = System.out;
        var oldErr = System.err;
        var loader = Thread.currentThread().getContextClassLoader();
        System.setOut(out);
        System.setErr(err);
        try {
            return action.get();
        } finally {
            System.setOut(oldOut);
            System.setErr(oldErr);
            Thread.currentThread().setContextClassLoader(loader);
        }
    }

    private String source(String name, String text) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text).toString();
    }

    @Test
    void versionNamesTheReleaseAndTheJdk() {
        assertThat(caviar("--version").out).matches("caviar \\d+\\.\\d+\\S* \\(JDK " + Runtime.version().feature() + "\\b.*\\)\\R");
    }

    @Test
    void helpListsTheCommandsAndIsWhatNoCommandShows() {
        assertThat(caviar("--help").out).contains("Usage: caviar", "Compile and run");
        assertThat(caviar()).isEqualTo(caviar("--help"));
    }

    @ParameterizedTest
    @CsvSource({
        "--verson, there is no option --verson., Maybe you meant --version:",
        "--zzz, there is no option --zzz., Maybe look it up:",
        "rum, there is no command rum., Maybe you meant run:",
    })
    void whatIsUnknownIsNamedWithTheNearestThatIsKnown(String word, String message, String advice) {
        var outcome = caviar(word);
        assertThat(outcome.code).isEqualTo(2);
        assertThat(outcome.out).isEmpty();
        assertThat(outcome.err.lines()).hasSize(2).first().isEqualTo("caviar: " + message);
        assertThat(outcome.err.lines().skip(1)).first().asString().startsWith(advice);
    }

    @Test
    void theHelpOfAnUnknownCommandIsNotThatOfTheWhole() {
        assertThat(caviar("serch", "--help")).isEqualTo(caviar("serch"));
    }

    @Test
    void runPassesEveryWordBehindTheFileToTheProgram() throws IOException {
        var file = source("Echo.java", "void main(String[] args) { IO.println(String.join(\"|\", args)); }");
        assertThat(caviar("run", file, "a b", "--help", "-x", "@y")).isEqualTo(new Outcome(0, "a b|--help|-x|@y" + System.lineSeparator(), ""));
    }

    @Test
    void runFindsMainAsTheJavaLauncherDoes() throws IOException {
        var file = source("Child.java", """
            class Child extends Parent { void main() { System.out.print("shorter"); } }
            class Parent { protected static void main(String[] args) { System.out.print("inherited"); } }
            """);
        assertThat(caviar("run", file).out).isEqualTo("inherited");
    }

    @Test
    void runFindsClassesInFilesBesideAndInPackages() throws IOException {
        source("a/b/Other.java", "package a.b; class Other { static String name() { return Other.class.getName(); } }");
        var file = source("a/b/Start.java", "package a.b; public class Start { static void main() { System.out.print(Other.name()); } }");
        assertThat(caviar("run", file).out).isEqualTo("a.b.Other");
    }

    @Test
    void runSeesTheLibrary() throws IOException {
        var file = source("Uses.java", "void main() { IO.print(dev.caviar.app.CommandProvider.class.getSimpleName()); }");
        assertThat(caviar("run", file).out).isEqualTo("CommandProvider");
    }

    @Test
    void anExceptionOfTheProgramIsShownWithItsOwnFramesOnly() throws IOException {
        var file = source("Fails.java", "void main() { deep(); }\nvoid deep() { throw new IllegalStateException(\"no\", new Exception(\"why\")); }");
        var outcome = caviar("run", file);
        assertThat(outcome.code).isEqualTo(1);
        assertThat(outcome.err).contains("IllegalStateException: no", "Fails.java:2", "Fails.java:1", "Caused by: java.lang.Exception: why")
                .doesNotContain("dev.caviar", "picocli", "reflect");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Wrong.java   | void main() { int x = \"a\"; }        | Wrong.java does not compile: 1 error, as shown above.",
        "Syntax.java  | void main( {}                           | Syntax.java does not compile: 1 error, as shown above.",
        "Empty.java   | import java.util.List;                 | declares no class.",
        "NoMain.java  | class NoMain {}                        | class NoMain has no method `void main()`",
        "Private.java | class Private { private Private() {} void main() {} } | no constructor without parameters",
        "Stray.java   | package x.y; class Stray {}            | is of package x.y but does not lie in a folder x/y.",
        "text.txt     | void main() {}                         | is not a Java source file",
    })
    void aFileThatCannotBeRunEndsWithTwoAndSaysWhy(String name, String text, String message) throws IOException {
        var outcome = caviar("run", source(name, text));
        assertThat(outcome.code).isEqualTo(2);
        assertThat(outcome.out).isEmpty();
        var lines = outcome.err.lines().toList();
        assertThat(lines.get(lines.size() - 2)).startsWith("caviar run: ").contains(message);
        assertThat(lines.getLast()).startsWith("Maybe ");
    }

    @Test
    void aMissingFileEndsWithTwo() {
        var outcome = caviar("run", "nowhere.java");
        assertThat(outcome.code).isEqualTo(2);
        assertThat(outcome.out).isEmpty();
        assertThat(outcome.err.lines()).containsExactly("caviar run: there is no file nowhere.java.", "Maybe look it up: `caviar run --help`.");
    }
}
