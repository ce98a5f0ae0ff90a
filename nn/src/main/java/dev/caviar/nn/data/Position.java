package dev.caviar.nn.data;

import dev.caviar.nn.format.DataException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Where a pass through a [Pipeline] stands: all that is needed to go on exactly there, in another process too.
///
/// `epoch` is the pass from 0, `delivered` the number of elements that it has given, and `pipeline` says in words which pipeline it was.
///
/// ```java
/// var pipeline = Pipeline.of(new float[][] {{1}, {2}, {3}}, new int[] {0, 1, 0}).shuffle(1);
/// Position position;
/// try (var pass = pipeline.open(0)) {
///     pass.next();
///     position = Position.fromJson(pass.position().toJson());
/// }
/// try (var pass = pipeline.open(position)) {
///     Item second = pass.next();
/// }
/// ```
public record Position(long epoch, long delivered, String pipeline) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public Position {
        if (epoch < 0 || delivered < 0) {
            throw new IllegalArgumentException("Position of epoch " + epoch + ", " + delivered + " delivered: both are 0 or more.");
        }
    }

    /// The text that [#fromJson] reads.
    public String toJson() {
        return JSON.createObjectNode().put("epoch", epoch).put("delivered", delivered).put("pipeline", pipeline).toString();
    }

    /// Reads what [#toJson] wrote; throws [DataException] on anything else.
    public static Position fromJson(String json) {
        try {
            var root = JSON.readTree(json);
            if (!root.path("epoch").isIntegralNumber() || !root.path("delivered").isIntegralNumber()) {
                throw new IllegalArgumentException("epoch or delivered is missing");
            }
            return new Position(root.path("epoch").asLong(), root.path("delivered").asLong(), root.path("pipeline").asString(""));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new DataException("Position: not its JSON form: " + e.getMessage() + ".", "Maybe the checkpoint is damaged.", e);
        }
    }
}
