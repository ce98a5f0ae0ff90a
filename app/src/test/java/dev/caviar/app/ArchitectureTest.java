package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Reads the class files of all modules and fails on any arrow that the architecture does not draw.
///
/// A new package or arrow is first drawn here, with a decision record in `docs/decisions` that says why.
final class ArchitectureTest {
    /// Who may use whom among the modules: what stands right of a module, and what those may use.
    private static final Map<String, Set<String>> MODULES = Map.of(
            "engine", Set.of(),
            "nn", Set.of("engine"),
            "tune", Set.of(),
            "lab", Set.of("nn", "tune"),
            "app", Set.of("lab"));

    /// The layers of each module from the bottom: a package may use those of the layers below it, and none of its own layer. "" is the root.
    private static final Map<String, List<Set<String>>> LAYERS = Map.of(
            "engine", layers("memory", "kernel", "tensor", "grad", "graph", "compile"),
            "nn", layers("format", "data", "layer", "loss", "metric", "optim", "train"),
            "tune", layers("json", "space", "record", "sample prune importance storage", ""),
            "lab", layers("run", "plot"),
            "app", layers("check", ""));

    /// What only these packages may touch.
    private static final Map<String, Set<String>> OWNERS = Map.of(
            "java.lang.foreign.Linker", Set.of("engine.kernel"),
            "java.lang.foreign.SymbolLookup", Set.of("engine.kernel"),
            "java.lang.foreign.FunctionDescriptor", Set.of("engine.kernel"),
            "java.lang.classfile.", Set.of("engine.compile"),
            "jdk.incubator.vector.", Set.of("engine.kernel", "engine.compile"));

    private static final Set<String> EMPTY_WORDS = Set.of("Impl", "Util", "Utils", "Helper", "Helpers", "Manager", "Base");

    private static final String ROOT = "dev.caviar.";

    private static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.caviar");

    private static List<Set<String>> layers(String... names) {
        return Stream.of(names).map(layer -> Set.of(layer.split(" "))).toList();
    }

    /// A package of the project: `tune.space` is package `space` of module `tune`.
    private record Place(String module, String name) {
        static Place of(JavaClass type) {
            return of(type.getPackageName().substring(ROOT.length()));
        }

        static Place of(String path) {
            int dot = path.indexOf('.');
            return dot < 0 ? new Place(path, "") : new Place(path.substring(0, dot), path.substring(dot + 1));
        }

        int layer() {
            var layers = LAYERS.getOrDefault(module, List.of());
            for (int i = 0; i < layers.size(); i++) {
                if (layers.get(i).contains(name)) return i;
            }
            return -1;
        }

        boolean mayUse(Place other) {
            if (equals(other)) return true;
            return module.equals(other.module) ? other.layer() < layer() : below(module).contains(other.module);
        }

        @Override
        public String toString() {
            return name.isEmpty() ? module : module + "." + name;
        }
    }

    private static Set<String> below(String module) {
        var all = new TreeSet<String>();
        for (var direct : MODULES.getOrDefault(module, Set.of())) {
            all.add(direct);
            all.addAll(below(direct));
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "nn.layer, engine.tensor, true", "lab.plot, engine.memory, true", "engine.graph, engine.memory, true", "tune, tune.storage, true",
        "engine.memory, engine.tensor, false", "engine.tensor, nn.layer, false", "tune, engine.tensor, false", "nn.loss, nn.metric, false",
        "lab.run, lab.plot, false", "tune.sample, tune, false", "nn.train, tune.space, false", "lab.run, app, false",
    })
    void arrowsPointDownwardsOnly(String from, String to, boolean allowed) {
        assertThat(Place.of(from).mayUse(Place.of(to))).isEqualTo(allowed);
    }

    @Test
    void everyPackageIsDrawnAndTheDrawnOnesHoldClasses() {
        var found = CLASSES.stream().map(Place::of).collect(Collectors.toSet());
        assertThat(found).allSatisfy(place -> assertThat(place.layer()).as("layer of package %s", place).isNotNegative());
        // Otherwise a wrong class path would let every other test here pass.
        assertThat(found.stream().map(Place::toString)).contains(
                "engine.memory", "engine.kernel", "engine.tensor", "engine.grad", "engine.graph", "engine.compile",
                "nn.format", "nn.data", "nn.layer", "nn.loss", "nn.metric", "nn.optim", "nn.train",
                "tune.space", "tune.record", "tune.sample", "tune.prune", "tune.importance", "tune.storage", "tune", "lab.run", "lab.plot", "app.check", "app");
    }

    @Test
    void noArrowIsUsedThatIsNotDrawn() {
        assertThat(dependencies(d -> d.getTargetClass().getPackageName().startsWith(ROOT)
                && !Place.of(d.getOriginClass()).mayUse(Place.of(d.getTargetClass())))).isEmpty();
    }

    @Test
    void foreignCallsBytecodeAndVectorsHaveOneOwnerEach() {
        OWNERS.forEach((prefix, owners) -> assertThat(dependencies(d -> isNamed(d.getTargetClass(), prefix)
                && !owners.contains(Place.of(d.getOriginClass()).toString()))).as("only %s may use %s", owners, prefix).isEmpty());
    }

    private static boolean isNamed(JavaClass type, String prefix) {
        return prefix.endsWith(".") ? type.getFullName().startsWith(prefix) : type.getFullName().equals(prefix);
    }

    private static List<String> dependencies(Predicate<Dependency> wrong) {
        return CLASSES.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(wrong)
                .map(Dependency::getDescription)
                .sorted()
                .toList();
    }

    @Test
    void namesSayWhatIsInside() {
        assertThat(CLASSES.stream()
                .filter(type -> Arrays.stream(type.getSimpleName().split("(?<=[a-z0-9])(?=[A-Z])|\\d+")).anyMatch(EMPTY_WORDS::contains))
                .map(JavaClass::getName)).isEmpty();
    }

    @Test
    void accessorsHaveNoGetPrefix() {
        assertThat(CLASSES.stream()
                .flatMap(type -> type.getMethods().stream())
                .filter(method -> method.getModifiers().contains(JavaModifier.PUBLIC) && !method.getModifiers().contains(JavaModifier.SYNTHETIC))
                .filter(method -> method.getName().matches("get[A-Z].*") && !isDemandedFromOutside(method))
                .map(JavaMethod::getFullName)).isEmpty();
    }

    /// Whether it overrides a method of a type that is not the project's.
    private static boolean isDemandedFromOutside(JavaMethod method) {
        var owner = method.getOwner();
        return Stream.concat(owner.getAllRawSuperclasses().stream(), owner.getAllRawInterfaces().stream())
                .filter(type -> !type.getPackageName().startsWith(ROOT))
                .flatMap(type -> type.getMethods().stream())
                .anyMatch(other -> other.getName().equals(method.getName())
                        && other.getRawParameterTypes().size() == method.getRawParameterTypes().size());
    }
}
