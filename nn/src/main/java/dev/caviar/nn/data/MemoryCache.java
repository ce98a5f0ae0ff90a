package dev.caviar.nn.data;

import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Keeps every element that was made once, by its position; the stage before is always in the order of its first pass.
final class MemoryCache implements Stage.Like {
    private final Stage up;
    private final Map<Long, Item> kept = new ConcurrentHashMap<>();
    private volatile long total = UNKNOWN;

    MemoryCache(Stage up) {
        this.up = up;
    }

    @Override
    public Stage up() {
        return up;
    }

    @Override
    public Cursor open(long epoch, Flow flow) {
        var cursor = total >= 0 && kept.size() == total ? null : up.open(0, flow);
        return new Cursor() {
            private long at;

            @Override
            public @Nullable Task next() {
                long i = at;
                if (cursor == null) {
                    at = Math.min(total, at + 1);
                    return i == total ? null : () -> kept.get(i);
                }
                var task = cursor.next();
                if (task == null) {
                    total = at;
                    return null;
                }
                at++;
                return () -> {
                    var item = kept.get(i);
                    if (item == null) {
                        item = task.get();
                        kept.put(i, item);
                    }
                    return item;
                };
            }

            @Override
            public void close() {
                if (cursor != null) {
                    cursor.close();
                }
            }
        };
    }

    @Override
    public String text() {
        return up.text() + " | cache";
    }
}
