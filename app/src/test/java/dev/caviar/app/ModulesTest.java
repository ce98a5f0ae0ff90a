package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What users of the modules see: their descriptors, and a small module of their own that builds on them.
final class ModulesTest {
    private static final Path[] PATH = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(Files::exists)
            .filter(path -> !path.endsWith("test-classes"))
            .toArray(Path[]::new);

    @TempDir
    private Path folder;

    /// The explicit descriptors of the project's modules, by name without the project's prefix.
    private static Map<String, ModuleDescriptor> descriptors() {
        return ModuleFinder.of(PATH).findAll().stream()
                .map(ModuleReference::descriptor)
                .filter(module -> module.name().startsWith("dev.caviar.") && !module.isAutomatic())
                .collect(Collectors.toMap(module -> module.name().substring("dev.caviar.".length()), module -> module, (a, b) -> a, TreeMap::new));
    }

    @Test
    void publicPackagesAreExactlyTheExportedOnes() {
        var modules = descriptors();
        assertThat(modules).containsKeys("engine", "nn", "tune", "lab", "app");
        var classes = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.caviar");
        modules.forEach((name, module) -> {
            var exported = module.exports().stream().filter(export -> !export.isQualified()).map(ModuleDescriptor.Exports::source);
            var withPublic = classes.stream()
                    .filter(type -> (type.getPackageName() + ".").startsWith(module.name() + "."))
                    .filter(type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
                    .map(JavaClass::getPackageName);
            assertThat(exported.collect(Collectors.toSet())).as("exports of %s", name).isEqualTo(withPublic.collect(Collectors.toSet()));
        });
    }

    @Test
    void aModuleOfItsOwnTunesATensorFunction() throws Exception {
        write("module-info.java", "module consumer { requires dev.caviar.engine; requires dev.caviar.tune; exports consumer; }");
        write("consumer/Consumer.java", """
            package consumer;
            import dev.caviar.engine.tensor.Tensor;
            import dev.caviar.tune.*;
            public class Consumer {
                public static double best() {
                    try (var study = Study.inMemory(StudyOptions.of("parabola").withSeed(1))) {
                        study.optimize(trial -> {
                            var x = Tensor.of((float) trial.real("x", -10, 10)).sub(5);
                            return x.mul(x).sum().item();
                        }, Budget.trials(50));
                        return study.best().orElseThrow().value().getAsDouble();
                    }
                }
            }
            """);
        compile();
        var finder = ModuleFinder.of(Stream.concat(Stream.of(folder.resolve("classes")), Stream.of(PATH)).toArray(Path[]::new));
        var boot = ModuleLayer.boot();
        var resolved = Configuration.resolve(finder, List.of(boot.configuration()), ModuleFinder.of(), Set.of("consumer"));
        var controller = ModuleLayer.defineModulesWithOneLoader(resolved, List.of(boot), ClassLoader.getPlatformClassLoader());
        controller.layer().findModule("dev.caviar.engine").ifPresent(controller::enableNativeAccess);
        var consumer = controller.layer().findLoader("consumer").loadClass("consumer.Consumer");
        assertThat(consumer.getModule().getName()).isEqualTo("consumer");
        assertThat((double) consumer.getMethod("best").invoke(null)).isBetween(0.0, 1.0);
        var loaded = controller.layer().modules().stream().map(Module::getName).collect(Collectors.toCollection(TreeSet::new));
        assertThat(loaded).as("who tunes needs no network library").doesNotContain("dev.caviar.nn", "dev.caviar.lab", "dev.caviar.app");
    }

    private void write(String name, String text) throws Exception {
        var file = folder.resolve("source").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void compile() throws Exception {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var said = new StringWriter();
        try (var files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
                var sources = Files.walk(folder.resolve("source"))) {
            var path = Stream.of(PATH).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
            var options = List.of("-proc:none", "-d", folder.resolve("classes").toString(), "--module-path", path);
            var units = files.getJavaFileObjectsFromPaths(sources.filter(Files::isRegularFile).toList());
            var done = compiler.getTask(new PrintWriter(said), files, null, options, null, units).call();
            assertThat(done).as("%s", said).isTrue();
        }
    }
}
