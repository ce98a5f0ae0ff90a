package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.app.check.LayerCheck;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Eager;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.NumPy;
import dev.caviar.tune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `caviar check layers`: what passes, what does not, and how it is said.
final class CheckCommandTest {
    @TempDir
    private Path folder;

    /// How many of the reference's 246 cases may still be unsupported. It only falls.
    private static final long UNSUPPORTED = 0;
    private static final long CASES = 246;

    @ParameterizedTest
    @ValueSource(strings = {"f64", "f32"})
    @Tag("shared")
    void referenceCasesAreAsKerasAndPyTorchHaveThem(String dtype) throws IOException {
        var outcome = Outcome.of("check", "layers", reference().toString(), "--dtype", dtype, "--json", folder.resolve("report.json").toString());
        var json = report();
        assertThat(outcome.code()).as("%s", json.get("failures")).isZero();
        assertThat(json.get("failures")).isEqualTo(List.of());
        var unsupported = (long) json.get("unsupported");
        assertThat(unsupported).as("%s", json.get("unsupported_cases")).isLessThanOrEqualTo(UNSUPPORTED);
        assertThat(json.get("passed")).isEqualTo(CASES - unsupported);
    }

    @ParameterizedTest
    @EnumSource(names = {"F64", "F32"})
    @Tag("shared")
    void plainJavaGivesTheSame(DType dtype) {
        var reference = reference();
        Eager.of(Provider.plain()).scoped(() -> assertThat(LayerCheck.run(reference, dtype, _ -> { }).json().get("failures")).isEqualTo(List.of()));
    }

    private static Path reference() {
        var reference = Path.of(System.getProperty("caviar.shared", "../shared"), "conformance", "layers");
        if (!Files.exists(reference.resolve("manifest.json"))) {
            System.out.println("Skipped: no reference vectors at " + reference);
            Assumptions.abort();
        }
        return reference;
    }

    private Map<?, ?> report() throws IOException {
        return (Map<?, ?>) Json.read(Files.readString(folder.resolve("report.json")));
    }

