package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import java.util.List;

/// What a training loop takes its batches from, one after another: examples in memory, or a pipeline.
///
/// ```java
/// Feed feed = Feed.of(Pipeline.of(new float[][] {{1}, {2}, {3}}, new int[] {0, 1, 0}).batch(2), 1, true);
/// Buffer x = Buffer.allocate(feed.xTypes(2).getFirst()), y = Buffer.allocate(feed.yTypes(2).getFirst());
/// feed.start(0);
/// for (int b = 0; feed.has(b); b++) {
///     int rows = feed.fill(b, List.of(x), List.of(y));       // 2, then 1
/// }
/// ```
public sealed interface Feed permits Batches, PipelineFeed {
    /// The elements of a pipeline, each a batch: features for each input, then labels for this many outputs. Where it is asked for, numbers that
    /// are not finite are refused.
    static Feed of(Pipeline batched, int outputs, boolean finite) {
        return new PipelineFeed(batched, outputs, finite);
    }

    /// What the parts of a batch are: features input by input, labels output by output, all with as many rows.
    ///
    /// ```java
    /// var types = new Feed.Types(List.of(Type.of(DType.F32, 32, 10)), List.of(Type.of(DType.I64, 32)));
    /// int rows = types.rows();                               // 32
    /// var rest = types.withRows(7);
    /// ```
    record Types(List<Type> x, List<Type> y) {
        /// The examples of the batch.
        public int rows() {
            return Math.toIntExact(x.getFirst().shape().dim(0));
        }

        /// The same of a batch of another size.
        public Types withRows(int rows) {
            return new Types(sized(x, rows), sized(y, rows));
        }

        static List<Type> sized(List<Type> types, int rows) {
            return types.stream().map(type -> type.withShape(type.shape().with(0, rows))).toList();
        }
    }

    /// What the batches are of: the same object is the same data.
    Object source();

    /// What says that two feeds, of other processes too, are of the same data: a digest, or a pipeline's stages in words.
    String identity();

    /// The number of batches in an epoch; 0 where that is not known.
    int count();

    /// Whether there is a batch `b` in this epoch.
    boolean has(int b);

    /// The number of examples in batch `b` of an epoch.
    int rows(int b);

    /// The most examples that a batch has, as far as is known before it comes.
    int most();

    /// The types of a batch's features with `rows` examples, input by input; where batches differ in more than that, those of the first.
    List<Type> xTypes(int rows);

    /// The types of a batch's labels with `rows` examples, output by output; likewise.
    List<Type> yTypes(int rows);

    /// The types of batch `b`: of a pipeline, batches may also differ in the lengths of their sequences or the sizes of their images.
    default Types types(int b) {
        int rows = rows(b);
        return new Types(xTypes(rows), yTypes(rows));
    }

    /// Begins this epoch, from 0.
    void start(int epoch);

    /// Copies batch `b` into the first rows of these buffers, and returns how many rows it has. What has batches one after another only
    /// finds its way back to an earlier one by beginning anew.
    int fill(int b, List<Buffer> xs, List<Buffer> ys);

    /// How long the one who asks has been kept waiting in this epoch, in seconds.
    default double waited() {
        return 0;
    }

    /// Ends what runs ahead.
    default void stop() {}
}
