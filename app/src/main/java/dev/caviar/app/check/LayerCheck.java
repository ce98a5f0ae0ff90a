package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.nn.format.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Compares layers, losses, optimizers, schedules, metrics and models with a folder of reference vectors.
///
/// The folder has a `manifest.json` and an archive of arrays for each case. A case passes when all its arrays were honoured and all numbers
/// are within the tolerance: relative to 1 + |reference|, 1e-10 in double precision (1e-6 for metrics), in single precision 1e-5 for
/// outputs, losses and metrics, and 1e-4 for gradients, trajectories and models. Layers are computed op by op and as compiled programs. A setting or an array that is not understood makes it
/// unsupported, never passed.
///
/// ```java
/// var report = LayerCheck.run(Path.of("conformance/layers"), DType.F64, result -> System.out.println(result.id() + " " + result.verdict()));
/// assert report.failed() == 0;
/// ```
public final class LayerCheck {
    private LayerCheck() {}

    /// What became of a case.
    public enum Verdict {
        PASSED, FAILED, UNSUPPORTED,
        /// Its file is missing, damaged, or another one than the manifest says; counted as failed.
        UNREADABLE
    }

    /// A case by its id; the reason is empty where it passed.
    ///
    /// ```java
    /// var result = new LayerCheck.Result("dense/d0", LayerCheck.Verdict.PASSED, "");
    /// ```
    public record Result(String id, Verdict verdict, String reason) {}

    /// What became of all cases, in the order of the manifest.
    ///
    /// ```java
    /// var report = new LayerCheck.Report(List.of(new LayerCheck.Result("dense/d0", LayerCheck.Verdict.PASSED, "")));
    /// assert report.exitCode() == 0;
    /// ```
    public record Report(List<Result> results) {
        public Report {
            results = List.copyOf(results);
        }

        public long count(Verdict verdict) {
            return results.stream().filter(result -> result.verdict == verdict).count();
        }

        /// All that did not pass although it should have, unreadable ones too.
        public long failed() {
            return count(Verdict.FAILED) + count(Verdict.UNREADABLE);
        }

        /// 0 if none failed, 1 if some did, 2 if some could not be read.
        public int exitCode() {
            return count(Verdict.UNREADABLE) > 0 ? 2 : failed() > 0 ? 1 : 0;
        }

        /// `passed`, `failed`, `unsupported`, and `failures`, each a `case` with its `reason`.
        public Map<String, Object> json() {
            var out = new LinkedHashMap<String, Object>();
            out.put("passed", count(Verdict.PASSED));
            out.put("failed", failed());
            out.put("unsupported", count(Verdict.UNSUPPORTED));
            out.put("failures", listed(Verdict.FAILED, Verdict.UNREADABLE));
            out.put("unsupported_cases", listed(Verdict.UNSUPPORTED));
            return out;
        }

        private List<Map<String, String>> listed(Verdict... verdicts) {
            return results.stream().filter(result -> List.of(verdicts).contains(result.verdict))
                    .map(result -> {
                        var one = new LinkedHashMap<String, String>();
                        one.put("case", result.id);
                        one.put("reason", result.reason);
                        return (Map<String, String>) one;
                    }).toList();
        }
    }

    /// Checks every case in this precision, and tells of each as it is done. Throws [DataException] where there is no such folder.
    public static Report run(Path folder, DType dtype, Consumer<Result> each) {
        var manifest = Manifest.read(folder);
        var results = new ArrayList<Result>();
        for (var entry : manifest.entries()) {
            var result = run(manifest, entry, dtype);
            each.accept(result);
            results.add(result);
        }
        return new Report(results);
    }

    private static Result run(Manifest manifest, Manifest.Entry entry, DType dtype) {
        try {
            var c = new Case(entry, manifest.arrays(entry), dtype);
            return run(c, entry.id());
        } catch (DataException e) {
            return new Result(entry.id(), Verdict.UNREADABLE, String.valueOf(e.getMessage()));
        }
    }

    private static Result run(Case c, String id) {
        try {
            Checks.of(c.group()).run(c);
            c.complete();
            return new Result(id, Verdict.PASSED, "");
        } catch (Unsupported e) {
            return new Result(id, Verdict.UNSUPPORTED, String.valueOf(e.getMessage()));
        } catch (OutOfMemoryError e) {
            return failed(c, id, "there is no memory for it.");
        } catch (RuntimeException e) {
            // One layer that throws must not keep the other cases from being checked.
            return failed(c, id, e instanceof Mismatch || e instanceof IllegalArgumentException ? String.valueOf(e.getMessage()) : e.toString());
        }
    }

    /// What differs because a setting is unknown has not failed.
    private static Result failed(Case c, String id, String reason) {
        try {
            c.understood();
            return new Result(id, Verdict.FAILED, reason);
        } catch (Unsupported e) {
            return new Result(id, Verdict.UNSUPPORTED, String.valueOf(e.getMessage()));
        }
    }
}