    /// y = x·2 + 1 with its gradients, changed by what the test says: the settings, and one number of one array.
    private Outcome dense(Map<String, Object> config, String array, double added) throws IOException {
        var arrays = new LinkedHashMap<String, double[]>();
        arrays.put("x", new double[] {3});
        arrays.put("p_kernel", new double[] {2});
        arrays.put("p_bias", new double[] {1});
        arrays.put("y", new double[] {7});
        arrays.put("dy", new double[] {1});
        arrays.put("g_x", new double[] {2});
        arrays.put("g_kernel", new double[] {3});
        arrays.put("g_bias", new double[] {1});
        arrays.computeIfAbsent(array, _ -> new double[1])[0] += added;
        try (var zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("d.npz")))) {
            for (var one : arrays.entrySet()) {
                var buffer = Buffer.allocate(new Type(DType.F64, one.getKey().endsWith("bias") ? Shape.of(1) : Shape.of(1, 1)));
                buffer.set(0, one.getValue()[0]);
                NumPy.write(folder.resolve("one.npy"), buffer);
                zip.putNextEntry(new ZipEntry(one.getKey() + ".npy"));
                zip.write(Files.readAllBytes(folder.resolve("one.npy")));
            }
        }
        manifest("dense", config);
        return check();
    }

    private void manifest(String group, Map<String, Object> config) throws IOException {
        manifest(group, "d", config);
    }

    private void manifest(String group, String name, Map<String, Object> config) throws IOException {
        Files.writeString(folder.resolve("manifest.json"), Json.write(Map.of("cases", List.of(
                Map.of("id", group + "/" + name, "group", group, "convention", "keras", "config", config, "file", "d.npz")))));
    }

    /// A case of these arrays.
    private Outcome check(String group, String name, Map<String, Object> config, Map<String, Tensor> arrays) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("d.npz")))) {
            for (var one : arrays.entrySet()) {
                NumPy.write(folder.resolve("one.npy"), one.getValue().array().buffer());
                zip.putNextEntry(new ZipEntry(one.getKey() + ".npy"));
                zip.write(Files.readAllBytes(folder.resolve("one.npy")));
            }
        }
        manifest(group, name, config);
        return check();
    }

    private static Map<String, Tensor> loss(Tensor truth, Tensor predicted, Tensor each, double mean, double... slopes) {
        return Map.of("y_true", truth, "y_pred", predicted, "loss_per_sample", each, "loss_mean", Tensor.scalar(mean, DType.F64),
                "g_y_pred", Tensor.of(slopes).reshape(predicted.shape().dims().stream().mapToLong(Long::longValue).toArray()));
    }

    /// Numbers of Keras 3.15.
    @Test
    void lossesOverAWholeBatchAndOfUnalignedLabelsAreThoseOfKeras() throws IOException {
        var p = Tensor.of(0.9, 0.8, 0.1, 0.2, 0.3, 0.6, 0.5, 0.4).reshape(2, 4);
        var t = Tensor.of(1.0, 0, 0, 1, 0, 1, 1, 0).reshape(2, 4);
        double a = -0.1840894134257152, b = 0.07232083969723027;
        assertThat(check("loss", "dice", Map.of(), loss(t, p, Tensor.scalar(0.43589744312951995, DType.F64), 0.43589744312951995, a, b, b, a, b, a, a, b)).out())
                .contains("passed  loss/dice");
        double c = -0.155708876734459, d = 0.10335847406690493;
        var tversky = loss(t, p, Tensor.scalar(0.4300518282369993, DType.F64), 0.4300518282369993, c, d, d, c, d, c, c, d);
        assertThat(check("loss", "tversky_1", Map.of("alpha", 0.3, "beta", 0.7), tversky).out()).contains("passed  loss/tversky_1");
        assertThat(check("loss", "tversky_1", Map.of("alpha", 0.7, "beta", 0.3), tversky).out()).contains("FAILED");
        double e = -0.1812499971875, f = 0.06874999656250012, g = 0.07617728130922893, h = -0.18698060650240564;
        assertThat(check("loss", "dice_rows", Map.of("axis", List.of(1)), loss(t, p, Tensor.of(0.45000001374999965, 0.4210526468144039), 0.4355263302822018,
                e, f, f, e, g, h, h, g)).out()).contains("passed  loss/dice_rows");
        assertThat(check("loss", "ctc", Map.of(), loss(Tensor.of(1L, 2L).reshape(1, 2), Tensor.of(0.1, 0.5, -0.2, 1, -0.3, 0.4, 0.2, 0.2, 0.9).reshape(1, 3, 3),
                Tensor.of(1.2399360803019852), 1.2399360803019852, 0.22909893606169027, -0.45826690771815626, 0.22916797165646596, 0.10978579770505176,
                -0.05032534859489106, -0.059460449110160705, 0.1294312285536714, 0.2491434009222293, -0.3785746294759007)).out()).contains("passed  loss/ctc");
    }

    /// Keras 3.15: Precision(thresholds=[.2, .5]) with weights, in batches of 2 and 3.
    @Test
    void severalThresholdsAndWeightsOfExamplesCount() throws IOException {
        var arrays = Map.of("y_true", Tensor.of(1.0, 0, 1, 1, 0), "y_pred", Tensor.of(0.9, 0.8, 0.3, 0.6, 0.1), "sample_weight", Tensor.of(1.0, 2, 1, 0.5, 3),
                "split", Tensor.of(2L), "result_first", Tensor.of(1 / 3.0, 1 / 3.0), "result_all", Tensor.of(5 / 9.0, 3 / 7.0));
        assertThat(check("metric", "precision", Map.of("thresholds", List.of(0.2, 0.5)), arrays).out()).contains("passed  metric/precision");
        assertThat(check("metric", "precision", Map.of("thresholds", List.of(0.2, 0.7)), arrays).out()).contains("FAILED");
        assertThat(check("metric", "precision_at_recall", Map.of("thresholds", List.of(0.2, 0.5)), arrays).out()).contains("1 unsupported");
    }

    /// Keras 3.15, but for the first results, which are plain counts.
    @Test
    void settingsOfMetricsAreHonoured() throws IOException {
        var scores = Tensor.of(0.9, 0.8, 0.3, 0.6, 0.1, 0.45, 0.7, 0.2);
        var truth = Tensor.of(1.0, 0, 1, 1, 0, 0, 1, 0);
        var weights = Tensor.of(1.0, 2, 0.5, 1, 3, 1, 0.25, 1);
        assertThat(metric("sensitivity_at_specificity", Map.of("specificity", 0.7), scores, truth, weights, 0.8181818127632141)).contains("1 passed");
        assertThat(metric("sensitivity_at_specificity", Map.of("specificity", 0.9), scores, truth, weights, 0.8181818127632141)).contains("1 failed");
        assertThat(metric("false_positives", Map.of("thresholds", 0.25), scores, truth, weights, 3)).contains("1 passed");
        assertThat(metric("false_positives", Map.of("threshold", 0.7), scores, truth, weights, 3)).contains("1 failed");
        // What Keras counts overlaps in is whole: weights below 1 are none.
        assertThat(metric("binary_iou", Map.of("threshold", 0.4, "target_class_ids", List.of(1)), scores, truth, weights, 0.3999999463558197)).contains("1 passed");
        assertThat(metric("auc", Map.of("thresholds", List.of(0.25, 0.5, 0.75)), scores, truth, weights, 0.7532467246055603)).contains("1 passed");
        assertThat(metric("auc", Map.of("thresholds", List.of(0.25, 0.5, 0.75), "from_logits", true), scores, truth, weights, 0.7532467246055603)).contains("1 failed");
        assertThat(metric("auc", Map.of("num_labels", 3), scores, truth, weights, 0.7532467246055603)).contains("1 unsupported");
    }

    private String metric(String name, Map<String, Object> config, Tensor scores, Tensor truth, Tensor weights, double expected) throws IOException {
        return check("metric", name, config, Map.of("y_true", truth, "y_pred", scores, "sample_weight", weights, "split", Tensor.of(8L),
                "result_first", Tensor.scalar(expected, DType.F64), "result_all", Tensor.scalar(expected, DType.F64))).out();
    }

    private Outcome check() {
        return Outcome.of("check", "layers", folder.toString(), "--json", folder.resolve("report.json").toString());
    }

    @Test
    void aCaseThatAgreesPasses() throws IOException {
        var outcome = dense(Map.of("units", 1), "y", 0);
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("passed  dense/d\n", "1 passed, 0 failed, 0 unsupported, in f64.");
        assertThat(report()).isEqualTo(Json.read("{\"passed\":1,\"failed\":0,\"unsupported\":0,\"failures\":[],\"unsupported_cases\":[]}"));
    }

    @ParameterizedTest
    @CsvSource({"y, 2e-9", "g_x, 1e-9", "g_kernel, -1e-9", "g_bias, 1e-9", "p_kernel, 1e-8", "dy, 1e-8"})
    void oneNumberThatIsOffFails(String array, double added) throws IOException {
        var outcome = dense(Map.of("units", 1), array, added);
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out()).contains("FAILED  dense/d: ", "allowed is 1e-10", "0 passed, 1 failed");
        assertThat(Json.write(report().get("failures"))).contains("\"case\": \"dense/d\", \"reason\": \"");
    }

    @Test
    void notANumberIsNeverRight() throws IOException {
        assertThat(dense(Map.of("units", 1), "y", Double.NaN).code()).isEqualTo(1);
        assertThat(dense(Map.of("units", 1), "x", Double.NaN).code()).isEqualTo(1);
        assertThat(dense(Map.of("units", 1), "y", Double.POSITIVE_INFINITY).code()).isEqualTo(1);
    }

    @Test
    void anotherShapeFailsByName() throws IOException {
        assertThat(dense(Map.of("units", 2), "y", 0).out()).contains("FAILED  dense/d: kernel is [1, 1] but the input needs [1, 2]");
    }

    @Test
    void whatIsNotUnderstoodIsUnsupportedAndNeverPasses() throws IOException {
        var outcome = dense(Map.of("units", 1, "quantize", true), "y", 0);
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("unsupported  dense/d: the setting quantize = true is not known here.", "0 passed, 0 failed, 1 unsupported");
        assertThat(dense(Map.of("units", 1, "quantize", true), "y", 1).out()).as("what differs for that reason has not failed").contains("0 failed, 1 unsupported");
        assertThat(dense(Map.of("units", 1, "activation", "wavy"), "y", 0).out()).contains("no activation \"wavy\"", "1 unsupported");
        assertThat(dense(Map.of("units", "one"), "y", 0).out()).contains("units is one, not a whole number", "1 unsupported");
        assertThat(dense(Map.of("units", 1), "n_mean", 0).out()).contains("FAILED");
        assertThat(dense(Map.of("units", 1), "mask", 0).out()).contains("nothing is done with the arrays [mask]", "1 unsupported");
        manifest("capsule", Map.of());
        assertThat(check().out()).contains("there is no check for the group \"capsule\"", "1 unsupported");
    }

    @Test
    void badInputIsSaidInWordsWithExitCode2AndAReport() throws IOException {
        refuses("there is no such file");
        for (var text : List.of("", "{", "[]", "{\"cases\":3}", "{\"cases\":[1]}", "[{\"id\":1}]", "{\"cases\":[{\"id\":\"a\",\"group\":\"dense\"}]}",
                "[".repeat(100_000), "[{\"id\":\"a\",\"group\":\"dense\",\"file\":\"d.npz\",\"config\":[]}]")) {
            Files.writeString(folder.resolve("manifest.json"), text);
            refuses("manifest.json");
        }
        manifest("dense", Map.of());
        assertThat(check().code()).as("a file that is not there").isEqualTo(2);
        dense(Map.of("units", 1), "y", 0);
        var bytes = Files.readAllBytes(folder.resolve("d.npz"));
        Files.write(folder.resolve("d.npz"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(check().code()).as("a file that was cut off").isEqualTo(2);
        assertThat(report().get("failed")).isEqualTo(1L);
        Files.writeString(folder.resolve("manifest.json"),
                "[{\"id\":\"a\",\"group\":\"dense\",\"file\":\"../d.npz\",\"config\":{}}]");
        assertThat(check().out()).contains("lies outside of");
        assertThat(Outcome.of("check", "layers").code()).isEqualTo(2);
        assertThat(Outcome.of("check", "layers", folder.toString(), "--dtype", "f16").code()).isEqualTo(2);
    }

    private void refuses(String words) throws IOException {
        Files.deleteIfExists(folder.resolve("report.json"));
        var outcome = check();
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(words, "Maybe").doesNotContain("\tat ");
        assertThat(report().get("passed")).isEqualTo(0L);
    }
}
