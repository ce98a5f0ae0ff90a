package dev.caviar.nn.data;

import org.jspecify.annotations.Nullable;

/// One pass of a stage while it runs; for one thread.
///
/// Finding out what comes next is kept apart from making it: the order, the random numbers and the position of an element are known here and
/// cost next to nothing, so that a position is found again by passing over what was delivered; the work is in the task.
interface Cursor extends AutoCloseable {
    /// How the next element is made; null at the end.
    @Nullable Task next();

    @Override
    default void close() {}

    /// Makes an element, on whatever thread, at most once.
    @FunctionalInterface
    interface Task {
        Item get();
    }

    /// Says whether elements are only passed over, so that nothing is begun ahead of time.
    final class Flow {
        private final @Nullable Flow outer;
        private boolean skipping;

        Flow(@Nullable Flow outer) {
            this.outer = outer;
        }

        boolean skipping() {
            return skipping || outer != null && outer.skipping();
        }

        /// Passes over `n` elements, fewer where there are no more.
        void skip(Cursor cursor, long n) {
            skipping = true;
            try {
                for (long i = 0; i < n && cursor.next() != null; i++) { }
            } finally {
                skipping = false;
            }
        }
    }
}
