package dev.caviar.tune.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Numbers in brackets are the worked examples of the notes.
class SpaceTest {
    private static final Space OPTIMIZERS = Space.of(
            Param.of("beta1", Real.of(0.85, 0.95)).when("optimizer", "adam"),
            Param.of("optimizer", Choice.of("adam", "sgd", "rmsprop")),
            Param.of("beta2", Real.of(0.99, 0.9999)).when("optimizer", "adam"),
            Param.of("momentum", Real.of(0, 0.99)).when("optimizer", "sgd"),
            Param.of("nesterov", Choice.of(true, false)).when("optimizer", "sgd"),
            Param.of("rho", Real.of(0.85, 0.95)).when("optimizer", "rmsprop"));

    /// [33]
    @Test
    void onlyTheParametersOfTheChosenOptimizerExist() {
        var expected = Map.of("adam", Set.of("optimizer", "beta1", "beta2"), "sgd", Set.of("optimizer", "momentum", "nesterov"), "rmsprop", Set.of("optimizer", "rho"));
        var seen = new TreeSet<String>();
        var study = Study.inMemory(StudyOptions.of("optimizers").withSpace(OPTIMIZERS));
        for (var i = 0; i < 60; i++) {
            var trial = study.ask();
            seen.add(trial.text("optimizer"));
            assertThat(trial.params().keySet()).isEqualTo(expected.get(trial.text("optimizer")));
            trial.params().forEach((name, value) -> assertThat(OPTIMIZERS.param(name).dist().contains(value)).isTrue());
            if (trial.has("beta2")) assertThat(trial.real("beta2")).isBetween(0.99, 0.9999);
            study.tell(trial, 0);
        }
        assertThat(seen).containsExactly("adam", "rmsprop", "sgd");
    }

    @Test
    void layersDecideWhichUnitsExist() {
        var space = Space.of(Param.of("layers", Whole.of(1, 3)), Param.of("units_1", Whole.of(8, 64)), Param.of("units_2", Whole.of(8, 64)).when("layers", 2, 3),
                Param.of("units_3", Whole.of(8, 64)).when("layers", 3));
        assertThat(space.active("units_2", Map.of("layers", 1L))).isFalse();
        assertThat(space.active("units_2", Map.of("layers", 3L))).isTrue();
    }

    /// Each depends on the three before it: as many ways up as in a tree of the hundredth generation.
    @Test
    void aDenseWebOfConditionsIsCheckedAtOnce() {
        var params = new ArrayList<Param>();
        for (var i = 0; i < 100; i++) {
            var param = Param.of("p" + i, Choice.of(1, 2));
            for (var parent = Math.max(0, i - 3); parent < i; parent++) param = param.when("p" + parent, 1);
            params.addFirst(param);
        }
        var space = new Space(params);
        assertThat(space.parentsFirst().stream().map(Param::name)).containsExactlyElementsOf(params.reversed().stream().map(Param::name).toList());
        params.set(99, params.get(99).when("p40", 1));
        assertThatThrownBy(() -> new Space(params)).isInstanceOf(SpaceException.class).hasMessageContaining("circle").hasMessageContaining("-> p0");
    }

