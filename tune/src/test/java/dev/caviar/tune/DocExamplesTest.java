package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every public type shows an example in its doc comment; every example compiles, runs, and what it asserts is true.
class DocExamplesTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/caviar/tune");
    private static final Pattern FENCED = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
    private static final Pattern PUBLIC_TYPE = Pattern.compile("(?m)^public .*\\b(class|record|interface|enum) \\w+");
    private static final String IMPORTS = Stream.of("dev.caviar.tune", "dev.caviar.tune.json", "dev.caviar.tune.space", "dev.caviar.tune.record",
                    "dev.caviar.tune.sample", "dev.caviar.tune.prune", "dev.caviar.tune.storage", "java.nio.file", "java.time", "java.util", "java.util.random")
            .map(name -> "import " + name + ".*;").reduce("", String::concat);

    @TempDir
    private Path out;

    @Test
    void examplesAreTrue() throws Exception {
        var sources = new ArrayList<JavaFileObject>();
        var from = new ArrayList<Path>();
        try (var files = Files.walk(SOURCES)) {
            for (var file : files.filter(path -> path.toString().endsWith(".java")).sorted().toList()) collect(file, sources, from);
        }
        var problems = new DiagnosticCollector<JavaFileObject>();
        var options = List.of("-proc:none", "-d", out.toString(), "-cp", System.getProperty("java.class.path"));
        var compiled = ToolProvider.getSystemJavaCompiler().getTask(null, null, problems, options, null, sources).call();
        assertThat(compiled).as("%s", problems.getDiagnostics()).isTrue();
        try (var loader = new URLClassLoader(new URL[] {out.toUri().toURL()}, DocExamplesTest.class.getClassLoader())) {
            loader.setDefaultAssertionStatus(true);
            for (var i = 0; i < sources.size(); i++) run(loader.loadClass("Example" + i), from.get(i));
        }
    }

    private static void run(Class<?> example, Path file) throws ReflectiveOperationException {
        try {
            var method = example.getDeclaredMethod("example");
            method.setAccessible(true);
            method.invoke(null);
        } catch (InvocationTargetException e) {
            throw new AssertionError("An example in " + file + " fails.", e.getCause());
        }
    }

    private static void collect(Path file, List<JavaFileObject> sources, List<Path> from) throws IOException {
        var text = Files.readString(file);
        var comments = text.lines().map(String::strip).map(line -> line.startsWith("///") ? line.substring(3) + "\n" : "\0").reduce("", String::concat);
        var before = sources.size();
        var blocks = FENCED.matcher(comments);
        while (blocks.find()) {
            var type = "Example" + sources.size();
            sources.add(new Source(type, IMPORTS + "class " + type + " { static void example() throws Exception {\n" + blocks.group(1) + "} }"));
            from.add(file);
        }
        if (PUBLIC_TYPE.matcher(text).find()) assertThat(sources.size()).as("an example in %s", file).isGreaterThan(before);
    }

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
}
