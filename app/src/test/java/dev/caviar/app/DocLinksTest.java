package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the pages point at is there: other pages, their headings, pictures, folders, and examples that they tell the reader to run.
final class DocLinksTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern EXAMPLE = Pattern.compile("examples/\\w+\\.java");

    private static List<Path> pages() throws IOException {
        try (var files = Files.walk(ROOT.resolve("docs")); var top = Files.list(ROOT)) {
            return Stream.concat(files, top).filter(file -> file.toString().endsWith(".md")).sorted().toList();
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        var broken = new ArrayList<String>();
        for (var page : pages()) {
            var links = LINK.matcher(Files.readString(page)).results().map(found -> found.group(1)).filter(link -> !link.matches("\\w+:.*")).toList();
            for (var link : links) {
                var parts = link.split("#", 2);
                var target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
                if (!Files.exists(target) || parts.length > 1 && !headings(target).contains(parts[1])) broken.add(ROOT.relativize(page) + ": " + link);
            }
        }
        assertThat(broken).isEmpty();
    }

    /// As they are spelt in links: small, without signs, with - for spaces.
    private static List<String> headings(Path page) throws IOException {
        return Files.readAllLines(page).stream().filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-')).toList();
    }

    @Test
    void everyExampleThatAPageNamesIsThere() throws IOException {
        for (var page : pages()) {
            assertThat(EXAMPLE.matcher(Files.readString(page)).results().map(found -> found.group()).filter(file -> Files.notExists(ROOT.resolve(file))))
                    .as("examples that %s names", ROOT.relativize(page)).isEmpty();
        }
    }

    @Test
    void everyPageStandsInTheIndex() throws IOException {
        var index = Files.readString(ROOT.resolve("docs/README.md")) + Files.readString(ROOT.resolve("README.md")).replace("](docs/", "](");
        try (var files = Files.list(ROOT.resolve("docs"))) {
            var missing = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".md") && !name.equals("README.md"))
                    .filter(name -> !index.contains("](" + name + ")"));
            assertThat(missing).as("pages that neither README names").isEmpty();
        }
    }

    /// Each has a page that tells what it shows.
    @Test
    void everyExampleIsNamedByAPage() throws IOException {
        var all = new StringBuilder();
        for (var page : pages()) all.append(Files.readString(page));
        try (var files = Files.list(ROOT.resolve("examples"))) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java") && all.indexOf("examples/" + name) < 0))
                    .as("examples that no page names").isEmpty();
        }
    }
}
