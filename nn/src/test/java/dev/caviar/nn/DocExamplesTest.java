package dev.caviar.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every public type shows an example in its doc comment, and every example compiles.
class DocExamplesTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/caviar/nn");
    private static final Pattern FENCED = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
    private static final Pattern PUBLIC_TYPE = Pattern.compile("(?m)^public .*\\b(class|record|interface|enum) \\w+");
    private static final String IMPORTS = Stream.of("dev.caviar.engine.memory", "dev.caviar.engine.tensor", "dev.caviar.engine.graph",
            "dev.caviar.nn.format", "dev.caviar.nn.data", "dev.caviar.nn.layer", "dev.caviar.nn.loss", "dev.caviar.nn.metric",
            "dev.caviar.nn.optim", "dev.caviar.nn.train", "java.nio.file", "java.util").map(name -> "import " + name + ".*;")
            .reduce("import java.nio.ByteBuffer; import dev.caviar.engine.tensor.Random;", String::concat);
    /// What examples may take as given.
    private static final String GIVEN = "static Model model; static History history; static DataSet data; static Examples train, held;"
            + " static Tensor param, grad, gradient; static Variable w; static ShapeException cause; static Fit fit;";

    @TempDir
    Path out;

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        private Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreErrors) {
            return text;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"format", "data", "layer", "loss", "metric", "optim", "train"})
    void examplesCompile(String name) throws IOException {
        var sources = new ArrayList<Source>();
        try (var files = Files.list(SOURCES.resolve(name))) {
            for (var file : files.sorted().toList()) {
                var text = Files.readString(file);
                var comments = text.lines().map(String::strip).map(line -> line.startsWith("///") ? line.substring(3) + "\n" : "\0")
                        .reduce("", String::concat);
                var blocks = FENCED.matcher(comments);
                int before = sources.size();
                while (blocks.find()) {
                    var type = "Example" + sources.size();
                    sources.add(new Source(type, IMPORTS + "class " + type + " { " + GIVEN + " static void example() throws Exception {\n"
                            + blocks.group(1) + "} }"));
                }
                if (PUBLIC_TYPE.matcher(text).find()) {
                    assertThat(sources.size()).as("an example in %s", file).isGreaterThan(before);
                }
            }
        }
        var problems = new DiagnosticCollector<JavaFileObject>();
        var compiled = ToolProvider.getSystemJavaCompiler().getTask(null, null, problems,
                List.of("-proc:none", "-d", out.toString(), "-cp", System.getProperty("java.class.path")), null, sources).call();
        assertThat(compiled).as("%s", problems.getDiagnostics()).isTrue();
    }
}