    @Test
    void aFileMayBeginWithTheMarkOfWindowsEditorsAndIsOtherwiseRefusedInPlainWords(@TempDir Path folder) throws IOException {
        var file = folder.resolve("space.json");
        Files.writeString(file, "\uFEFF{\"parameters\":[{\"name\":\"x\",\"type\":\"real\",\"low\":0,\"high\":1}]}");
        assertThat(Space.read(file).names()).containsExactly("x");
        Files.write(file, new byte[] {'{', (byte) 0xe4, '}'});
        assertThatThrownBy(() -> Space.read(file)).hasMessageContaining("not text in UTF-8").hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> Space.read(folder)).hasMessageContaining("it is a folder").hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> Space.read(folder.resolve("none.json"))).hasMessageContaining("there is no such file").hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> Space.parse("{\"parameters\":[{\"name\":\"lr\"")).hasMessageNotContaining("REDACTED");
    }

    @Test
    void theFormOfTheSettingsIsRead() {
        var space = Space.parse("""
                {"parameters":[{"name":"lr","type":"real","low":1e-4,"high":1,"scale":"log"},
                {"name":"beta1","type":"real","low":0.9,"high":0.999,"scale":"one-minus-log","when":{"optimizer":["adam"]}},
                {"name":"batch","type":"whole","low":16,"high":256,"scale":"power-of-two"},
                {"name":"drop","type":"real","low":0,"high":0.5,"step":0.1},
                {"name":"optimizer","type":"choice","values":["adam","sgd"]}]}""");
        assertThat(space).isEqualTo(Space.of(Param.of("lr", Real.log(1e-4, 1)), Param.of("beta1", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG)).when("optimizer", "adam"),
                Param.of("batch", Whole.of(16, 256, Scale.POWER_OF_TWO)), Param.of("drop", Real.of(0, 0.5).withStep(0.1)), Param.of("optimizer", Choice.of("adam", "sgd"))));
        assertThat(Space.parse(space.json())).isEqualTo(space);
    }

    @Test
    void everyPresetSurvivesItsOwnJson() {
        for (var preset : Preset.all()) assertThat(Space.parse(preset.space().json())).isEqualTo(preset.space());
        assertThat(Preset.named("mnist")).isEqualTo(Preset.mnist());
        assertThatThrownBy(() -> Preset.named("mnits")).hasMessageContaining("mnist, basic, early-stop");
    }

    /// [34] [35] [36]
    @Test
    void thePresetsAreTheSearchesOfTheNotes() {
        assertThat(List.of(Preset.mnist().trials(), Preset.mnist().epochs())).containsExactly(20, 10);
        assertThat(List.of(Preset.basic().trials(), Preset.basic().epochs())).containsExactly(50, 10);
        assertThat(List.of(Preset.earlyStop().trials(), Preset.earlyStop().epochs(), Preset.earlyStop().patience())).containsExactly(50, 100, 5);
        assertThat(Preset.basic().score()).isEqualTo(Preset.Score.LAST_EPOCH);
        assertThat(Preset.earlyStop().score()).isEqualTo(Preset.Score.BEST_EPOCH);
        assertThat(((Whole) Preset.mnist().space().param("batch_size").dist()).values()).containsExactly(32L, 64L, 128L);
        assertThat(((Whole) Preset.mnist().space().param("units").dist()).values()).containsExactly(64L, 128L, 256L, 512L);
        assertThat(((Whole) Preset.basic().space().param("batch_size").dist()).values()).containsExactly(16L, 32L, 64L, 128L, 256L);
        assertThat(Preset.basic().space().active("momentum", Map.of("optimizer", "adam"))).isFalse();
        var mnist = Preset.mnist().space();
        assertThat(mnist.param("learning_rate").dist()).isEqualTo(Real.log(1e-4, 1e-2));
        assertThat(mnist.param("layers").dist()).isEqualTo(Whole.of(1, 3));
        assertThat(mnist.param("dropout").dist()).isEqualTo(Real.of(0.1, 0.5));
        assertThat(mnist.param("optimizer").dist()).isEqualTo(Choice.of("adam", "sgd", "rmsprop"));
        for (var wide : List.of(Preset.basic().space(), Preset.earlyStop().space())) {
            assertThat(wide.param("learning_rate").dist()).isEqualTo(Real.log(1e-4, 1e-1));
            assertThat(wide.param("layers").dist()).isEqualTo(Whole.of(1, 5));
            assertThat(wide.param("units").dist()).isEqualTo(Whole.of(32, 511));
            assertThat(wide.param("dropout").dist()).isEqualTo(Real.of(0, 0.5));
            assertThat(wide.param("l2").dist()).isEqualTo(Real.log(1e-6, 1e-2));
            assertThat(wide.param("momentum").dist()).isEqualTo(Real.of(0.8, 0.99));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {'name':'a','type':'float','low':0,'high':1}                    | line 2, parameter "a", key "type": there is no type "float"
            {'name':'a','type':'real','low':0,'high':1,'scale':'log'}       | line 2, parameter "a", key "low": Real(0.0, 1.0, log): a log scale cannot begin at 0.0
            {'name':'a','type':'real','low':2,'high':1}                     | line 2, parameter "a", key "low": Real(2.0, 1.0, linear): an impossible range
            {'name':'a','type':'real','low':'x','high':1}                   | line 2, parameter "a", key "low": needs a number, not "x"
            {'name':'a','type':'real','low':0}                              | line 2, parameter "a", key "high": is missing
            {'name':'a','type':'real','low':0,'high':1,'scael':'log'}       | line 2, parameter "a", key "scael": a parameter of type real has no such key
            {'name':'a','type':'real','low':0,'high':1,'scale':'lin'}       | line 2, parameter "a", key "scale": There is no scale "lin"
            {'name':'a','type':'real','low':0,'high':1,'step':0}            | line 2, parameter "a", key "step": a step must be a number above zero
            {'name':'a','type':'whole','low':0.5,'high':1}                  | line 2, parameter "a", key "low": needs a whole number, not 0.5
            {'name':'a','type':'choice','values':[]}                        | line 2, parameter "a", key "values": Choice(): there is nothing to choose from
            {'name':'a','type':'choice','values':'x'}                       | line 2, parameter "a", key "values": needs a list
            {'name':'a','type':'choice','values':[{}]}                      | line 2, parameter "a", key "values": a value is text
            {'name':7,'type':'choice','values':[1]}                         | line 2, parameter 1, key "name": needs text in quotes, not 7
            {'name':'a','type':'choice','values':[1],'when':{'b':[1]}}      | line 2, parameter "a", when "b" in [1]: there is no such parameter
            {'name':'a','type':'choice','values':[1],'when':{'a':[1]}}      | line 2, parameter "a": its conditions go in a circle: a -> a
            {'name':'a','type':'choice','values':[1],'when':7}              | line 2, parameter "a", key "when": a condition has the form
            {'name':'a','type':'choice','values':[1]}, {'name':'a','type':'choice','values':[1]} | line 2, parameter "a": the name is used twice
            {'name':'a','type':'choice','values':[1],'values':[1]}          | line 2
            {'name':'a' 'type':'choice'}                                    | line 2
            7                                                               | line 2: parameter 1 is not an object
            """)
    void everyMistakeInAFileIsNamedWithItsLine(String parameter, String message) {
        var json = "{\"parameters\": [\n" + parameter.replace('\'', '"') + "]}";
        assertThatThrownBy(() -> Space.parse(json)).isInstanceOf(SpaceException.class).hasMessageStartingWith(message.strip());
    }

    @Test
    void conditionsThatNeverHoldAreRefused() {
        var parent = Param.of("optimizer", Choice.of("adam", "sgd"));
        assertThatThrownBy(() -> Space.of(parent, Param.of("x", Real.of(0, 1)).when("optimizer", "adan"))).hasMessageContaining("never adan");
        assertThatThrownBy(() -> Space.of(parent, Param.of("x", Real.of(0, 1)).when("optimizer"))).hasMessageContaining("lists no value");
        assertThatThrownBy(() -> Space.of(parent, Param.of("x", Choice.of(1, 2)).when("optimizer", "adam"),
                Param.of("y", Choice.of(1)).when("x", 1).when("optimizer", "sgd"))).hasMessageContaining("\"y\"").hasMessageContaining("impossible condition");
        assertThatThrownBy(() -> Space.of(Param.of("r", Real.of(0, 1)), Param.of("x", Real.of(0, 1)).when("r", 0.5))).hasMessageContaining("real number cannot be a condition");
        assertThatThrownBy(() -> Space.of(Param.of("a", Choice.of(1)).when("b", 1), Param.of("b", Choice.of(1)).when("a", 1))).hasMessageContaining("circle: a -> b -> a");
    }

    @Test
    void aFileIsNamedInItsErrors(@TempDir Path folder) throws IOException {
        var file = folder.resolve("space.json");
        assertThatThrownBy(() -> Space.read(file)).isInstanceOf(SpaceException.class).hasMessageContaining("space.json cannot be read");
        Files.writeString(file, "{\n\n]");
        assertThatThrownBy(() -> Space.read(file)).isInstanceOf(SpaceException.class).hasMessageContaining("space.json, line 3");
        Files.writeString(file, "{\"parameters\": []}");
        assertThatThrownBy(() -> Space.read(file)).hasMessageContaining("\"parameters\" is empty");
        Files.writeString(file, "[]");
        assertThatThrownBy(() -> Space.read(file)).hasMessageContaining("has the form");
    }
}
