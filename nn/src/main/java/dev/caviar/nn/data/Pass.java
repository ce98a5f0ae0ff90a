package dev.caviar.nn.data;

import dev.caviar.nn.data.Cursor.Flow;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// One pass through a [Pipeline]: its elements one after another. For one thread; close it, or its threads go on for a moment.
///
/// ```java
/// try (var pass = Pipeline.of(new float[][] {{1}, {2}, {3}}, new int[] {0, 1, 0}).batch(2).open(0)) {
///     while (pass.hasNext()) {
///         System.out.println(pass.next().x().shape());       // [2, 1], then [1, 1]
///     }
/// }
/// ```
public final class Pass implements Iterator<Item>, AutoCloseable {
    private final Stage stage;
    private final long epoch;
    private final Flow flow = new Flow(null);
    private final Cursor cursor;
    private long delivered;
    private long waited;
    private boolean ended;
    private @Nullable Item ahead;
    private boolean closed;

    Pass(Stage stage, long epoch, long skipped) {
        this.stage = stage;
        this.epoch = epoch;
        cursor = stage.open(epoch, flow);
        flow.skip(cursor, skipped);
        delivered = skipped;
    }

    /// Whether there is another element; makes it, if so.
    @Override
    public boolean hasNext() {
        if (ahead == null && !ended) {
            long before = System.nanoTime();
            var task = cursor.next();
            if (task == null) {
                ended = true;
                cursor.close();
            } else {
                ahead = task.get();
            }
            waited += System.nanoTime() - before;
        }
        return ahead != null;
    }

    @Override
    public Item next() {
        if (!hasNext() || ahead == null) {
            throw new NoSuchElementException(closed ? "The pass was closed after " + delivered + " elements.\nMaybe open another, or use it inside its try block."
                    : "The pass has given all its " + delivered + " elements.\nMaybe ask hasNext() before each.");
        }
        var item = ahead;
        ahead = null;
        delivered++;
        return item;
    }

    /// How long this pass has kept the one who asks waiting for elements, in seconds.
    public double waited() {
        return waited * 1e-9;
    }

    /// The place after the last element that [#next] gave.
    public Position position() {
        return new Position(epoch, delivered, stage.text());
    }

    @Override
    public void close() {
        closed = true;
        ended = true;
        ahead = null;
        cursor.close();
    }
}
