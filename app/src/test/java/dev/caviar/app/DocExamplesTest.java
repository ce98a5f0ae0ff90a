package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every public type of every module shows an example in its doc comment. Every example compiles as a user's code would: in a
/// package of its own, as statements of a method or as members of a class. Statements also run, and what they assert is true,
/// unless they speak of a file that the reader has. So does the code of each page of the docs, read from top to bottom: what it takes for
/// given stands above it in a comment, `<!--java … -->`.
final class DocExamplesTest {
    private static final List<String> MODULES = List.of("engine", "nn", "tune", "lab", "app");
    private static final Pattern EXAMPLE = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
    private static final Pattern IN_PAGE = Pattern.compile("(?m)^(?:```java|<!--java)\\R(.*?)^(?:```|-->)", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern PUBLIC_TYPE = Pattern.compile("(?m)^public .*\\b(class|record|interface|enum) \\w+");
    private static final Pattern IMPORT = Pattern.compile("(?m)^\\s*import .*;\\R?");
    private static final List<String> JDK = List.of("java.io", "java.lang.foreign", "java.nio", "java.nio.file", "java.time", "java.util",
            "java.util.function", "java.util.random", "java.util.stream");
    private static final Map<String, List<Path>> TYPES = MODULES.stream().collect(Collectors.toMap(module -> module, DocExamplesTest::publicTypes));

    @TempDir
    private Path out;

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreErrors) {
            return text;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"engine", "nn", "tune", "lab", "app"})
    void everyPublicTypeShowsAnExampleAndEachIsTrue(String module) throws Exception {
        var sources = new ArrayList<Source>();
        var without = new ArrayList<Path>();
        var runs = new LinkedHashMap<String, Path>();
        assertThat(TYPES.get(module)).isNotEmpty();
        for (var file : TYPES.get(module)) {
            var examples = examples(file);
            if (examples.isEmpty()) without.add(file);
            for (int i = 0; i < examples.size(); i++) {
                var name = className(file).replace('.', '_') + "_" + i;
                sources.add(source(module, name, examples.get(i)));
                if (!examples.get(i).contains("Path.of(")) runs.put(name, file);
            }
        }
        assertThat(problems(sources)).isEmpty();
        assertThat(without).as("public types without an example").isEmpty();
        try (var loader = new URLClassLoader(new URL[] {out.toUri().toURL()}, DocExamplesTest.class.getClassLoader())) {
            loader.setDefaultAssertionStatus(true);
            for (var example : runs.entrySet()) run(loader.loadClass("example." + example.getKey()), example.getValue());
        }
    }

    static List<Path> pages() throws IOException {
        try (var files = Files.list(Path.of("..", "docs"))) {
            return files.filter(file -> file.toString().endsWith(".md") && read(file).contains("```java")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void theCodeOfEveryPageIsTrue(Path page) throws Exception {
        var code = IN_PAGE.matcher(read(page)).results().map(found -> found.group(1)).collect(Collectors.joining());
        var name = "Page_" + simple(page).replaceAll("\\W", "_");
        assertThat(problems(List.of(source("nn", name, code)))).isEmpty();
        if (code.contains("Path.of(") || code.contains("sqlite:")) return;
        try (var loader = new URLClassLoader(new URL[] {out.toUri().toURL()}, DocExamplesTest.class.getClassLoader())) {
            loader.setDefaultAssertionStatus(true);
            run(loader.loadClass("example." + name), page);
        }
    }

    private static void run(Class<?> example, Path file) throws ReflectiveOperationException {
        try {
            var method = example.getDeclaredMethod("example");
            method.setAccessible(true);
            method.invoke(null);
        } catch (NoSuchMethodException members) {
            assertThat(members).hasMessageContaining("example()");
        } catch (InvocationTargetException e) {
            throw new AssertionError("An example in " + file + " fails.", e.getCause());
        }
    }

    /// The example as a class in a package of its own. The types of its module are imported one by one, then those of the others
    /// that no two packages have, so that no name of the JDK is in their way.
    private static Source source(String module, String name, String example) throws IOException {
        var imports = new LinkedHashMap<String, String>();
        IMPORT.matcher(example).results().map(found -> found.group().strip()).forEach(line -> imports.put(simple(line), line));
        TYPES.get(module).forEach(type -> imports.putIfAbsent(simple(type), line(type)));
        var others = MODULES.stream().flatMap(other -> TYPES.get(other).stream()).toList();
        var names = others.stream().map(DocExamplesTest::simple).toList();
        others.stream().filter(type -> Collections.frequency(names, simple(type)) == 1).forEach(type -> imports.putIfAbsent(simple(type), line(type)));
        var lines = new LinkedHashSet<>(imports.values());
        JDK.forEach(pack -> lines.add("import " + pack + ".*;"));
        var head = "package example; " + String.join(" ", lines) + " final class " + name + " {\n";
        var body = IMPORT.matcher(example).replaceAll("");
        var statements = new Source(name, head + "static void example() throws Exception {\n" + body + "}}\n");
        return parses(statements) ? statements : new Source(name, head + body + "}\n");
    }

    private static boolean parses(Source source) throws IOException {
        var problems = new DiagnosticCollector<JavaFileObject>();
        var task = (JavacTask) ToolProvider.getSystemJavaCompiler().getTask(null, null, problems, null, null, List.of(source));
        task.parse();
        return problems.getDiagnostics().isEmpty();
    }

    private List<String> problems(List<Source> sources) {
        var problems = new DiagnosticCollector<JavaFileObject>();
        var options = List.of("-proc:none", "-d", out.toString(), "-cp", System.getProperty("java.class.path"));
        ToolProvider.getSystemJavaCompiler().getTask(null, null, problems, options, null, sources).call();
        return problems.getDiagnostics().stream().filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR).map(Object::toString).toList();
    }

    private static List<String> examples(Path file) {
        var comments = read(file).lines()
                .map(String::strip)
                .map(line -> line.startsWith("///") ? line.substring(3) : "")
                .collect(Collectors.joining("\n"));
        return EXAMPLE.matcher(comments).results().map(found -> found.group(1)).toList();
    }

    private static Path sources(String module) {
        return Path.of("..", module, "src", "main", "java");
    }

    private static List<Path> publicTypes(String module) {
        try (var files = Files.walk(sources(module))) {
            return files.filter(file -> file.toString().endsWith(".java")).filter(file -> PUBLIC_TYPE.matcher(read(file)).find()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String line(Path type) {
        return "import " + className(type) + ";";
    }

    private static String simple(Path type) {
        return type.getFileName().toString().replaceFirst("\\.\\w+$", "");
    }

    private static String simple(String line) {
        return line.substring(line.lastIndexOf('.') + 1).replace(";", "");
    }

    private static String className(Path file) {
        return sources(file.getName(1).toString()).relativize(file).toString().replace(".java", "").replace(File.separatorChar, '.');
    }
}
