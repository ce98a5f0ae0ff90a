package dev.caviar.nn.train;

import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.BinaryFocalCrossEntropy;
import dev.caviar.nn.loss.CategoricalFocalCrossEntropy;
import dev.caviar.nn.loss.Circle;
import dev.caviar.nn.loss.CosineSimilarity;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Ctc;
import dev.caviar.nn.loss.GeneralizedCrossEntropy;
import dev.caviar.nn.loss.Huber;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.Overlap;
import dev.caviar.nn.metric.Accuracy;
import dev.caviar.nn.metric.Auc;
import dev.caviar.nn.metric.Correlation;
import dev.caviar.nn.metric.Decision;
import dev.caviar.nn.metric.FScore;
import dev.caviar.nn.metric.MeanIoU;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.metric.OperatingPoint;
import dev.caviar.nn.metric.R2;
import dev.caviar.nn.metric.TopK;
import dev.caviar.nn.metric.Weighted;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Caviar's own losses and metrics as JSON: their names where these say all, else the components of their records.
final class GoalJson {
    private static final Map<String, Class<? extends Record>> LOSSES = new TreeMap<>(Map.of("crossentropy", CrossEntropy.class,
            "binary_crossentropy", BinaryCrossEntropy.class, "binary_focal_crossentropy", BinaryFocalCrossEntropy.class,
            "categorical_focal_crossentropy", CategoricalFocalCrossEntropy.class, "huber", Huber.class, "cosine_similarity", CosineSimilarity.class,
            "overlap", Overlap.class, "ctc", Ctc.class, "generalized_crossentropy", GeneralizedCrossEntropy.class));

    private static final Map<String, Class<? extends Record>> METRICS = Map.ofEntries(Map.entry("accuracy", Accuracy.class),
            Map.entry("top_k", TopK.class), Map.entry("decision", Decision.class), Map.entry("operating_point", OperatingPoint.class),
            Map.entry("f_score", FScore.class), Map.entry("auc", Auc.class), Map.entry("r2", R2.class), Map.entry("correlation", Correlation.class),
            Map.entry("mean_iou", MeanIoU.class), Map.entry("equality", Metric.Equality.class), Map.entry("similarity", Metric.Similarity.class),
            Map.entry("loss", Metric.LossMetric.class), Map.entry("weighted", Weighted.class));

    static {
        LOSSES.put("circle", Circle.class);
    }

    private GoalJson() {}

    static JsonNode write(Loss loss) {
        return write(loss, loss.kind(), LOSSES);
    }

    static JsonNode write(Metric metric) {
        return write(metric, metric.kind(), METRICS);
    }

    private static JsonNode write(Object one, String name, Map<String, Class<? extends Record>> kinds) {
        for (var kind : kinds.entrySet()) {
            if (kind.getValue() == one.getClass()) {
                var node = JsonNodeFactory.instance.objectNode().put("kind", kind.getKey());
                RecordJson.write((Record) one, node);
                return node;
            }
        }
        return JsonNodeFactory.instance.stringNode(name);
    }

    static Loss loss(JsonNode node) {
        return node.isObject() ? (Loss) read(node, LOSSES, "loss") : Loss.of(node.asString(""));
    }

    static Metric metric(JsonNode node) {
        return node.isObject() ? (Metric) read(node, METRICS, "metric") : Metric.of(node.asString(""));
    }

    private static Object read(JsonNode node, Map<String, Class<? extends Record>> kinds, String what) {
        var kind = node.path("kind").asString("");
        var type = kinds.get(kind);
        if (type == null) {
            throw new IllegalArgumentException("there is no " + what + " of kind \"" + kind + "\".");
        }
        return RecordJson.read(node, type);
    }
}
